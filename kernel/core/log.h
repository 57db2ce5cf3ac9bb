/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's log on the serial console, and the end of everything. Lines of the kernel start with
 * "kernel: "; what user code logs is passed through as it is.
 */
#ifndef K_LOG_H
#define K_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum k_level { K_ERROR, K_WARNING, K_INFO };

/* One line, the newline is added. Understands %s %d %u %x %lu %lx %% with a width and 0;
 * no floating point. */
__attribute__((format(printf, 2, 3))) void k_log(enum k_level level, const char *format, ...);

/* Like k_log without prefix and newline. */
__attribute__((format(printf, 1, 2))) void k_print(const char *format, ...);

void k_print_list(const char *format, va_list arguments);

void k_print_bytes(const char *bytes, size_t length);

/* Exit status of a kernel that gave up (k_shutdown()); QEMU exits with 2 * status + 1. */
enum k_exit { K_EXIT_IMAGE = 3, K_EXIT_IDLE = 4, K_EXIT_PANIC = 127 };

struct k_trap;

/* Says why, prints registers (of `trap`, or of the caller when NULL) and a backtrace with symbols,
 * and ends the machine with K_EXIT_PANIC. */
__attribute__((noreturn, format(printf, 2, 3))) void k_panic(const struct k_trap *trap,
                                                             const char *format, ...);

#define k_assert(condition)                                                                        \
    ((condition) ? (void)0 : k_panic(NULL, "%s:%d: %s", __FILE__, __LINE__, #condition))

#endif
