/* SPDX-License-Identifier: BSD-2-Clause */
/* Hooks of a kernel for tests, kernel/test/sweep.c; absent, and never called, in the kernel. */
#ifndef K_SWEEP_H
#define K_SWEEP_H

#include "arch.h"

__attribute__((weak)) void k_sweep_start(void);
__attribute__((weak)) void k_sweep_nmi(struct k_trap *trap);

#endif
