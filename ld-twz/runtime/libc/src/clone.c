/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads of pthread_create(). The stack is one that the monitor makes, between guard pages and as
 * large as musl asked for; musl's own memory holds the thread block, and what is passed on to the
 * thread stands where its stack would begin. Processes are not to be had.
 */
#define _GNU_SOURCE
#include "pthread_impl.h"
#include "syscall.h"
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <twz/rt/linux.h>
#include <twz/rt/thread.h>

struct start {
    int (*function)(void *);
    void *argument;
};

static void begin(void *p)
{
    struct start *start = p;
    pthread_t self = __pthread_self();
    self->tid = __syscall(SYS_set_tid_address, 0);
    start->function(start->argument);
    for (;;)
        __syscall(SYS_exit, 0);
}

int __clone(int (*function)(void *), void *stack, int flags, void *argument, ...)
{
    const int wanted = CLONE_VM | CLONE_THREAD | CLONE_SETTLS | CLONE_CHILD_CLEARTID;
    if ((flags & wanted) != wanted)
        return -ENOSYS;
    va_list list;
    va_start(list, argument);
    int *tid = va_arg(list, int *);
    pthread_t thread = va_arg(list, void *);
    int *clear = va_arg(list, int *);
    va_end(list);

    struct start *start = (struct start *)((uintptr_t)stack & -16) - 1;
    *start = (struct start){function, argument};
    const struct twz_rt_thread_spec spec = {
        .entry = begin,
        .argument = start,
        .stack_size = (thread->stack_size + 4095) & -4096,
        .block = (struct twz_rt_thread *)thread,
        .clear = (uint32_t *)clear,
    };
    int64_t number = twz_rt_thread_spawn(&spec);
    if (number < 0)
        return -EAGAIN;
    *tid = number + 1;
    return *tid;
}

void __unmapself(void *base, size_t size)
{
    twz_rt_linux_thread_end(base, size);
}
