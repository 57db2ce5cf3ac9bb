/* SPDX-License-Identifier: BSD-2-Clause */
#define TWZ_GATE_PROVIDER
#define FATES_WORKER
#include "gates.h"

#include <twz/rt/time.h>

static int64_t calls;

int64_t worker_work_impl(void)
{
    calls++;
    uint64_t end = twz_rt_clock() + 1000000000;
    while (twz_rt_clock() < end)
        ;
    return 1;
}

int64_t worker_calls_impl(void)
{
    return calls;
}
