/* SPDX-License-Identifier: BSD-2-Clause */
/* More than one thread: turns, time slices, ends. */
#include "functions.h"

static struct compartment c;
static uint64_t page;

static struct twz_id thread_create(compartment_function *function, uint64_t argument)
{
    struct twz_thread_spec spec = {
        .context = c.context, .entry = (uint64_t)function, .argument = argument};
    struct twz_id id = {0, 0};
    check(twz_syscall2(TWZ_SYS_THREAD_CREATE, (uint64_t)&spec, (uint64_t)&id) == 0,
          "a thread is created");
    return id;
}

static void test_turns(void)
{
    volatile uint64_t *counter = (volatile uint64_t *)page;
    counter[0] = 0;
    struct twz_id thread = thread_create(f_thread_yield, page);
    for (unsigned i = 0; i < 5; i++)
        twz_syscall0(TWZ_SYS_THREAD_YIELD);
    check(counter[0] == 0, "it does not run before it is bound");
    compartment_bind(&c, thread);
    for (unsigned i = 0; i < 5; i++)
        twz_syscall0(TWZ_SYS_THREAD_YIELD);
    check(counter[0] == 5, "then threads take turns");
    for (unsigned i = 0; i < 20; i++)
        twz_syscall0(TWZ_SYS_THREAD_YIELD);
    check(counter[0] == 10, "until one ends");
    check(sys_id(TWZ_SYS_OBJECT_DELETE, thread, 0, 0) == 0, "an ended thread can be deleted");
}

static void test_slices(void)
{
    volatile uint64_t *counter = (volatile uint64_t *)page;
    counter[0] = 0;
    struct compartment d = compartment_create();
    grant(&d, c.context, 0x1f);
    struct twz_id thread = thread_create(f_thread_counter, page);
    compartment_bind(&c, thread);
    /* The other compartment waits for the first to count, and never yields. */
    for (unsigned i = 0; i < 3; i++)
        twz_syscall0(TWZ_SYS_THREAD_YIELD);
    uint64_t first = counter[0];
    check(first > 0, "a thread that never yields loses the processor");
    for (uint64_t i = 0; i < 1000; i++)
        __asm__ volatile("pause");
    check(counter[0] == first, "while the monitor is not preempted");
    check(sys_id(TWZ_SYS_OBJECT_DELETE, thread, 0, 0) == 0, "and can be ended");
    for (unsigned i = 0; i < 3; i++)
        twz_syscall0(TWZ_SYS_THREAD_YIELD);
    check(counter[0] == first, "for good");
}

/* Whether the thread has gone by itself, soon. */
static bool goes(struct twz_id thread)
{
    uint64_t start = (uint64_t)twz_syscall0(TWZ_SYS_CLOCK);
    int64_t status = 1;
    while (status == 1 && (uint64_t)twz_syscall0(TWZ_SYS_CLOCK) - start < 2000000000) {
        twz_syscall0(TWZ_SYS_THREAD_YIELD);
        status = sys_id(TWZ_SYS_OBJECT_DELETE, thread, 0, 0);
    }
    return status == 0 || status == -TWZ_ENOENT;
}

/* Called back by the gate that it is in, a thread could stay for ever. */
static bool calls_back_and_goes(struct compartment *d, void (*entry)(void))
{
    volatile uint64_t *a = (volatile uint64_t *)page;
    struct twz_gate_spec spec = gate_spec(&c, entry);
    spec.register_args = 2;
    int64_t back = publish(&spec);
    spec = gate_spec(d, g_through);
    spec.register_args = 1;
    int64_t through = publish_for(&c, &spec);
    grant_gate(d, back);
    a[0] = (uint64_t)stub(through);
    a[1] = (uint64_t)stub(back);
    a[8] = a[9] = 0;
    struct twz_id thread = thread_create(f_call_and_mark, page);
    compartment_stack(&c);
    compartment_stack(d);
    compartment_bind(d, thread);
    compartment_bind(&c, thread);
    twz_syscall0(TWZ_SYS_THREAD_YIELD);
    return sys_id(TWZ_SYS_OBJECT_DELETE, thread, 0, 0) == 1 && goes(thread) && a[8] == 1 &&
           a[9] == 0;
}

/* Who is inside a gate of somebody else is not taken out of it, but does not go on behind it. */
static void test_inside(void)
{
    volatile uint64_t *a = (volatile uint64_t *)page;
    struct compartment d = compartment_create();
    struct twz_gate_spec spec = gate_spec(&d, g_busy);
    spec.register_args = 2;
    int64_t gate = publish_for(&c, &spec);
    a[0] = (uint64_t)stub(gate);
    a[1] = 100000000; /* nanoseconds */
    a[2] = 0;
    a[8] = a[9] = 0;
    struct twz_id thread = thread_create(f_call_and_mark, page);
    compartment_bind(&d, thread);
    compartment_bind(&c, thread);
    twz_syscall0(TWZ_SYS_THREAD_YIELD);
    uint64_t start = (uint64_t)twz_syscall0(TWZ_SYS_CLOCK);
    check(sys_id(TWZ_SYS_OBJECT_DELETE, thread, 0, 0) == 1,
          "a thread inside a gate is not ended from outside at once");
    check(goes(thread) && (uint64_t)twz_syscall0(TWZ_SYS_CLOCK) - start > 50000000,
          "but when it has returned");
    check(a[8] == 1 && a[9] == 0, "and nothing of what was to follow happens");

    check(
        calls_back_and_goes(&d, g_loop),
        "P130 a thread in a gate of its own context, called back from elsewhere, is ended as well");
    check(calls_back_and_goes(&d, g_sleep), "P130 and when it sleeps there");
}

/* A thread without an upcall entry ends at its first fault; the others go on. */
static void test_fault(void)
{
    struct twz_id thread = thread_create(f_read, 0);
    compartment_bind(&c, thread);
    twz_syscall0(TWZ_SYS_THREAD_YIELD);
    check(true, "a fault without an upcall entry ends the thread alone");
    sys_id(TWZ_SYS_OBJECT_DELETE, thread, 0, 0);
}

void test_threads(void)
{
    c = compartment_create();
    struct twz_id shared = object_create();
    page = map(shared, 1, 1, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    grant(&c, shared, TWZ_READ | TWZ_WRITE);
    test_turns();
    test_slices();
    test_inside();
    test_fault();
}
