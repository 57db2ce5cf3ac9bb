/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exact instruction counts of the kernel, user side included, under -icount shift=0,sleep=off,
 * where the cycle counter counts instructions. Prints `row NAME TAB COUNT`. Each count is the
 * smallest of several, less the two reads of the counter.
 */
#include "functions.h"

#define ROUNDS 8
#include "../../bench/measure.h"

static struct compartment a, b;
static uint64_t page;
static uint64_t *words;

static void row(const char *name, uint64_t count)
{
    print("row ");
    print(name);
    print("\t");
    print_number(count);
    print("\n");
}

/* Inside a compartment: page says stub, overhead; the result is the best count. */
static uint64_t f_measure_gate(uint64_t address)
{
    const volatile uint64_t *w = (const volatile uint64_t *)address;
    gate_function *stub_address = (gate_function *)w[0];
    uint64_t best = UINT64_MAX, lost = w[1];
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t start = now();
        stub_address(1, 2, 3, 4, 5, 6);
        uint64_t count = now() - start - lost;
        best = count < best ? count : best;
    }
    return best;
}

static void measure_gate(const char *name, enum twz_isolation level, unsigned arguments)
{
    struct twz_gate_spec spec = gate_spec(&b, g_return);
    spec.register_args = (uint8_t)arguments;
    spec.isolation = (uint8_t)level;
    spec.frame = 64;
    int64_t gate = publish_for(&a, &spec);
    words[0] = (uint64_t)stub(gate);
    words[1] = overhead;
    row(name, (uint64_t)call(&a, f_measure_gate, page));
}

/* Monitor's part, as in levels.c. */
static void give(void)
{
    struct twz_id object = object_create();
    if (sys_id(TWZ_SYS_GATE_OVERLAY, object, 0, 0) == 0)
        answer = TWZ_UPCALL_RESUME;
    object_delete(object);
}

/* Inside a compartment: a call whose callee reads a variable on this stack. */
static uint64_t f_measure_touch(uint64_t address)
{
    const volatile uint64_t *w = (const volatile uint64_t *)address;
    uint64_t best = UINT64_MAX;
    for (unsigned round = 0; round < ROUNDS; round++) {
        volatile uint64_t lent[4] = {1, 2, 3, 4};
        __asm__ volatile("" ::"r"(__builtin_frame_address(0)));
        uint64_t start = now();
        ((gate_function *)w[0])((uint64_t)lent, w[2], 0, 0, 0, 0);
        uint64_t count = now() - start - w[1];
        best = count < best ? count : best;
    }
    return best;
}

static void measure_touch(void)
{
    struct twz_gate_spec spec = gate_spec(&b, g_peek);
    spec.register_args = 3;
    spec.isolation = TWZ_ISOLATE_CALLEE;
    spec.frame = 256;
    int64_t gate = publish_for(&a, &spec);
    words[0] = (uint64_t)stub(gate);
    words[1] = overhead;
    words[2] = PEEK_SUM;
    on_upcall = give;
    row("kernel gate callee, and a first touch of the caller's stack",
        (uint64_t)call(&a, f_measure_touch, page));
    on_upcall = NULL;
}

enum { RETRIES = 8 };
static struct twz_id lent[2];
static unsigned given, retries;

/* The monitor gives what was missing when it has been asked `retries` times before; until then the
 * instruction is just tried again. */
static void allow(void)
{
    answer = TWZ_UPCALL_RESUME;
    if (retries == 0)
        grant(&a, lent[given++], TWZ_READ);
    else
        retries--;
}

static uint64_t f_measure_read(uint64_t address)
{
    const volatile uint64_t *w = (const volatile uint64_t *)address;
    uint64_t start = now();
    (void)*(volatile uint64_t *)w[0];
    return now() - start - w[1];
}

static void measure_fault_to_monitor(void)
{
    uint64_t counts[2];
    words[1] = overhead;
    on_upcall = allow;
    for (unsigned i = 0; i < 2; i++) {
        lent[i] = object_create();
        words[0] = map(lent[i], 1, 1, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
        *(volatile uint64_t *)words[0] = 1;
        retries = i * RETRIES;
        counts[i] = (uint64_t)call(&a, f_measure_read, page);
    }
    on_upcall = NULL;
    row("fault to monitor and back", (counts[1] - counts[0]) / RETRIES);
    row("fault to monitor and back, right given", counts[0]);
}

static void refuse(void)
{
    answer = TWZ_UPCALL_REFUSE;
    answer_value = TWZ_EPERM;
}

static uint64_t f_yield_forever(uint64_t unused)
{
    for (;;)
        twz_syscall0(TWZ_SYS_THREAD_YIELD);
    return unused;
}

static void measure_switch(void)
{
    struct twz_thread_spec spec = {.context = b.context, .entry = (uint64_t)f_yield_forever};
    struct compartment beside = b;
    struct twz_id thread;
    twz_syscall2(TWZ_SYS_THREAD_CREATE, (uint64_t)&spec, (uint64_t)&thread);
    compartment_stack(&beside);
    compartment_bind(&beside, thread);
    twz_syscall0(TWZ_SYS_THREAD_YIELD);
    MEASURE("thread switch, there and back", twz_syscall0(TWZ_SYS_THREAD_YIELD));
    object_delete(thread);
}

static void measure_faults(void)
{
    uint64_t touched;
    struct twz_id object = object_create();
    uint64_t address = map(object, 1, 64, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    *(volatile uint8_t *)address = 1;
    touched = 1;
    MEASURE("page fault, new page", *(volatile uint8_t *)(address + 4096 * touched++) = 1);
    struct twz_id copy = object_copy(object, TWZ_OBJECT_BASE, 64 * TWZ_PAGE_SIZE);
    uint64_t copied = map(copy, 1, 64, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    touched = 0;
    MEASURE("page fault, page of a copy read",
            (void)*(volatile uint8_t *)(copied + 4096 * touched++));
    touched = 1;
    MEASURE("copy-on-write fault", *(volatile uint8_t *)(copied + 4096 * touched++) = 2);
}

void run(void)
{
    quiet = true;
    a = compartment_create();
    b = compartment_create();
    struct twz_id shared = object_create();
    page = map(shared, 1, 1, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    words = (uint64_t *)page;
    words[0] = 0;
    grant(&a, shared, TWZ_READ);
    measure_overhead();
    MEASURE("kernel null system call", twz_syscall0(TWZ_SYS_NULL));
    MEASURE("kernel gate status", twz_syscall0(TWZ_SYS_GATE_STATUS));
    measure_gate("kernel gate callee 0 args, at once", TWZ_ISOLATE_CALLEE, 0);
    measure_gate("kernel gate callee 6 args, at once", TWZ_ISOLATE_CALLEE, 6);
    measure_gate("kernel gate caller 0 args, at once", TWZ_ISOLATE_CALLER, 0);
    measure_gate("kernel gate caller 6 args, at once", TWZ_ISOLATE_CALLER, 6);
    measure_gate("kernel gate both 0 args, at once", TWZ_ISOLATE_BOTH, 0);
    measure_gate("kernel gate both 3 args, at once", TWZ_ISOLATE_BOTH, 3);
    measure_gate("kernel gate both 6 args, at once", TWZ_ISOLATE_BOTH, 6);
    measure_touch();
    MEASURE("kernel context call", call(&a, f_identity, 1));
    int64_t foreign = publish(&(struct twz_gate_spec){
        .context = b.context, .entry = (uint64_t)g_return, .isolation = TWZ_ISOLATE_BOTH});
    on_upcall = refuse;
    words[0] = (uint64_t)stub(foreign);
    row("fault to monitor and back, call refused", (uint64_t)call(&a, f_measure_gate, page));
    on_upcall = NULL;
    measure_fault_to_monitor();
    measure_switch();
    measure_faults();
    MEASURE("object created and deleted", object_delete(object_create()));
    struct twz_id context;
    MEASURE("context created and deleted", {
        twz_syscall1(TWZ_SYS_CONTEXT_CREATE, (uint64_t)&context);
        object_delete(context);
    });
    struct compartment made;
    MEASURE("compartment creation: context, stack, rights, gate", {
        made = compartment_create();
        struct twz_gate_spec spec = gate_spec(&made, g_return);
        publish_for(&a, &spec);
    });
}
