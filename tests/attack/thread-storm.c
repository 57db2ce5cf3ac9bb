/* SPDX-License-Identifier: BSD-2-Clause */
/* Starts threads that never end until no more can be had. */
#include "attack.h"
#include <twz/rt/thread.h>

static uint32_t word;

static void sleep_for_good(void *unused)
{
    (void)unused;
    for (;;)
        (void)twz_rt_futex_wait(&word, 0, UINT64_MAX);
}

ATTACK
{
    const struct twz_rt_thread_spec spec = {.entry = sleep_for_good, .stack_size = 4096};
    int64_t status = 0;
    for (unsigned i = 0; i < 5000 && status >= 0; i++)
        status = twz_rt_thread_spawn(&spec);
    return status == -TWZ_ELIMIT || status == -TWZ_ENOMEM ? 0 : 1;
}
