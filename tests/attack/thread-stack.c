/* SPDX-License-Identifier: BSD-2-Clause */
/* Starts threads whose stacks, and whose words to clear, are the victim's memory. */
#include "attack.h"
#include <twz/rt/thread.h>

static void nothing(void *unused)
{
    (void)unused;
}

ATTACK
{
    const uint64_t places[] = {data, stack, heap};
    int64_t got = 0;
    for (unsigned i = 0; i < 3; i++) {
        struct twz_rt_thread_spec spec = {
            .entry = nothing, .stack = (void *)(places[i] & ~0xfffull), .stack_size = 4096};
        got += twz_rt_thread_spawn(&spec) >= 0;
        /* The thread may start; what it may not is have the kernel write there when it ends. */
        spec =
            (struct twz_rt_thread_spec){.entry = nothing, .clear = (uint32_t *)(places[i] & ~3ull)};
        if (twz_rt_thread_spawn(&spec) > 0)
            twz_rt_thread_yield();
    }
    return got;
}
