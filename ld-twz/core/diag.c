/* SPDX-License-Identifier: BSD-2-Clause */
#include "diag.h"

const char *ld_error_text(enum ld_error error)
{
    static const char *const texts[] = {
#define X(name, text) [name] = text,
        LD_ERRORS(X)
#undef X
    };
    return (unsigned)error < sizeof texts / sizeof *texts ? texts[error] : "unknown error";
}

enum ld_error ld_tell(struct ld_diag *diag, const struct ld_report *report)
{
    if (!diag)
        return LD_OK;
    uint32_t *count = report->severity == LD_NOTE      ? &diag->notes
                      : report->severity == LD_WARNING ? &diag->warnings
                                                       : &diag->refusals;
    if (*count < UINT32_MAX)
        ++*count;
    return !diag->report || diag->report(diag->context, report) ? LD_OK : LD_ESTOPPED;
}
