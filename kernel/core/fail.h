/* SPDX-License-Identifier: BSD-2-Clause */
/* Hooks of a kernel for tests, kernel/test/fail.c; absent, and never called, in the kernel. */
#ifndef K_FAIL_H
#define K_FAIL_H

#include <stdbool.h>
#include <stdint.h>

__attribute__((weak)) void k_fail_start(const char *command_line);
__attribute__((weak)) bool k_fail_frame(void); /* this allocation of a frame has to fail */
__attribute__((weak)) void k_fail_report(void);

#endif
