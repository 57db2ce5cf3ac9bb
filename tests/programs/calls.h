/* SPDX-License-Identifier: BSD-2-Clause */
/* Gates of the compartments that tests/programs/calls.c calls. One header declares all; the library
 * CALLS_NAME provides those that begin with its name. */
#include <twz/gate.h>

#define CALLS_BAD(name)                                                                            \
    TWZ_GATE(int64_t, name##_loop)                                                                 \
    TWZ_GATE(int64_t, name##_abort)                                                                \
    TWZ_GATE(int64_t, name##_exit)                                                                 \
    TWZ_GATE(int64_t, name##_crash)                                                                \
    TWZ_GATE(int64_t, name##_end_thread)                                                           \
    TWZ_GATE(int64_t, name##_count)                                                                \
    TWZ_GATE(int64_t, name##_allocated)                                                            \
    TWZ_GATE(int64_t, name##_constructed)                                                          \
    TWZ_GATE(int64_t, name##_tls)
