/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compartments as the kernel sees them. Each has a context and three slots beside its libraries:
 *
 *   heap     0x1000 ...           rw-  zero pages, given when touched
 *   stack    0x10000 ...          rw-  of the first thread; unmapped pages below and above
 *   record   0x1000 ...           r--  struct twz_rt_state and what it points to
 *            0x100000             r--  locator pages of threads; unmapped pages around them
 *
 * The thread block with thread-local storage lies above the stack, separated by a guard page. The
 * compartment holds no right to write its record, the monitor does. Other threads: threads.c.
 */
#include "monitor.h"
#include <twz/rt/info.h>
#include <twz/rt/io.h>
#include <twz/rt/state.h>
#include <twz/rt/thread.h>

#define RECORD_MAX (MON_LIBRARIES - 2 * TWZ_PAGE_SIZE)

_Static_assert(MON_LIBRARIES + MON_LIBRARIES_MAX * sizeof(struct twz_rt_library) <=
                   MON_LOCATORS - TWZ_PAGE_SIZE,
               "the table of libraries ends before the locators");

/* What a loader could make of it: as many constructors and as many blocks as there are libraries.
 */
_Static_assert(2 * (3ull * LD_INSTANCES_MAX + 1) * sizeof(struct twz_rt_calls) +
                       LD_INSTANCES_MAX * sizeof(struct twz_rt_tls) + sizeof(struct twz_rt_state) +
                       sizeof(((struct twz_boot_info *)NULL)->command_line) + 64 <=
                   RECORD_MAX,
               "a record is never full");

/* Enough for MON_THREADS_PER stacks, their tables, and what the kernel keeps of each thread. */
#define MEMORY_BESIDE (32ull << 20)

static uint64_t page_up(uint64_t value)
{
    return (value + TWZ_PAGE_SIZE - 1) & ~(TWZ_PAGE_SIZE - 1);
}

static uint64_t thread_align(uint32_t index)
{
    uint64_t align = mon.compartments[index].tls_align;
    return align < 64 ? 64 : align;
}

/* Room for the thread block of <twz/rt/thread.h> with everything around it. */
uint64_t mon_tls_bytes(uint32_t index)
{
    const struct mon_compartment *compartment = &mon.compartments[index];
    uint64_t vector = (compartment->tls_modules + 1ull) * sizeof(uint64_t);
    return page_up(vector + compartment->tls_size + thread_align(index) +
                   sizeof(struct twz_rt_thread));
}

/* A new object in a slot, in place of what is there. */
static int64_t fill_slot(uint32_t index, enum mon_slot_use use, uint32_t slot,
                         const struct twz_range *ranges, uint32_t count, uint32_t rights)
{
    struct twz_id object, context = mon.compartments[index].context;
    int64_t status = mon_try_object_create(NULL, &object);
    if (status < 0)
        return status;
    status = mon_try_grant(context, object, rights);
    if (status == 0)
        status = mon_try_replace(slot, object, ranges, count);
    if (status < 0) {
        (void)twz_syscall2(TWZ_SYS_OBJECT_DELETE, object.hi, object.lo);
        return status;
    }
    mon_note_slot((struct mon_slot){slot, use, index, LD_NONE, rights, NULL});
    return 0;
}

/* *slot is 0 until the object is there. */
static int64_t create_slot(uint32_t index, enum mon_slot_use use, uint32_t *slot,
                           const struct twz_range *ranges, uint32_t count, uint32_t rights)
{
    uint32_t taken = ld_slots_take(&mon.slots, 1);
    if (taken == LD_NONE)
        return -TWZ_ELIMIT;
    int64_t status = fill_slot(index, use, taken, ranges, count, rights);
    if (status < 0)
        ld_slots_give_back(&mon.slots, taken, 1);
    else
        *slot = taken;
    return status;
}

struct twz_range mon_pages(uint64_t offset, uint64_t size)
{
    return (struct twz_range){.first_page = (uint32_t)(offset / TWZ_PAGE_SIZE),
                              .page_count = (uint32_t)(page_up(size) / TWZ_PAGE_SIZE),
                              .rights = TWZ_READ | TWZ_WRITE};
}

/* A size of the policy, or the default, within what a slot holds. */
static uint64_t size_or(uint64_t wanted, uint64_t otherwise)
{
    uint64_t most = TWZ_SLOT_SIZE / 2;
    return page_up(wanted == 0 ? otherwise : wanted < most ? wanted : most);
}

/* What the policy gives a compartment, its data, and something for tables, threads and objects of
 * its own. Beyond that it fails alone. */
void mon_compartment_limit(uint32_t index)
{
    const struct mon_compartment *c = &mon.compartments[index];
    uint64_t bytes = c->heap_size + c->stack_size + MEMORY_BESIDE;
    for (uint32_t i = 0; i < mon.instance_count; i++)
        if (mon.instances[i].used && mon.instances[i].compartment == index)
            bytes += mon.instances[i].mapping.data_length;
    /* Deadlines that callers choose are the program's; for others the policy has them. */
    (void)twz_syscall4(TWZ_SYS_CONTEXT_LIMIT, c->context.hi, c->context.lo, bytes / TWZ_PAGE_SIZE,
                       index == 0 ? 0 : TWZ_LIMIT_DEADLINES);
}

int64_t mon_compartment_furnish(uint32_t index)
{
    struct mon_compartment *c = &mon.compartments[index];
    const struct twz_range heap = mon_pages(TWZ_OBJECT_BASE, c->heap_size);
    const struct twz_range stack[] = {
        mon_pages(MON_STACK_LOW, c->stack_size),
        mon_pages(MON_STACK_LOW + c->stack_size + TWZ_PAGE_SIZE, mon_tls_bytes(index)),
    };
    const struct twz_range record[] = {
        mon_pages(TWZ_OBJECT_BASE, MON_LOCATORS - 2 * TWZ_PAGE_SIZE),
        mon_pages(MON_LOCATORS, MON_THREADS_MAX * TWZ_PAGE_SIZE),
    };
    int64_t status = twz_syscall1(TWZ_SYS_CONTEXT_CREATE, (uintptr_t)&c->context);
    if (status == 0)
        status = create_slot(index, MON_SLOT_HEAP, &c->heap_slot, &heap, 1, TWZ_READ | TWZ_WRITE);
    if (status == 0)
        status = create_slot(index, MON_SLOT_STACK, &c->stack_slot, stack, 2, TWZ_READ | TWZ_WRITE);
    if (status == 0)
        status = create_slot(index, MON_SLOT_RECORD, &c->record_slot, record, 2, TWZ_READ);
    return status < 0 ? status : mon_try_grant(c->context, TWZ_ID_STUBS, TWZ_READ | TWZ_EXECUTE);
}

int64_t mon_compartment_create(uint32_t index)
{
    struct mon_compartment *c = &mon.compartments[index];
    if (c->builtin)
        return 0;
    const struct ld_policy_compartment *policy =
        c->policy == LD_NONE ? NULL : &mon.policy.compartments[c->policy];
    c->after_fault = policy == NULL ? LD_AFTER_FAULT_STOP : policy->after_fault;
    c->output_quiet = policy != NULL && policy->flags & LD_POLICY_OUTPUT_KEPT;
    c->heap_size = size_or(policy == NULL ? 0 : policy->heap, MON_HEAP_DEFAULT);
    c->stack_size = size_or(policy == NULL ? 0 : policy->stack, MON_STACK_DEFAULT);
    int64_t status = mon_compartment_furnish(index);
    /* Threads may come here by the addresses of gates as well, whichever of these they are granted.
     * Whoever starts later inherits this. */
    if (status == 0)
        status = twz_syscall5(TWZ_SYS_CONTEXT_ATTACH, c->context.hi, c->context.lo, 0, 0, 0);
    if (status == 0)
        mon_compartment_limit(index);
    return status;
}

void mon_compartment_destroy(uint32_t index)
{
    struct mon_compartment *c = &mon.compartments[index];
    mon_threads_leave(index);
    mon_heaps_drop(index);
    const uint32_t slots[] = {c->heap_slot, c->stack_slot, c->record_slot};
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++)
        if (slots[i] != 0)
            mon_free_slot(slots[i]);
    if (c->context.hi != 0 || c->context.lo != 0)
        (void)twz_syscall2(TWZ_SYS_OBJECT_DELETE, c->context.hi, c->context.lo);
    /* The arena takes nothing back. */
    *c = (struct mon_compartment){.output = c->output, .init = c->init, .init_room = c->init_room};
}

/* Room for all that there can be, with the monitor and the loader. */
void mon_compartments_init(void)
{
    mon.stubs_slot = mon_take_slot();
    const struct twz_range stubs = {
        .first_page = 1,
        /* and the page behind them, through which calls of the monitor return */
        .page_count = TWZ_GATES_MAX * TWZ_STUB_SIZE / TWZ_PAGE_SIZE + 1,
        .rights = TWZ_READ | TWZ_EXECUTE,
    };
    mon_map(mon.stubs_slot, TWZ_ID_STUBS, &stubs, 1);
    mon_note_slot((struct mon_slot){mon.stubs_slot, MON_SLOT_STUBS, LD_NONE, LD_NONE,
                                    TWZ_READ | TWZ_EXECUTE, NULL});
    mon.compartment_room = ld_compartment_room(mon.has_policy ? &mon.policy : NULL);
    mon.compartments = mon_allocate((mon.compartment_room + 1) * sizeof *mon.compartments);
    mon.compartments[MON_OWN] = (struct mon_compartment){.name = LD_MONITOR,
                                                         .builtin = true,
                                                         .policy = LD_NONE,
                                                         .owner = LD_NONE,
                                                         .context = mon.boot.context};
    mon.instances = mon_allocate(LD_INSTANCES_MAX * sizeof *mon.instances);
    mon.gates = mon_allocate(LD_GATES_MAX * sizeof *mon.gates);
}

void mon_compartments_create(void)
{
    for (uint32_t i = 0; i < mon.compartment_count; i++) {
        int64_t status = mon_compartment_create(i);
        if (status < 0)
            mon_stop(MON_STATUS_BROKEN, "cannot make compartment %s: %s", mon.compartments[i].name,
                     twz_rt_error_text(status));
    }
}

/* Room in a compartment's record for `size` bytes; *next is the offset of what is free. */
static uint64_t reserve(const struct mon_compartment *c, uint64_t *next, uint64_t size)
{
    uint64_t offset = (*next + 15) & ~15ull;
    if (size > RECORD_MAX || offset + size > TWZ_OBJECT_BASE + RECORD_MAX)
        mon_stop(MON_STATUS_REFUSED, "the record of compartment %s is full", c->name);
    *next = offset + size;
    return mon_slot_address(c->record_slot) + offset;
}

static uint64_t add_call(struct twz_rt_calls *calls, uint64_t at, uint64_t functions,
                         uint64_t count, bool array)
{
    if (functions == 0 || (array && count == 0))
        return at;
    calls[at] = (struct twz_rt_calls){.functions = functions, .count = count};
    return at + 1;
}

/* What runs at start, callee libraries first; what runs at the end, in reverse. */
static void write_calls(uint32_t index, struct twz_rt_state *state, uint64_t *next)
{
    const struct mon_compartment *c = &mon.compartments[index];
    uint64_t room = (3ull * c->init_count + 1) * sizeof(struct twz_rt_calls);
    state->init = reserve(c, next, room);
    state->fini = reserve(c, next, room);
    struct twz_rt_calls *init = (struct twz_rt_calls *)state->init;
    struct twz_rt_calls *fini = (struct twz_rt_calls *)state->fini;
    uint64_t inits = 0;
    uint64_t finis = 0;
    if (index == 0) /* preinit_array is the program's, before everything else */
        inits = add_call(init, inits, mon.instances[0].calls.preinit_array,
                         mon.instances[0].calls.preinit_count, true);
    for (uint32_t i = 0; i < c->init_count; i++) {
        const struct ld_calls *calls = &mon.instances[c->init[i]].calls;
        inits = add_call(init, inits, calls->init, 0, false);
        inits = add_call(init, inits, calls->init_array, calls->init_count, true);
    }
    for (uint32_t i = c->init_count; i-- > 0;) {
        const struct ld_calls *calls = &mon.instances[c->init[i]].calls;
        finis = add_call(fini, finis, calls->fini_array, calls->fini_count, true);
        finis = add_call(fini, finis, calls->fini, 0, false);
    }
    state->init_count = inits;
    state->fini_count = finis;
}

static const struct mon_instance *tls_of(uint32_t index, uint32_t module)
{
    for (uint32_t i = 0; i < mon.instance_count; i++) {
        const struct mon_instance *instance = &mon.instances[i];
        if (instance->used && instance->compartment == index && instance->tls_module == module)
            return instance;
    }
    return NULL;
}

static void write_tls(uint32_t index, struct twz_rt_state *state, uint64_t *next)
{
    const struct mon_compartment *c = &mon.compartments[index];
    state->tls = reserve(c, next, c->tls_modules * sizeof(struct twz_rt_tls));
    state->tls_count = c->tls_modules;
    state->tls_size = c->tls_size;
    state->tls_align = c->tls_align;
    struct twz_rt_tls *modules = (struct twz_rt_tls *)state->tls;
    for (uint32_t module = 1; module <= c->tls_modules; module++) {
        const struct mon_instance *instance = tls_of(index, module);
        if (instance != NULL)
            modules[module - 1] =
                (struct twz_rt_tls){.image = mon_instance_address(instance, instance->tls_image),
                                    .image_size = instance->tls_file_size,
                                    .offset = instance->tls_offset};
    }
}

struct twz_rt_library *mon_library(uint32_t compartment, uint32_t instance)
{
    uint64_t table = mon_slot_address(mon.compartments[compartment].record_slot) + MON_LIBRARIES;
    return (struct twz_rt_library *)table + instance;
}

void mon_library_write(uint32_t index)
{
    const struct mon_instance *instance = &mon.instances[index];
    const struct ld_calls *calls = &instance->calls;
    struct twz_rt_state *state = mon.compartments[instance->compartment].record;
    uint64_t base = mon_instance_address(instance, 0);
    bool named = instance->name != 0 && instance->name < mon.files[instance->file].length;
    *mon_library(instance->compartment, index) = (struct twz_rt_library){
        .base = base,
        .name = named ? base + TWZ_OBJECT_BASE + instance->name : 0,
        .init = calls->init,
        .init_array = calls->init_array,
        .init_count = calls->init_count,
        .fini = calls->fini,
        .fini_array = calls->fini_array,
        .fini_count = calls->fini_count,
        .tls_image = instance->tls_module != 0 ? base + instance->tls_image : 0,
        .tls_image_size = instance->tls_module != 0 ? instance->tls_file_size : 0,
        .tls_size = instance->tls_module != 0 ? instance->tls_size : 0,
        .tls_align = instance->tls_module != 0 && instance->tls_align > 0 ? instance->tls_align : 1,
        .sequence = instance->sequence,
        .tls_module = instance->tls_module,
    };
    if (index >= state->library_count)
        state->library_count = index + 1;
    state->loads++;
}

void mon_record_write(uint32_t index)
{
    struct mon_compartment *c = &mon.compartments[index];
    uint64_t next = TWZ_OBJECT_BASE;
    struct twz_rt_state *state =
        (struct twz_rt_state *)reserve(c, &next, sizeof(struct twz_rt_state));
    *state = (struct twz_rt_state){
        .abi_major = TWZ_RT_ABI_MAJOR,
        .abi_minor = TWZ_RT_ABI_MINOR,
        .size = sizeof *state,
        .context = c->context,
        .started = mon.boot.started,
        .heap_low = mon_slot_address(c->heap_slot) + TWZ_OBJECT_BASE,
        .heap_high = mon_slot_address(c->heap_slot) + TWZ_OBJECT_BASE + c->heap_size,
    };
    twz_rt_format(state->name, sizeof state->name, "%s", c->name);
    write_calls(index, state, &next);
    write_tls(index, state, &next);
    state->libraries = (uintptr_t)mon_library(index, 0);
    c->record = state;
    for (uint32_t i = 0; i < mon.instance_count && i < MON_LIBRARIES_MAX; i++)
        if (mon.instances[i].used && mon.instances[i].compartment == index)
            mon_library_write(i);
    if (index != 0)
        return;
    state->main = mon.entry;
    state->arguments = reserve(c, &next, mon.argument_bytes);
    memcpy((void *)state->arguments, mon.arguments, mon.argument_bytes);
    state->argument_bytes = mon.argument_bytes;
    state->argument_count = mon.argument_count;
}

void mon_records_write(void)
{
    for (uint32_t i = 0; i < mon.compartment_count; i++)
        if (!mon.compartments[i].builtin)
            mon_record_write(i);
}

/* The thread block of <twz/rt/thread.h>: the vector of modules, their blocks, struct twz_rt_thread.
 * Where blocks lie was checked when their libraries came (accept.c). */
uint64_t mon_thread_block_write(uint32_t index, uint64_t low, uint32_t number)
{
    const struct mon_compartment *c = &mon.compartments[index];
    uint64_t pointer = low + mon_tls_bytes(index) - sizeof(struct twz_rt_thread);
    pointer -= pointer % thread_align(index);
    struct twz_rt_thread *thread = (struct twz_rt_thread *)pointer;
    thread->self = thread;
    thread->number = number;
    thread->dtv = (uint64_t *)low;
    thread->dtv[0] = c->tls_modules;
    for (uint32_t module = 1; module <= c->tls_modules; module++) {
        const struct mon_instance *instance = tls_of(index, module);
        if (instance == NULL)
            continue; /* the loader has left it out; nothing of the monitor's is there */
        thread->dtv[module] = pointer - instance->tls_offset;
        memcpy((void *)(pointer - instance->tls_offset),
               (const void *)mon_instance_address(instance, instance->tls_image),
               instance->tls_file_size);
    }
    return pointer;
}

uint32_t mon_compartment_of(struct twz_id context)
{
    if (mon_same(context, mon.boot.context))
        return MON_OWN;
    if (mon.compartments == NULL)
        return LD_NONE;
    if (mon_same(mon.compartments[mon.compartment_room].context, context))
        return mon.compartment_room;
    for (uint32_t i = 0; i < mon.compartment_count; i++)
        if (mon_same(mon.compartments[i].context, context))
            return i;
    return LD_NONE;
}

int64_t mon_heap_renew(uint32_t index)
{
    const struct mon_compartment *c = &mon.compartments[index];
    const struct twz_range heap = mon_pages(TWZ_OBJECT_BASE, c->heap_size);
    return fill_slot(index, MON_SLOT_HEAP, c->heap_slot, &heap, 1, TWZ_READ | TWZ_WRITE);
}

void mon_after_fault(uint32_t index)
{
    struct mon_compartment *c = &mon.compartments[index];
    c->faults++;
    bool in_heap = index != mon.compartment_room && mon_in_heap(index); /* the loader has none */
    if (c->dead || (c->after_fault == LD_AFTER_FAULT_CONTINUE && !in_heap))
        return;
    c->dead = true;
    bool restarts = c->after_fault == LD_AFTER_FAULT_RESTART && !c->starting;
    (void)twz_syscall3(TWZ_SYS_CONTEXT_STATUS, c->context.hi, c->context.lo,
                       restarts ? TWZ_CONTEXT_RESTART : TWZ_CONTEXT_DEAD);
    if (c->faults <= MON_REPORTS_MAX)
        mon_print("monitor: compartment %s is dead %s%s\n", c->name,
                  restarts ? "until the next call" : "from here on",
                  in_heap ? ": a thread was stopped in the middle of its heap" : "");
    static const struct twz_id nobody;
    if (index != 0)
        mon_threads_end(index, nobody);
}
