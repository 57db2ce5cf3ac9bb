/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the victim's data on a thread of its own, where no caller waits for an error. */
#include "attack.h"
#include <twz/rt/thread.h>

static volatile uint64_t stolen;

static int64_t read(void *address)
{
    stolen = *(volatile uint64_t *)address;
    return 1;
}

ATTACK
{
    struct twz_rt_task task = {.function = read, .argument = (void *)data};
    if (twz_rt_thread_start(&task) < 0)
        return 100;
    return twz_rt_thread_join(&task) == -TWZ_EEXITED && stolen == 0 ? 0 : 1;
}
