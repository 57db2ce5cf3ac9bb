/* SPDX-License-Identifier: BSD-2-Clause */
/* Leaves threads behind that never give the processor away. */
#include "attack.h"
#include <twz/rt/thread.h>

static void loop(void *unused)
{
    (void)unused;
    for (;;)
        __asm__ volatile("");
}

ATTACK
{
    const struct twz_rt_thread_spec spec = {.entry = loop, .stack_size = 4096};
    for (unsigned i = 0; i < 10; i++)
        (void)twz_rt_thread_spawn(&spec);
    return 0;
}
