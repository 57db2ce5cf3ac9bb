/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes all memory but what is kept for the monitor; then threads that have not been in the monitor
 * yet go there, each for the first time. */
#include "attack.h"
#include <twz/monitor_gates.h>
#include <twz/rt/thread.h>
#include <twz/sys/call.h>

#define THREADS 300u

static uint32_t go, called, ended;

static void call_late(void *unused)
{
    (void)unused;
    while (__atomic_load_n(&go, __ATOMIC_ACQUIRE) == 0)
        (void)twz_rt_futex_wait(&go, 0, UINT64_MAX);
    (void)twz_mon_write("", 0);
    __atomic_add_fetch(&called, 1, __ATOMIC_ACQ_REL);
    while (__atomic_load_n(&ended, __ATOMIC_ACQUIRE) == 0)
        (void)twz_rt_futex_wait(&ended, 0, UINT64_MAX);
    twz_rt_thread_exit();
}

/* A page of an object that nobody can map is made when somebody asks for a word of it. */
static int64_t take_all_memory(struct twz_id *object)
{
    const struct twz_object_spec spec = {.medium = TWZ_VOLATILE};
    int64_t status = twz_syscall2(TWZ_SYS_OBJECT_CREATE, (uintptr_t)&spec, (uintptr_t)object);
    for (uint64_t at = TWZ_OBJECT_BASE; at < TWZ_SLOT_SIZE && status != -TWZ_ENOMEM;
         at += TWZ_PAGE_SIZE)
        status = twz_syscall5(TWZ_SYS_THREAD_SLEEP, object->hi, object->lo, at, 1, 0);
    return status;
}

ATTACK
{
    const struct twz_rt_thread_spec spec = {.entry = call_late, .stack_size = 4096};
    struct twz_id object = {0, 0};
    uint32_t started = 0;
    while (started < THREADS && twz_rt_thread_spawn(&spec) > 0)
        started++;
    for (unsigned i = 0; i < 4 * THREADS; i++) /* all of them sleep */
        twz_rt_thread_yield();
    if (take_all_memory(&object) != -TWZ_ENOMEM)
        return 1;
    __atomic_store_n(&go, 1, __ATOMIC_RELEASE);
    (void)twz_rt_futex_wake(&go, UINT32_MAX);
    for (unsigned i = 0; i < 100 * THREADS && __atomic_load_n(&called, __ATOMIC_ACQUIRE) < started;
         i++)
        twz_rt_thread_yield();
    (void)twz_syscall2(TWZ_SYS_OBJECT_DELETE, object.hi, object.lo);
    __atomic_store_n(&ended, 1, __ATOMIC_RELEASE);
    (void)twz_rt_futex_wake(&ended, UINT32_MAX);
    return called == started ? 0 : 2;
}
