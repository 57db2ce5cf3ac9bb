/* SPDX-License-Identifier: BSD-2-Clause */
/* The other compartment of threads.c: one library, many threads in it at a time. */
#define TWZ_GATE_PROVIDER
#include "crowd.h"

#include <twz/rt/alloc.h>
#include <twz/rt/thread.h>

static uint32_t inside, most, met;
static __thread uint64_t visits_of_thread;

static void enter(void)
{
    uint32_t now = __atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST);
    uint32_t seen = __atomic_load_n(&most, __ATOMIC_SEQ_CST);
    while (now > seen &&
           !__atomic_compare_exchange_n(&most, &seen, now, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        ;
}

static void leave(void)
{
    __atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
}

int64_t crowd_place_impl(void *place, size_t place_size)
{
    enter();
    if (place_size != sizeof(struct crowd_place))
        return -TWZ_EINVAL;
    *(struct crowd_place *)place = (struct crowd_place){
        .stack = (uintptr_t)__builtin_frame_address(0),
        .block = (uintptr_t)twz_rt_thread_self(),
        .tls = ++visits_of_thread,
        .number = twz_rt_thread_number(),
    };
    leave();
    return 0;
}

int64_t crowd_meet_impl(uint32_t count)
{
    enter();
    __atomic_add_fetch(&met, 1, __ATOMIC_SEQ_CST);
    (void)twz_rt_futex_wake(&met, UINT32_MAX);
    for (uint32_t now; (now = __atomic_load_n(&met, __ATOMIC_SEQ_CST)) < count;)
        (void)twz_rt_futex_wait(&met, now, UINT64_MAX);
    leave();
    return 0;
}

int64_t crowd_most_impl(void)
{
    return most;
}

int64_t crowd_exit_impl(void)
{
    twz_rt_thread_exit();
}

int64_t crowd_fault_impl(void)
{
    *(volatile uint64_t *)TWZ_OBJECT_BASE = 1;
    return 0;
}

int64_t crowd_loop_impl(void)
{
    for (;;)
        __asm__ volatile("");
}

static int64_t sum(const unsigned char *bytes, size_t size)
{
    int64_t total = 0;
    for (size_t i = 0; i < size; i++)
        total += bytes[i] * (int64_t)(i % 97);
    return total;
}

int64_t crowd_look_twice_impl(const void *bytes, size_t bytes_size)
{
    int64_t first = sum(bytes, bytes_size);
    for (unsigned i = 0; i < 4; i++)
        twz_rt_thread_yield();
    return sum(bytes, bytes_size) - first;
}
