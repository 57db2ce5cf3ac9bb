/* SPDX-License-Identifier: BSD-2-Clause */
/* Hooks for kernels that test (kernel/test/): absent, and never called, in the kernel itself. */
#ifndef K_HOOKS_H
#define K_HOOKS_H

#include "arch.h"

#define K_HOOK __attribute__((weak))

/* fail.c */
K_HOOK void k_fail_start(const char *command_line);
K_HOOK bool k_fail_now(void); /* this allocation has to fail */
K_HOOK void k_fail_report(void);

/* sweep.c */
K_HOOK void k_sweep_start(void);
K_HOOK void k_sweep_nmi(struct k_trap *trap);

#endif
