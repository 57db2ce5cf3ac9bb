/* SPDX-License-Identifier: BSD-2-Clause */
/* How the core's parts report. */
#ifndef LD_CORE_DIAG_H
#define LD_CORE_DIAG_H

#include <ld/diag.h>

/* Counts `report` and hands it on. Returns LD_OK to go on, LD_ESTOPPED to stop. `diag` may be
 * NULL. */
enum ld_error ld_tell(struct ld_diag *diag, const struct ld_report *report);

/* Keeps the first error of a sequence. */
static inline void ld_first(enum ld_error *first, enum ld_error error)
{
    if (*first == LD_OK)
        *first = error;
}

#endif
