/* SPDX-License-Identifier: BSD-2-Clause */
#define TWZ_GATE_PROVIDER
#include "bench.h"

int64_t bench_nothing_impl(void)
{
    return 0;
}

uint64_t bench_entry_impl(void)
{
    return (uint64_t)bench_nothing;
}

int64_t bench_six_impl(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f)
{
    return a + b + c + d + e + f;
}

int64_t bench_in_impl(const void *bytes, size_t bytes_size)
{
    (void)bytes;
    return (int64_t)bytes_size;
}

int64_t bench_out_impl(void *bytes, size_t bytes_size)
{
    (void)bytes;
    return (int64_t)bytes_size;
}
