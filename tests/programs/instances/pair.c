/* SPDX-License-Identifier: BSD-2-Clause */
#define TWZ_GATE_PROVIDER
#include "pair.h"
#undef TWZ_GATE_PROVIDER
#include "../lend.h"
#include <twz/gate.h>

LEND_GATES(twin)

int64_t pair_count_impl(void)
{
    return twin_count();
}

int64_t pair_sum_impl(void)
{
    volatile int64_t words[4] = {1, 2, 3, 4};
    TWZ_LEND();
    return twin_sum((uint64_t)words);
}

uint64_t pair_entry_impl(void)
{
    return twin_entry();
}
