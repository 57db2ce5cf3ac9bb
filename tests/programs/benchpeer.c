/* SPDX-License-Identifier: BSD-2-Clause */
/* BENCH_LEVEL is the library, BENCH_ISOLATION what it demands. */
#define TWZ_GATE_ISOLATION BENCH_ISOLATION
#define TWZ_GATE_PROVIDER
#include "bench.h"

#define JOIN_(a, b)    a##b
#define JOIN(a, b)     JOIN_(a, b)
#define GATE(name)     JOIN(JOIN(BENCH_LEVEL, name), _impl)
#define GATES(level)   BENCH_GATES(level)
#define ENTRY_OF(name) ((uint64_t)JOIN(BENCH_LEVEL, name))
GATES(BENCH_LEVEL)

int64_t GATE(_nothing)(void)
{
    return 0;
}

int64_t GATE(_six)(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f)
{
    return a + b + c + d + e + f;
}

int64_t GATE(_in)(const void *bytes, size_t bytes_size)
{
    (void)bytes;
    return (int64_t)bytes_size;
}

int64_t GATE(_out)(void *bytes, size_t bytes_size)
{
    (void)bytes;
    return (int64_t)bytes_size;
}

uint64_t GATE(_entry)(uint32_t which)
{
    return which == BENCH_NOTHING ? ENTRY_OF(_nothing)
           : which == BENCH_SIX   ? ENTRY_OF(_six)
                                  : ENTRY_OF(_in);
}
