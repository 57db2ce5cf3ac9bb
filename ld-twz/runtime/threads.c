/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads and words to wait on. The monitor makes a thread and its stacks; from then on the kernel
 * is asked directly. A thread of this compartment begins in begin(), which finds its number in a
 * register, because nobody but the compartment may write to the compartment's thread blocks.
 */
#include "runtime.h"
#include <twz/monitor_gates.h>
#include <twz/rt/alloc.h>
#include <twz/rt/thread.h>
#include <twz/sys/call.h>

/* Where a thread goes after begin(). Made by who spawns it, freed by the thread. */
struct start {
    void (*entry)(void *argument);
    void *argument;
};

static void begin(struct start *start, uint64_t number)
{
    struct start copy = *start;
    free(start);
    twz_rt_thread_self()->number = number;
    twz_rt_thread_self()->arrived = 1;
    copy.entry(copy.argument);
    twz_rt_thread_exit();
}

int64_t twz_rt_thread_spawn(const struct twz_rt_thread_spec *spec)
{
    struct start *start = malloc(sizeof *start);
    if (start == NULL)
        return -TWZ_ENOMEM;
    *start = (struct start){spec->entry, spec->argument};
    const struct twz_mon_thread_spec asked = {
        .entry = (uintptr_t)begin,
        .argument = (uintptr_t)start,
        .stack = (uintptr_t)spec->stack,
        .stack_size = spec->stack_size,
        .block = (uintptr_t)spec->block,
        .clear = (uintptr_t)spec->clear,
    };
    int64_t number = twz_mon_thread_spawn(&asked, sizeof asked);
    if (number < 0)
        free(start);
    return number;
}

void twz_rt_thread_exit(void)
{
    twz_rt_thread_forget_all();
    (void)twz_syscall0(TWZ_SYS_THREAD_EXIT);
    __builtin_trap();
}

uint32_t twz_rt_thread_number(void)
{
    return (uint32_t)twz_rt_thread_self()->number;
}

void twz_rt_thread_yield(void)
{
    (void)twz_syscall0(TWZ_SYS_THREAD_YIELD);
}

/* ---- Tasks ---- */

static void run(void *argument)
{
    struct twz_rt_task *task = argument;
    task->result = task->function(task->argument);
}

int64_t twz_rt_thread_start(struct twz_rt_task *task)
{
    const struct twz_rt_thread_spec spec = {
        .entry = run,
        .argument = task,
        .stack_size = task->stack_size,
        .clear = &task->running,
    };
    task->result = -TWZ_EEXITED;
    task->running = 1;
    int64_t number = twz_rt_thread_spawn(&spec);
    if (number < 0)
        task->running = 0;
    return number < 0 ? number : 0;
}

int64_t twz_rt_thread_join(struct twz_rt_task *task)
{
    while (__atomic_load_n(&task->running, __ATOMIC_ACQUIRE) != 0)
        (void)twz_rt_futex_wait(&task->running, 1, UINT64_MAX);
    return task->result;
}

/* ---- Words ---- */

int64_t twz_rt_futex_wait(const uint32_t *word, uint32_t expected, uint64_t deadline)
{
    return twz_syscall5(TWZ_SYS_THREAD_SLEEP, 0, 0, (uintptr_t)word, expected, deadline);
}

int64_t twz_rt_futex_wake(const uint32_t *word, uint32_t count)
{
    return twz_syscall4(TWZ_SYS_THREAD_WAKE, 0, 0, (uintptr_t)word, count);
}

/* 0: free, 1: taken, 2: taken and somebody may sleep (Drepper, "Futexes are tricky", mutex 2). */
void twz_rt_lock(uint32_t *lock)
{
    uint32_t seen = 0;
    if (__atomic_compare_exchange_n(lock, &seen, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return;
    while (__atomic_exchange_n(lock, 2, __ATOMIC_ACQUIRE) != 0)
        (void)twz_rt_futex_wait(lock, 2, UINT64_MAX);
}

void twz_rt_unlock(uint32_t *lock)
{
    if (__atomic_exchange_n(lock, 0, __ATOMIC_RELEASE) == 2)
        (void)twz_rt_futex_wake(lock, 1);
}
