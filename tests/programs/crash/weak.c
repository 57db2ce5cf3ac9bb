/* SPDX-License-Identifier: BSD-2-Clause */
#define TWZ_GATE_PROVIDER
#include "weak.h"
#undef TWZ_GATE_PROVIDER
#include <twz/monitor_gates.h>
#include <twz/rt/dl.h>
#include <twz/rt/thread.h>

#define FUNCTION TWZ_RT_API __attribute__((noinline))

FUNCTION int weak_write(int *where);
FUNCTION int weak_middle(int *where);
FUNCTION int weak_outer(int *where);

int weak_write(int *where)
{
    *where = 1;
    return *(volatile int *)where + 1;
}

int weak_middle(int *where)
{
    return weak_write(where + 4) + 1;
}

int weak_outer(int *where)
{
    return weak_middle(where) + 1;
}

int64_t weak_crash_impl(void)
{
    int *volatile nowhere = NULL;
    return weak_outer(nowhere) + 1;
}

/* Frame 0: one that is its own caller's. */
int64_t weak_lie_impl(uint64_t frame)
{
    uint64_t circle[2] = {(uintptr_t)circle, (uintptr_t)&weak_outer};
    uint64_t to = frame == 0 ? (uintptr_t)circle : frame;
    __asm__ volatile("mov %0, %%rbp\n\tmovl $1, 0x20" ::"r"(to), "r"(circle) : "memory");
    return 0;
}

int64_t weak_load_impl(void)
{
    uint64_t handle;
    void *extra;
    int64_t status = twz_rt_dl_open("libextra.so", NULL, 0, &handle);
    if (status == 0)
        status = twz_rt_dl_symbol(handle, "extra", NULL, (void *)&weak_outer, &extra);
    return status < 0 ? status : ((int (*)(void))extra)();
}

int64_t weak_loaded_impl(void)
{
    uint64_t handle;
    return twz_rt_dl_open("libextra.so", NULL, TWZ_RT_DL_FIND, &handle) == 0;
}

int64_t weak_waste_impl(void)
{
    uint64_t handle;
    int64_t failed = 0;
    for (int i = 0; i < 70; i++)
        failed += twz_rt_dl_open("libwaste.so", NULL, 0, &handle) < 0;
    return failed;
}

static volatile int crowding;

static int64_t ask(void *argument)
{
    const struct twz_mon_symbol_spec spec = {
        .where = TWZ_MON_SEARCH_DEFAULT, .from = (uintptr_t)argument, .name = "no", .version = "V"};
    struct twz_mon_symbol_answer answer;
    while (crowding) /* not by the runtime, which sends one thread at a time */
        (void)twz_mon_symbol(&spec, sizeof spec, &answer, sizeof answer);
    return 0;
}

int64_t weak_crowd_impl(uint32_t count)
{
    static struct twz_rt_task tasks[200];
    crowding = count > 0;
    int64_t started = 0;
    for (uint32_t i = 0; i < count && i < sizeof tasks / sizeof tasks[0]; i++) {
        tasks[i] = (struct twz_rt_task){.function = ask, .argument = (void *)&weak_outer};
        started += twz_rt_thread_start(&tasks[i]) == 0;
    }
    return started;
}

int64_t weak_slow_impl(void)
{
    uint64_t handle;
    return twz_rt_dl_open("libslow.so", NULL, 0, &handle);
}

int64_t weak_stuck_impl(void)
{
    uint64_t handle;
    return twz_rt_dl_open("libstuck.so", NULL, 0, &handle);
}
