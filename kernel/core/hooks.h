/* SPDX-License-Identifier: BSD-2-Clause */
/* Hooks for kernels that test (kernel/test/): absent, and never called, in the kernel itself. */
#ifndef K_HOOKS_H
#define K_HOOKS_H

#include "arch.h"

/* fail.c */
__attribute__((weak)) void k_fail_start(const char *command_line);
__attribute__((weak)) bool k_fail_now(void); /* this allocation has to fail */
__attribute__((weak)) void k_fail_report(void);

/* sweep.c */
__attribute__((weak)) void k_sweep_start(void);
__attribute__((weak)) void k_sweep_nmi(struct k_trap *trap);

#endif
