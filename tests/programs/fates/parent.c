/* SPDX-License-Identifier: BSD-2-Clause */
/* Starts threads: one that loops, one that calls the program again and again, one that sleeps. */
#define FATES_MAIN
#include "gates.h"
#undef FATES_MAIN
#define TWZ_GATE_PROVIDER
#define FATES_PARENT
#include "gates.h"

#include <twz/rt/thread.h>

static uint32_t never;

static int64_t loop(void *argument)
{
    for (;;)
        (void)fates_tick();
    return argument != NULL;
}

static int64_t spin(void *argument)
{
    for (;;)
        __asm__ volatile("");
    return argument != NULL;
}

static int64_t sleep(void *argument)
{
    for (;;)
        (void)twz_rt_futex_wait(&never, 0, UINT64_MAX);
    return argument != NULL;
}

int64_t parent_begin_impl(void)
{
    static struct twz_rt_task tasks[] = {
        {.function = loop}, {.function = spin}, {.function = sleep}};
    int64_t started = 0;
    for (unsigned i = 0; i < 3; i++)
        started += twz_rt_thread_start(&tasks[i]) >= 0;
    return started;
}

int64_t parent_crash_impl(void)
{
    static volatile int *volatile nowhere;
    *nowhere = 1;
    return 0;
}
