/* SPDX-License-Identifier: BSD-2-Clause */
/* Views as objects: copied, shared, changed under running threads, become and left again; and
 * kernel state as memory that can be read. */
#include "functions.h"
#include <twz/sys/state.h>

static struct compartment c, d;
static struct twz_id home_object, other_object, third_object; /* one letter each */
static uint64_t slot;                                         /* that shows the first at home */
static uint64_t page, page2;                                  /* shared with the compartments */
static const struct twz_range one_page = {1, 1, TWZ_READ | TWZ_WRITE, 0};

static struct twz_id letter_object(char letter)
{
    struct twz_id id = object_create();
    uint64_t address = map(id, 1, 1, TWZ_READ | TWZ_WRITE);
    *(volatile char *)(address + TWZ_OBJECT_BASE) = letter;
    unmap(address);
    grant(&c, id, TWZ_READ | TWZ_WRITE);
    grant(&d, id, TWZ_READ | TWZ_WRITE);
    return id;
}

static int64_t set(struct twz_id view, uint64_t address, struct twz_id object)
{
    struct twz_view_entry entry = {.view = view,
                                   .object = object,
                                   .slot = slot_of(address),
                                   .range_count = 1,
                                   .ranges = {one_page}};
    return twz_syscall1(TWZ_SYS_VIEW_SET, (uint64_t)&entry);
}

static struct twz_id view_copy(struct twz_id source)
{
    struct twz_id view = {0, 0};
    check(twz_syscall3(TWZ_SYS_VIEW_CREATE, source.hi, source.lo, (uint64_t)&view) == 0,
          "P32 a view is created like an object");
    return view;
}

/* A copy of the current view with another object in the slot. */
static struct twz_id view_with(struct twz_id object)
{
    struct twz_id view = view_copy(boot.view);
    check(set(view, slot, object) == 0, "P32 one of its slots is changed");
    return view;
}

/* A context is read like memory as well. */
static void test_context_state(void)
{
    struct compartment e = compartment_create();
    const volatile struct twz_context_state *state =
        (const volatile struct twz_context_state *)(map(e.context, 1, 1, TWZ_READ) +
                                                    TWZ_OBJECT_BASE);
    check(state->id.hi == e.context.hi && state->id.lo == e.context.lo &&
              state->view.hi == boot.view.hi && state->status == TWZ_CONTEXT_LIVE,
          "P37 a context is read like memory: its ID, its view, that it lives");
    uint64_t calls = state->calls_in, faults = state->faults;
    uint32_t held = state->capabilities;
    call(&e, f_identity, 1);
    stopped(&e, f_read, 0, TWZ_RULE_UNMAPPED, "a compartment is called and faults");
    check(state->calls_in == calls + 2 && state->faults == faults + 1,
          "P37 its counters count while one looks");
    grant(&e, home_object, TWZ_READ);
    check(state->capabilities == held + 1, "P37 so do its capabilities");
    sys_id(TWZ_SYS_CONTEXT_STATUS, e.context, TWZ_CONTEXT_DEAD, 0);
    check(state->status == TWZ_CONTEXT_DEAD, "P37 it says that it is dead");
    sys_id(TWZ_SYS_OBJECT_DELETE, e.context, 0, 0);
    check(state->id.hi == e.context.hi, "P8 what was known of it stays while it is mapped");
    unmap((uint64_t)state);
}

static char here(void)
{
    return *(volatile char *)(slot + TWZ_OBJECT_BASE);
}

/* Has a compartment become a view; returns the result, and in *after what the slot shows then. */
static int64_t become(const struct compartment *who, struct twz_id view,
                      compartment_function *entry, uint64_t argument, char *after)
{
    volatile uint64_t *a = (volatile uint64_t *)page;
    a[0] = view.hi;
    a[1] = view.lo;
    a[2] = (uint64_t)entry;
    a[3] = argument;
    a[5] = slot + TWZ_OBJECT_BASE;
    a[6] = 0;
    call(who, f_become, page);
    *after = (char)a[6];
    return (int64_t)a[4];
}

/* ---- Views are objects ---- */

static void test_objects_of_views(void)
{
    struct twz_id view = view_with(other_object);
    struct twz_object_info info = {0};
    check(sys_id(TWZ_SYS_OBJECT_INFO, view, (uint64_t)&info, 0) == 0 &&
              info.flags == TWZ_OBJECT_KERNEL,
          "P32 it has an ID and attributes like one");
    check(here() == 'A', "P32 a changed copy leaves the original as it is");

    uint64_t state = map(view, 1, 1100, TWZ_READ);
    const volatile struct twz_view_state *head =
        (const volatile struct twz_view_state *)(state + TWZ_OBJECT_BASE);
    const volatile struct twz_view_slot *seen =
        (const volatile struct twz_view_slot *)(state + TWZ_VIEW_SLOT_OFFSET(slot_of(slot)));
    check(head->id.hi == view.hi && head->id.lo == view.lo && head->slots > 5,
          "P37 a view is read like memory: its ID, how many slots are used");
    check(seen->object.hi == other_object.hi && seen->object.lo == other_object.lo &&
              seen->rights == (TWZ_READ | TWZ_WRITE),
          "P37 what is in a slot, and with which rights");
    uint32_t slots = head->slots, changes = seen->changes;
    check(set(view, slot, (struct twz_id){0, 0}) == 0 && seen->object.hi == 0 &&
              head->slots == slots - 1 && seen->changes == changes + 1,
          "P37 a change shows at once");
    grant(&c, view, TWZ_READ | TWZ_WRITE);
    uint64_t open = map(view, 1, 2, TWZ_READ | TWZ_WRITE);
    equal((uint64_t)call(&c, f_read, open + TWZ_OBJECT_BASE), view.hi == 0 ? 1 : (uint8_t)view.hi,
          "P37 who has read on it can read it");
    stopped(&c, f_write, open + TWZ_OBJECT_BASE, TWZ_RULE_NO_WRITE,
            "P37 nobody but the kernel writes it");
    check(set(view, slot, (struct twz_id){1, 2}) == -TWZ_ENOENT,
          "VIEW_SET refuses an unknown object");
    struct twz_view_entry bad = {
        .view = view, .object = other_object, .slot = TWZ_SLOT_COUNT, .range_count = 1};
    check(twz_syscall1(TWZ_SYS_VIEW_SET, (uint64_t)&bad) == -TWZ_EINVAL,
          "and a slot out of bounds");
    bad =
        (struct twz_view_entry){.view = view, .object = other_object, .slot = 9, .range_count = 9};
    check(twz_syscall1(TWZ_SYS_VIEW_SET, (uint64_t)&bad) == -TWZ_EINVAL, "and too many ranges");
    unmap(open);
    unmap(state);
    check(sys_id(TWZ_SYS_OBJECT_DELETE, view, 0, 0) == 0, "P32 it is deleted like an object");
    check(set(view, slot, other_object) == -TWZ_ENOENT, "P32 and then nothing knows it");
}

/* ---- Become ---- */

static void test_become(void)
{
    char after;
    struct twz_id view = view_with(other_object), inner = view_with(third_object);
    check(become(&c, view, f_read, slot + TWZ_OBJECT_BASE, &after) == -TWZ_EPERM && after == 'A',
          "P22 P35 a view without `use` is not become");
    grant(&c, view, TWZ_USE);
    grant(&c, inner, TWZ_USE);
    grant(&d, view, TWZ_USE);
    check(become(&c, view, f_read, slot + TWZ_OBJECT_BASE, &after) == 'B',
          "P35 become goes on in the other view");
    check(after == 'A', "P35 and comes back");
    check(become(&d, view, f_read, slot + TWZ_OBJECT_BASE, &after) == 'B' && after == 'A',
          "P32 a view is shared by two compartments");

    volatile uint64_t *b = (volatile uint64_t *)page2;
    b[0] = inner.hi;
    b[1] = inner.lo;
    b[2] = (uint64_t)f_read;
    b[3] = slot + TWZ_OBJECT_BASE;
    b[5] = slot + TWZ_OBJECT_BASE;
    check(become(&c, view, f_become, page2, &after) == 'C' && b[6] == 'B' && after == 'A',
          "P35 become nests");

    check(become(&c, view, f_read, fresh_slot() * TWZ_SLOT_SIZE + TWZ_OBJECT_BASE, &after) ==
                  -TWZ_ECALLEE &&
              after == 'A' && upcall.rule == TWZ_RULE_UNMAPPED,
          "P35 a fault in the other view ends the become with an error");
    check(become(&c, view, f_exit, 0, &after) == -TWZ_EEXITED && after == 'A',
          "P35 so does an exit");
    check(become(&c, view, f_read, slot + TWZ_OBJECT_BASE, &after) == 'B' && after == 'A',
          "P35 and it can be become again");

    /* Rights are the context's in every view. */
    struct twz_id secret = object_create();
    uint64_t hidden = fresh_slot() * TWZ_SLOT_SIZE;
    set(view, hidden, secret);
    check(become(&c, view, f_read, hidden + TWZ_OBJECT_BASE, &after) == -TWZ_ECALLEE &&
              upcall.rule == TWZ_RULE_NO_CAPABILITY,
          "P35 another view gives no right on its objects");
    object_delete(secret);
    sys_id(TWZ_SYS_OBJECT_DELETE, inner, 0, 0);
    sys_id(TWZ_SYS_OBJECT_DELETE, view, 0, 0);
}

static void test_become_fails(void)
{
    char after;
    struct twz_id view = view_with(other_object);
    uint64_t where = slot + TWZ_OBJECT_BASE;
    grant(&c, view, TWZ_USE);
    check(become(&c, (struct twz_id){1, 2}, f_read, where, &after) == -TWZ_ENOENT && after == 'A',
          "P35 an unknown view is refused");
    grant(&c, other_object, TWZ_USE);
    check(become(&c, other_object, f_read, where, &after) == -TWZ_EINVAL && after == 'A',
          "P35 an object that is no view is refused");
    check(become(&c, view, (compartment_function *)where, where, &after) == -TWZ_EPERM &&
              after == 'A',
          "P35 an entry that cannot be executed there is refused");
    set(view, c.stack_low, (struct twz_id){0, 0});
    check(become(&c, view, f_read, where, &after) == -TWZ_EPERM && after == 'A',
          "P35 a view without the stack is refused");
    set(view, stubs, (struct twz_id){0, 0});
    check(become(&c, view, f_read, where, &after) == -TWZ_ENOENT && after == 'A',
          "P35 a view that leads nowhere back is refused");
    struct twz_become_spec own = {.view = boot.view, .entry = (uint64_t)f_read, .argument = where};
    check(twz_syscall1(TWZ_SYS_VIEW_BECOME, (uint64_t)&own) == -TWZ_EINVAL,
          "P35 the monitor stays in its view");
    bool all = true;
    for (unsigned i = 0; i < hostile_count; i++)
        all = all && twz_syscall1(TWZ_SYS_VIEW_BECOME, hostile_addresses[i]) == -TWZ_EFAULT &&
              twz_syscall1(TWZ_SYS_VIEW_SET, hostile_addresses[i]) == -TWZ_EFAULT &&
              twz_syscall3(TWZ_SYS_VIEW_CREATE, 0, 0, hostile_addresses[i]) == -TWZ_EFAULT;
    check(all, "P127 calls on views refuse hostile pointers");
    sys_id(TWZ_SYS_OBJECT_DELETE, view, 0, 0);
}

static struct twz_id busy_view;
static int64_t busy_status;

static void try_to_delete(void)
{
    busy_status = sys_id(TWZ_SYS_OBJECT_DELETE, busy_view, 0, 0);
}

/* A gate is entered in the view that its compartment was made for, whatever its caller became. */
static void test_gates_between_views(void)
{
    char after;
    struct twz_id view = view_with(other_object);
    grant(&c, view, TWZ_USE);
    struct twz_gate_spec spec = gate_spec(&d, g_look);
    spec.register_args = 1;
    int64_t look = publish_for(&c, &spec);
    volatile uint64_t *b = (volatile uint64_t *)page2;
    b[0] = (uint64_t)stub(look);
    b[1] = slot + TWZ_OBJECT_BASE;
    check(become(&c, view, f_call_with, page2, &after) == 'A' && after == 'A',
          "P35 a callee does not see its caller's view");
    spec = gate_spec(&c, g_look);
    spec.register_args = 1;
    int64_t own = publish_for(&c, &spec);
    b[0] = (uint64_t)stub(own);
    check(call(&c, f_call_with, page2) == 'A', "a compartment may call its own gate");
    check(become(&c, view, f_call_with, page2, &after) == -TWZ_EBUSY && after == 'A',
          "P35 but it is not entered while its thread is in another view");

    busy_view = view;
    busy_status = 0;
    on_upcall = try_to_delete;
    become(&c, view, f_read, fresh_slot() * TWZ_SLOT_SIZE, &after);
    on_upcall = NULL;
    check(busy_status == -TWZ_EBUSY, "P8 a view is not deleted while a thread has become it");
    check(sys_id(TWZ_SYS_OBJECT_DELETE, view, 0, 0) == 0, "P8 but afterwards");
}

/* ---- Changes under running threads ---- */

static struct twz_id start_watcher(const struct compartment *who, uint64_t argument)
{
    struct twz_thread_spec spec = {
        .context = who->context, .entry = (uint64_t)f_watch, .argument = argument};
    struct twz_id id = {0, 0};
    twz_syscall2(TWZ_SYS_THREAD_CREATE, (uint64_t)&spec, (uint64_t)&id);
    compartment_bind(who, id);
    return id;
}

static void turns(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        twz_syscall0(TWZ_SYS_THREAD_YIELD);
}

static void test_invalidation(void)
{
    volatile uint64_t *a = (volatile uint64_t *)page, *b = (volatile uint64_t *)page2;
    a[0] = b[0] = 0;
    a[2] = b[2] = slot + TWZ_OBJECT_BASE;
    struct twz_id threads[] = {start_watcher(&c, page), start_watcher(&d, page2)};
    const volatile struct twz_thread_state *states[2];
    for (unsigned i = 0; i < 2; i++)
        states[i] = (const volatile struct twz_thread_state *)(map(threads[i], 1, 1, TWZ_READ) +
                                                               TWZ_OBJECT_BASE);
    turns(40);
    check(a[0] > 0 && b[0] > 0 && a[1] == 'A' && b[1] == 'A', "two threads look at a slot");
    check(states[0]->status == TWZ_THREAD_READY && states[0]->switches > 0 &&
              states[0]->active.hi == c.context.hi && states[1]->active.hi == d.context.hi,
          "P37 a thread is read like memory: that it runs, and where");
    check(set(boot.view, slot, other_object) == 0 && here() == 'B', "P34 its entry is changed");
    turns(40);
    check(a[1] == 'B' && b[1] == 'B', "P34 the old pointer leads both to what is there now");
    check(set(boot.view, slot, (struct twz_id){0, 0}) == 0, "P34 its entry is removed");
    turns(40);
    check(states[0]->status == TWZ_THREAD_EXITED && states[1]->status == TWZ_THREAD_EXITED,
          "P34 the old pointer faults on every thread; P37 which everyone can see");
    check(set(boot.view, slot, home_object) == 0 && here() == 'A', "P34 and back");
    for (unsigned i = 0; i < 2; i++) {
        sys_id(TWZ_SYS_OBJECT_DELETE, threads[i], 0, 0);
        unmap((uint64_t)states[i]);
    }
}

void test_views(void)
{
    c = compartment_create();
    d = compartment_create();
    home_object = letter_object('A');
    other_object = letter_object('B');
    third_object = letter_object('C');
    slot = map(home_object, 1, 1, TWZ_READ | TWZ_WRITE);
    struct twz_id shared = object_create();
    page = map(shared, 1, 2, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    page2 = page + TWZ_PAGE_SIZE;
    grant(&c, shared, TWZ_READ | TWZ_WRITE);
    grant(&d, shared, TWZ_READ | TWZ_WRITE);
    test_context_state();
    test_objects_of_views();
    test_become();
    test_become_fails();
    test_gates_between_views();
    test_invalidation();
}
