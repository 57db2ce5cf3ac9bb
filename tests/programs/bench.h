/* SPDX-License-Identifier: BSD-2-Clause */
/* Gates that do nothing, to be measured: the same in a library of each level of isolation. */
#ifndef BENCH_H
#define BENCH_H

#include <twz/gate.h>

#define BENCH_GATES(level)                                                                         \
    TWZ_GATE(int64_t, level##_nothing)                                                             \
    TWZ_GATE(int64_t, level##_six, TWZ_VAL(int64_t, a), TWZ_VAL(int64_t, b), TWZ_VAL(int64_t, c),  \
             TWZ_VAL(int64_t, d), TWZ_VAL(int64_t, e), TWZ_VAL(int64_t, f))                        \
    TWZ_GATE(int64_t, level##_in, TWZ_IN(bytes, 1 << 20))                                          \
    TWZ_GATE(int64_t, level##_out, TWZ_OUT(bytes, 1 << 20))                                        \
    TWZ_GATE(uint64_t, level##_entry, TWZ_VAL(uint32_t, which))

/* Where a gate itself is, beside its stub: for LEVEL_entry. */
enum bench_gate { BENCH_NOTHING, BENCH_SIX, BENCH_IN };

#endif
