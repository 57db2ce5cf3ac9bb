/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads of a program that is alone. Each has an object in a slot of its own:
 *
 *   0x1000           r--  the locator page
 *   0x10000 ...      rw-  the stack, unless the thread brought one along
 *   behind a guard   rw-  the thread block, unless the thread brought one along
 *
 * A thread that has ended gives this back when the next one is made: nobody can free the stack that
 * it is on. Whether it has ended stands in its kernel state object, which is mapped beside it.
 */
#include "../runtime.h"
#include "minimal.h"
#include <twz/monitor_gates.h>
#include <twz/rt/alloc.h>
#include <twz/rt/thread.h>
#include <twz/sys/state.h>

#define THREADS_MAX   256u
#define STACK_LOW     0x10000ull
#define STACK_DEFAULT (256ull << 10)

struct thread {
    bool used;
    struct twz_id id, memory;
    uint32_t slot, state_slot; /* 0: not there (yet) */
};

static uint32_t lock;
static struct thread threads[THREADS_MAX]; /* [0]: the first thread */

static void release(struct thread *thread)
{
    (void)twz_syscall2(TWZ_SYS_OBJECT_DELETE, thread->id.hi, thread->id.lo);
    if (thread->slot != 0)
        twz_min_give_slot(thread->slot);
    if (thread->state_slot != 0)
        twz_min_give_slot(thread->state_slot);
    (void)twz_syscall2(TWZ_SYS_OBJECT_DELETE, thread->memory.hi, thread->memory.lo);
    *thread = (struct thread){0};
}

static bool has_ended(const struct thread *thread)
{
    const struct twz_thread_state *state =
        (const void *)(uintptr_t)(twz_min_address(thread->state_slot) + TWZ_OBJECT_BASE);
    return __atomic_load_n(&state->status, __ATOMIC_ACQUIRE) == TWZ_THREAD_EXITED;
}

static uint32_t take_number(void)
{
    uint32_t number = 0;
    for (uint32_t i = THREADS_MAX; i-- > 1;) {
        if (threads[i].used && has_ended(&threads[i]))
            release(&threads[i]);
        if (!threads[i].used)
            number = i;
    }
    return number;
}

static int64_t make(struct thread *thread, uint32_t number, const struct twz_mon_thread_spec *asked)
{
    uint64_t size = asked->stack_size != 0 ? asked->stack_size : STACK_DEFAULT;
    uint64_t block = STACK_LOW + (asked->stack != 0 ? 0 : size) + TWZ_PAGE_SIZE;
    size_t block_size = twz_rt_thread_bytes();
    struct twz_range ranges[3] = {
        twz_min_pages(TWZ_OBJECT_BASE, TWZ_PAGE_SIZE, TWZ_READ | TWZ_WRITE),
        twz_min_pages(STACK_LOW, size, TWZ_READ | TWZ_WRITE),
    };
    uint32_t count = asked->stack != 0 ? 1 : 2;
    if (asked->block == 0)
        ranges[count++] = twz_min_pages(block, block_size, TWZ_READ | TWZ_WRITE);
    int64_t status = twz_min_create(ranges, count, &thread->memory, &thread->slot);
    if (status < 0)
        return status;
    uint64_t base = twz_min_address(thread->slot);
    struct twz_rt_thread *self =
        asked->block != 0 ? (void *)(uintptr_t)asked->block
                          : twz_rt_thread_init((void *)(uintptr_t)(base + block), block_size);
    twz_min_locator_write((void *)(uintptr_t)(base + TWZ_OBJECT_BASE), self);
    status = twz_syscall4(TWZ_SYS_VIEW_NARROW, thread->slot, 1, 1, TWZ_READ);
    if (status < 0)
        return status;

    const struct twz_thread_spec spec = {
        .context = twz_min_boot->context,
        .entry = asked->entry,
        .argument = asked->argument,
        .argument2 = number,
        .clear = asked->clear,
    };
    status = twz_syscall2(TWZ_SYS_THREAD_CREATE, (uintptr_t)&spec, (uintptr_t)&thread->id);
    if (status < 0)
        return status;
    struct twz_range state = twz_min_pages(TWZ_OBJECT_BASE, TWZ_PAGE_SIZE, TWZ_READ);
    status = twz_min_map(thread->id, &state, 1, &thread->state_slot);
    if (status < 0)
        return status;
    uint64_t low = asked->stack != 0 ? asked->stack : base + STACK_LOW;
    const struct twz_bind_spec bind = {
        .thread = thread->id,
        .context = twz_min_boot->context,
        .stack_low = low,
        .stack_high = low + size,
        .locator = base + TWZ_OBJECT_BASE,
    };
    return twz_syscall1(TWZ_SYS_THREAD_BIND, (uintptr_t)&bind); /* and it starts */
}

int64_t twz_mon_thread_spawn(const void *spec, size_t spec_size)
{
    const struct twz_mon_thread_spec *asked = spec;
    if (spec_size != sizeof *asked || asked->stack_size % TWZ_PAGE_SIZE != 0 ||
        asked->stack_size > TWZ_SLOT_SIZE / 2 || (asked->stack != 0 && asked->stack_size == 0))
        return -TWZ_EINVAL;
    twz_rt_lock(&lock);
    uint32_t number = take_number();
    int64_t status = number == 0 ? -TWZ_ELIMIT : 0;
    if (status == 0) {
        threads[number].used = true;
        status = make(&threads[number], number, asked);
        if (status < 0)
            release(&threads[number]);
    }
    twz_rt_unlock(&lock);
    return status < 0 ? status : number;
}
