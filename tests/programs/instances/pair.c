/* SPDX-License-Identifier: BSD-2-Clause */
#define TWZ_GATE_PROVIDER
#include "pair.h"
#undef TWZ_GATE_PROVIDER
#include "../lend.h"
#include <twz/gate.h>
#include <twz/rt/dl.h>

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

int64_t pair_asks_impl(void)
{
    void *address;
    return twz_rt_dl_symbol(TWZ_RT_DL_DEFAULT, "quiet_count", NULL, (void *)pair_asks_impl,
                            &address) == 0;
}
