/* SPDX-License-Identifier: BSD-2-Clause */
/* Gates that do nothing, to be measured. */
#ifndef BENCH_H
#define BENCH_H

#include <twz/gate.h>

TWZ_GATE(int64_t, bench_nothing)
TWZ_GATE(uint64_t, bench_entry) /* the address of bench_nothing itself, not of its stub */
TWZ_GATE(int64_t, bench_six, TWZ_VAL(int64_t, a), TWZ_VAL(int64_t, b), TWZ_VAL(int64_t, c),
         TWZ_VAL(int64_t, d), TWZ_VAL(int64_t, e), TWZ_VAL(int64_t, f))
TWZ_GATE(int64_t, bench_in, TWZ_IN(bytes, 1 << 20))
TWZ_GATE(int64_t, bench_out, TWZ_OUT(bytes, 1 << 20))

#endif
