/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads. Each has a stack in the monitor, made when the thread is, because upcalls and the
 * monitor's gates run there; and in every compartment that it comes to a stack, a thread block and
 * a locator page, made when it first comes there. The first thread's stacks lie in slots that the
 * compartments were created with; every other stack is an object in a slot of its own:
 *
 *   0x1000           r--  in the monitor: the locator page. Elsewhere unmapped
 *   0x10000 ...      rw-  the stack, unless the thread brought one along
 *   behind a guard   rw-  the thread block, unless the thread brought one along
 *
 * Locator pages lie in the compartment's record, which the compartment has no right to write: one
 * per number of a thread. When a thread has ended, which the kernel tells by an upcall, all this is
 * given back as soon as another thread comes by: nobody can free the stack that it is on.
 */
#include "monitor.h"
#include <twz/monitor_gates.h>
#include <twz/rt/info.h>
#include <twz/rt/thread.h>
#include <twz/sys/state.h>

#define CANARY_OFFSET 0x28u
#define MONITOR_STACK (64ull << 10)
/* What the monitor's gates and upcalls need of it. It is there before the thread runs: if it came
 * when it is touched, many threads that first come here when memory is used up would take what is
 * kept for the monitor. */
#define MONITOR_STACK_READY (16ull << 10)
/* Below this many free frames no thread is made, so that the monitor itself does not run out. */
#define FRAMES_RESERVED 512u

/* What a thread has in one compartment. */
struct mon_stack {
    bool bound;
    uint32_t slot; /* of an object that is the thread's alone; LD_NONE: none */
    struct twz_id object;
};

struct mon_thread {
    struct twz_id id;
    uint32_t number; /* of its locator pages; what the compartment knows it by */
    uint32_t home;   /* compartment */
    bool used;
    bool ended;
    struct mon_stack *stacks; /* one for each compartment */
};

static struct mon_thread
    *threads[MON_THREADS_MAX]; /* up to the first NULL; [0]: the first thread */

static struct mon_thread *thread_of(struct twz_id id)
{
    for (uint32_t i = 0; i < MON_THREADS_MAX && threads[i] != NULL; i++)
        if (threads[i]->used && mon_same(threads[i]->id, id))
            return threads[i];
    return NULL;
}

uint32_t mon_threads_alive(void)
{
    uint32_t alive = 0;
    for (uint32_t i = 0; i < MON_THREADS_MAX && threads[i] != NULL; i++)
        alive += threads[i]->used && !threads[i]->ended;
    return alive;
}

/* A record that is not in use, with its number; NULL: there are too many, or no memory. */
static struct mon_thread *take_record(void)
{
    uint32_t n = 0;
    while (n < MON_THREADS_MAX && threads[n] != NULL && threads[n]->used)
        n++;
    if (n == MON_THREADS_MAX)
        return NULL;
    if (threads[n] == NULL) {
        size_t stacks = (mon.compartment_room + 1ull) * sizeof(struct mon_stack);
        struct mon_thread *thread = mon.memory.allocate(NULL, sizeof *thread + stacks, 16);
        if (thread == NULL)
            return NULL;
        *thread = (struct mon_thread){.number = n, .stacks = (struct mon_stack *)(thread + 1)};
        threads[n] = thread;
    }
    for (uint32_t i = 0; i <= mon.compartment_room; i++)
        threads[n]->stacks[i] = (struct mon_stack){.slot = LD_NONE};
    threads[n]->used = true;
    threads[n]->ended = false;
    return threads[n];
}

void mon_threads_init(void)
{
    struct mon_thread *first = take_record();
    if (first == NULL)
        mon_stop(MON_STATUS_BROKEN, "no memory for the first thread");
    first->id = mon.boot.thread;
    first->stacks[mon_compartment_of(mon.boot.context)].bound = true;
}

bool mon_thread_is_first(struct twz_id id)
{
    return mon_same(id, mon.boot.thread);
}

const struct mon_slot *mon_thread_slot(uint32_t slot)
{
    static struct mon_slot found;
    for (uint32_t n = 1; n < MON_THREADS_MAX && threads[n] != NULL; n++)
        for (uint32_t i = 0; threads[n]->used && i < mon.compartment_count; i++)
            if (threads[n]->stacks[i].slot == slot) {
                found = (struct mon_slot){.slot = slot,
                                          .use = MON_SLOT_STACK,
                                          .compartment = i,
                                          .instance = LD_NONE,
                                          .rights = TWZ_READ | TWZ_WRITE};
                return &found;
            }
    return NULL;
}

/* ---- Giving back ---- */

static void release_stack(struct mon_stack *stack)
{
    if (stack->slot == LD_NONE)
        return;
    (void)twz_syscall1(TWZ_SYS_VIEW_UNMAP, stack->slot);
    (void)twz_syscall2(TWZ_SYS_OBJECT_DELETE, stack->object.hi, stack->object.lo);
    ld_slots_give_back(&mon.slots, stack->slot, 1);
    stack->slot = LD_NONE;
}

/* A thread that is inside a gate ends when it has returned: until then its stacks stay. */
static void release(struct mon_thread *thread)
{
    int64_t status = twz_syscall2(TWZ_SYS_OBJECT_DELETE, thread->id.hi, thread->id.lo);
    if (status == -TWZ_EBUSY || status > 0)
        return;
    for (uint32_t i = 0; i < mon.compartment_count; i++)
        release_stack(&thread->stacks[i]);
    thread->used = false;
}

static void reap(void)
{
    for (uint32_t i = 1; i < MON_THREADS_MAX && threads[i] != NULL; i++)
        if (threads[i]->used && threads[i]->ended)
            release(threads[i]);
}

bool mon_in_heap(uint32_t index)
{
    struct twz_id self;
    uint32_t slot = mon.compartments[index].heap_slot;
    if (slot == 0 || twz_syscall1(TWZ_SYS_THREAD_SELF, (uintptr_t)&self) < 0)
        return false;
    const struct mon_thread *thread = thread_of(self);
    uint64_t low = mon_slot_address(slot) + TWZ_OBJECT_BASE;
    return thread != NULL && ((const volatile unsigned char *)low)[thread->number] != 0;
}

void mon_threads_end(uint32_t index, struct twz_id but)
{
    for (uint32_t i = 1; i < MON_THREADS_MAX && threads[i] != NULL; i++)
        if (threads[i]->used && threads[i]->home == index && !mon_same(threads[i]->id, but))
            threads[i]->ended = true;
    reap();
}

void mon_thread_ended(struct twz_id id)
{
    reap();
    struct mon_thread *thread = thread_of(id);
    if (thread != NULL)
        thread->ended = true;
}

/* ---- Stacks ---- */

/* An object of its own with stack and thread block, where they are asked for. */
static int64_t make_stack(uint32_t index, struct mon_stack *stack, const struct twz_range *ranges,
                          uint32_t count)
{
    const struct twz_object_spec spec = {.medium = TWZ_VOLATILE};
    int64_t status =
        twz_syscall2(TWZ_SYS_OBJECT_CREATE, (uintptr_t)&spec, (uintptr_t)&stack->object);
    if (status < 0)
        return status;
    stack->slot = ld_slots_take(&mon.slots, 1);
    if (stack->slot == LD_NONE) {
        (void)twz_syscall2(TWZ_SYS_OBJECT_DELETE, stack->object.hi, stack->object.lo);
        return -TWZ_ELIMIT;
    }
    status = mon_try_map(stack->slot, stack->object, ranges, count);
    if (status == 0 && !mon.compartments[index].builtin)
        status =
            mon_try_grant(mon.compartments[index].context, stack->object, TWZ_READ | TWZ_WRITE);
    if (status < 0)
        release_stack(stack);
    return status;
}

/* A canary that compartments cannot guess from each other's: the processor's random numbers where
 * it has them. Byte 0 is zero, so that string functions stop there. */
static uint64_t draw_canary(void)
{
    uint32_t eax = 1, ebx, ecx = 0, edx;
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    uint64_t value = 0;
    unsigned char valid = 0;
    if (ecx & (1u << 30))
        for (int tries = 0; tries < 10 && !valid; tries++)
            __asm__ volatile("rdrand %0; setc %1" : "=r"(value), "=q"(valid) : : "cc");
    if (!valid) {
        uint32_t low, high;
        __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
        value = (((uint64_t)high << 32) | low) * 0x9e3779b97f4a7c15ull;
    }
    return value & ~0xffull;
}

static int64_t bind(const struct mon_thread *thread, uint32_t index, uint64_t stack, uint64_t size,
                    uint64_t locator)
{
    const struct twz_bind_spec spec = {
        .thread = thread->id,
        .context = mon.compartments[index].context,
        .stack_low = stack,
        .stack_high = stack + size,
        .locator = locator,
    };
    return twz_syscall1(TWZ_SYS_THREAD_BIND, (uintptr_t)&spec);
}

/* What the thread needs in a compartment; `spec` says what it brought along. */
static int64_t bind_compartment(struct mon_thread *thread, uint32_t index,
                                const struct twz_mon_thread_spec *spec)
{
    const struct mon_compartment *c = &mon.compartments[index];
    struct mon_stack *stack = &thread->stacks[index];
    uint64_t size = spec->stack_size != 0 ? spec->stack_size : c->stack_size;
    uint64_t slot = c->stack_slot;
    if (thread->number != 0 && (spec->stack == 0 || spec->block == 0)) {
        struct twz_range ranges[2];
        uint32_t count = 0;
        if (spec->stack == 0)
            ranges[count++] = mon_pages(MON_STACK_LOW, size);
        if (spec->block == 0)
            ranges[count++] = mon_pages(MON_STACK_LOW + size + TWZ_PAGE_SIZE, mon_tls_bytes(index));
        int64_t status = make_stack(index, stack, ranges, count);
        if (status < 0)
            return status;
        slot = stack->slot;
    }
    uint64_t low = mon_slot_address((uint32_t)slot) + MON_STACK_LOW;
    uint64_t record = mon_slot_address(c->record_slot);
    uint64_t locator = record + MON_LOCATORS + thread->number * TWZ_PAGE_SIZE;
    uint64_t *words = (uint64_t *)locator;
    words[0] = spec->block != 0
                   ? spec->block
                   : mon_thread_block_write(index, low + size + TWZ_PAGE_SIZE, thread->number);
    words[1] = record + TWZ_OBJECT_BASE;
    words[CANARY_OFFSET / 8] = draw_canary();
    int64_t status = bind(thread, index, spec->stack != 0 ? spec->stack : low, size, locator);
    if (status == 0)
        stack->bound = true;
    else
        release_stack(stack);
    return status;
}

static int64_t bind_loader(struct mon_thread *thread)
{
    const struct mon_compartment *c = &mon.compartments[mon.compartment_room];
    uint64_t low = mon_slot_address(c->stack_slot) + MON_STACK_LOW;
    const struct twz_mon_thread_spec shared = {
        .stack = low, .stack_size = c->stack_size, .block = low + c->stack_size + TWZ_PAGE_SIZE};
    return bind_compartment(thread, mon.compartment_room, &shared);
}

uint64_t mon_thread_blocks_bytes(uint32_t index)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < MON_THREADS_MAX && threads[i] != NULL; i++)
        if (threads[i]->used && threads[i]->stacks[index].bound)
            bytes += mon_tls_bytes(index);
    return bytes;
}

void mon_thread_blocks_renew(uint32_t index)
{
    const struct mon_compartment *c = &mon.compartments[index];
    for (uint32_t i = 0; i < MON_THREADS_MAX && threads[i] != NULL; i++) {
        const struct mon_stack *stack = &threads[i]->stacks[index];
        if (!threads[i]->used || !stack->bound)
            continue;
        uint64_t slot = mon_slot_address(stack->slot == LD_NONE ? c->stack_slot : stack->slot);
        uint64_t block = slot + MON_STACK_LOW + c->stack_size + TWZ_PAGE_SIZE;
        memset((void *)block, 0, mon_tls_bytes(index));
        (void)mon_thread_block_write(index, block, threads[i]->number);
    }
}

static int64_t bind_monitor(struct mon_thread *thread)
{
    uint32_t index = mon_compartment_of(mon.boot.context);
    struct twz_range ranges[] = {
        {.first_page = 1, .page_count = 1, .rights = TWZ_READ},
        mon_pages(MON_STACK_LOW, MONITOR_STACK),
    };
    int64_t status = make_stack(index, &thread->stacks[index], ranges, 2);
    if (status < 0)
        return status;
    uint64_t slot = mon_slot_address(thread->stacks[index].slot);
    thread->stacks[index].bound = true;
    uint64_t top = slot + MON_STACK_LOW + MONITOR_STACK;
    for (uint64_t at = top - MONITOR_STACK_READY; at < top; at += TWZ_PAGE_SIZE)
        *(volatile uint64_t *)at = 0;
    return bind(thread, index, slot + MON_STACK_LOW, MONITOR_STACK, slot + TWZ_OBJECT_BASE);
}

bool mon_enough_memory(uint64_t bytes)
{
    struct twz_system_info info;
    return twz_syscall1(TWZ_SYS_SYSTEM_INFO, (uintptr_t)&info) == 0 &&
           info.frames_free >= FRAMES_RESERVED + bytes / TWZ_PAGE_SIZE;
}

int64_t mon_bind(uint32_t index, struct twz_id id)
{
    static const struct twz_mon_thread_spec nothing;
    struct mon_thread *thread = thread_of(id);
    if (thread == NULL || (index >= mon.compartment_count && index != mon.compartment_room) ||
        thread->stacks[index].bound)
        return -TWZ_EPERM;
    if (!mon_enough_memory(mon_tls_bytes(index)))
        return -TWZ_ENOMEM;
    if (index == mon.compartment_room) /* the loader: one thread at a time, so one stack for all */
        return bind_loader(thread);
    return bind_compartment(thread, index, &nothing);
}

void mon_threads_leave(uint32_t index)
{
    for (uint32_t i = 0; i < MON_THREADS_MAX && threads[i] != NULL; i++) {
        release_stack(&threads[i]->stacks[index]);
        threads[i]->stacks[index] = (struct mon_stack){.slot = LD_NONE};
    }
}

bool mon_is_bound(uint32_t index, struct twz_id id)
{
    const struct mon_thread *thread = thread_of(id);
    return thread != NULL && thread->stacks[index].bound;
}

uint32_t mon_threads_in(uint32_t index)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < MON_THREADS_MAX && threads[i] != NULL; i++)
        count += threads[i]->used && !threads[i]->ended && threads[i]->stacks[index].bound;
    return count;
}

/* ---- Starting one ---- */

static int64_t create(struct mon_thread *thread, const struct twz_mon_thread_spec *spec)
{
    const struct twz_thread_spec create_spec = {
        .context = mon.compartments[thread->home].context,
        .entry = spec->entry,
        .argument = spec->argument,
        .argument2 = thread->number,
        .clear = spec->clear,
    };
    int64_t status =
        twz_syscall2(TWZ_SYS_THREAD_CREATE, (uintptr_t)&create_spec, (uintptr_t)&thread->id);
    if (status < 0) {
        thread->used = false;
        return status;
    }
    status = mon_upcalls_install(thread->id);
    if (status == 0)
        status = bind_monitor(thread);
    if (status == 0)
        status = bind_compartment(thread, thread->home, spec); /* and it starts */
    if (status < 0)
        release(thread);
    return status;
}

static uint32_t threads_of(uint32_t index)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < MON_THREADS_MAX && threads[i] != NULL; i++)
        count += threads[i]->used && threads[i]->home == index;
    return count;
}

int64_t mon_thread_spawn(uint32_t index, const struct twz_mon_thread_spec *spec)
{
    reap();
    if (spec->stack_size % TWZ_PAGE_SIZE != 0 || spec->stack_size > TWZ_SLOT_SIZE / 2 ||
        (spec->stack != 0 && spec->stack_size == 0) ||
        (spec->stack != 0 && spec->stack / TWZ_SLOT_SIZE >= TWZ_SLOT_COUNT))
        return -TWZ_EINVAL;
    if (threads_of(index) >= MON_THREADS_PER)
        return -TWZ_ELIMIT;
    if (!mon_enough_memory(mon_tls_bytes(index)))
        return -TWZ_ENOMEM;
    struct mon_thread *thread = take_record();
    if (thread == NULL)
        return -TWZ_ELIMIT;
    thread->home = index;
    int64_t status = create(thread, spec);
    return status < 0 ? status : thread->number;
}
