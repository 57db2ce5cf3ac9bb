/* SPDX-License-Identifier: BSD-2-Clause */
/* What single gates demand of their callers: masks for pointers, callbacks. */
#include "functions.h"

static struct compartment a, b;
static uint64_t page;
static uint64_t *words;

static int64_t gate_with(const struct twz_pointer_masks masks[TWZ_POINTERS])
{
    struct twz_gate_spec spec = gate_spec(&b, g_sum3);
    spec.register_args = 1;
    spec.flags = TWZ_GATE_MASKS;
    for (unsigned i = 0; i < TWZ_POINTERS; i++)
        spec.pointers[i] = masks[i];
    return publish_for(&a, &spec);
}

/* Calls from a with rsp and rbp of the test's choice. */
static int64_t call_pointing(int64_t gate, uint64_t rsp, uint64_t rbp)
{
    words[0] = (uint64_t)gate + TWZ_SYS_GATE_BASE;
    words[1] = rsp;
    words[2] = rbp;
    return call(&a, f_point, page);
}

static bool refused(int64_t gate, uint64_t rsp, uint64_t rbp, enum twz_rule rule)
{
    uint64_t before = upcalls;
    int64_t result = call_pointing(gate, rsp, rbp);
    return result == -TWZ_ECALLEE && upcalls == before + 1 && upcall.rule == (uint32_t)rule;
}

static void test_default_masks(void)
{
    struct twz_pointer_masks masks[] = TWZ_POINTERS_DEFAULT;
    uint64_t good = a.stack_high - 1024;
    /* Upcalls of this program go to text that all of its compartments share. */
    check(refused(gate_with(masks), good, 0, TWZ_RULE_BAD_POINTER),
          "P49 P50 by default an upcall entry that the callee may execute is refused");
    masks[TWZ_POINTER_UPCALL] = (struct twz_pointer_masks){0, 0, 0, 0};
    struct twz_id victim = object_create();
    uint64_t in_b = map(victim, 1, 1, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    grant(&b, victim, TWZ_READ | TWZ_WRITE);
    int64_t gate = gate_with(masks);
    equal((uint64_t)call_pointing(gate, good, good + 64), 5,
          "P50 the default masks, asked for: pointers into one's own stack pass");
    equal((uint64_t)call_pointing(gate, good, 0), 5, "P50 no base pointer is one");
    check(refused(gate, good, in_b, TWZ_RULE_BAD_POINTER),
          "P46 P50 a base pointer into an object of the callee is refused");
    check(refused(gate, good, a.locator, TWZ_RULE_BAD_POINTER),
          "P46 a base pointer that the caller may not write is refused");
    grant(&a, victim, TWZ_READ | TWZ_WRITE);
    check(refused(gate, good, in_b + 8, TWZ_RULE_BAD_POINTER),
          "P46 one that both may write is refused as well");
    check(refused(gate, in_b + 2048, 0, TWZ_RULE_BAD_STACK),
          "P46 P51 a stack pointer into it is refused in any case");
    bool all = true;
    for (unsigned i = 0; i < hostile_count; i++)
        all = all && (hostile_addresses[i] == 0 ||
                      refused(gate, good, hostile_addresses[i], TWZ_RULE_BAD_POINTER));
    check(all, "P46 base pointers to nowhere, into the kernel, non-canonical");
    grant(&b, a.stack, TWZ_READ);
    equal((uint64_t)call_pointing(gate, good, good), 5, "P46 the callee may read the stack");
    grant(&b, a.stack, TWZ_WRITE);
    check(refused(gate, good, 0, TWZ_RULE_BAD_POINTER),
          "P46 P51 but a stack that the callee could write is refused");
    revoke(&b, a.stack);
    revoke(&a, victim);
}

static void test_own_masks(void)
{
    struct twz_pointer_masks masks[TWZ_POINTERS] = {{0, 0, 0, 0}};
    uint64_t good = a.stack_high - 1024;
    equal((uint64_t)call_pointing(gate_with(masks), good, 0x1234567890), 5,
          "P50 a gate without demands takes any base pointer");
    masks[TWZ_POINTER_THREAD].required_in_callee = TWZ_READ;
    int64_t gate = gate_with(masks);
    check(refused(gate, good, 0, TWZ_RULE_BAD_POINTER),
          "P50 a thread pointer that the callee has to be able to read, and cannot");
    grant(&b, a.stack, TWZ_READ); /* the locator page is in it */
    equal((uint64_t)call_pointing(gate, good, 0), 5, "P47 P50 and now can");
    masks[TWZ_POINTER_THREAD] = (struct twz_pointer_masks){0, TWZ_READ, 0, 0};
    check(refused(gate_with(masks), good, 0, TWZ_RULE_BAD_POINTER),
          "P50 a thread pointer that the caller must not be able to read");
    revoke(&b, a.stack);
    masks[TWZ_POINTER_THREAD] = (struct twz_pointer_masks){0, 0, 0, 0};
    masks[TWZ_POINTER_UPCALL] = (struct twz_pointer_masks){TWZ_READ, TWZ_WRITE, 0, TWZ_WRITE};
    equal((uint64_t)call_pointing(gate_with(masks), good, 0), 5,
          "P50 unless its gate says otherwise");
}

/* b takes a callback and calls it with what came along. */
static void test_callbacks(void)
{
    struct twz_gate_spec spec = gate_spec(&b, g_through);
    spec.register_args = 1;
    spec.callbacks = 1;
    int64_t through = publish_for(&a, &spec);
    int64_t own = publish(&(struct twz_gate_spec){.context = a.context,
                                                  .entry = (uint64_t)g_caller,
                                                  .isolation = TWZ_ISOLATE_BOTH,
                                                  .returns = 1});
    words[0] = (uint64_t)stub(through);
    words[1] = (uint64_t)stub(own);
    uint64_t before = upcalls;
    equal((uint64_t)call(&a, f_call_with, page), (uint64_t)-TWZ_EINVAL,
          "P126 a callback that the callee was not granted is refused");
    grant_gate(&b, own);
    equal((uint64_t)call(&a, f_call_with, page), b.context.lo,
          "P126 a gate of the caller is called back");
    const uint64_t bad[] = {(uint64_t)stub(through), (uint64_t)stub(own) + 1,
                            (uint64_t)stub(own) - 8, (uint64_t)stub(TWZ_GATES_MAX - 1),
                            (uint64_t)f_identity,    b.stack_low,
                            stubs + TWZ_STUB_RETURN};
    bool all = true;
    for (unsigned i = 0; i < COUNT(bad) + hostile_count; i++) {
        words[1] = i < COUNT(bad) ? bad[i] : hostile_addresses[i - COUNT(bad)];
        if (words[1] != 0)
            all = all && call(&a, f_call_with, page) == -TWZ_EINVAL;
    }
    check(all && upcalls == before,
          "P126 nothing else is: other gates, addresses inside a stub, plain functions");
    spec.register_args = 2;
    spec.buffer_count = 1;
    spec.buffers[0] = (struct twz_gate_buffer){0, 1, TWZ_BUFFER_IN, {0}, 64};
    check(twz_syscall1(TWZ_SYS_GATE_PUBLISH, (uint64_t)&spec) == -TWZ_EINVAL &&
              (spec.callbacks = 2, twz_syscall1(TWZ_SYS_GATE_PUBLISH, (uint64_t)&spec)) ==
                  -TWZ_EINVAL,
          "P126 a callback is no part of a buffer: neither its address nor its length");
}

void test_demands(void)
{
    a = compartment_create();
    b = compartment_create();
    struct twz_id shared = object_create();
    page = map(shared, 1, 1, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    words = (uint64_t *)page;
    for (unsigned i = 0; i < 8; i++)
        words[i] = 0;
    grant(&a, shared, TWZ_READ);
    test_default_masks();
    test_own_masks();
    test_callbacks();
}
