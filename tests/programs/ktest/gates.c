/* SPDX-License-Identifier: BSD-2-Clause */
/* Gate entry: every rule, and every way back. */
#include "functions.h"

static struct compartment a, b;
static uint64_t page; /* of an object that compartments may read */
static uint64_t *words;

/* Publishes an entry of b and lets a call it. */
static int64_t gate_of_b(void (*entry)(void), unsigned arguments)
{
    struct twz_gate_spec spec = gate_spec(&b, entry);
    spec.register_args = (uint8_t)arguments;
    return publish_for(&a, &spec);
}

static void call_with(int64_t gate, uint64_t x, uint64_t y, uint64_t z)
{
    words[0] = (uint64_t)stub(gate);
    words[1] = x;
    words[2] = y;
    words[3] = z;
    words[4] = words[5] = words[6] = 0;
}

static void test_calls(void)
{
    for (unsigned n = 0; n <= 6; n++) {
        static const char *const names[] = {"P53 a gate with 0 arguments gets none",
                                            "a gate with 1 argument",
                                            "a gate with 2 arguments",
                                            "a gate with 3 arguments",
                                            "a gate with 4 arguments",
                                            "a gate with 5 arguments",
                                            "a gate with 6 arguments"};
        static const uint64_t sums[] = {0, 1, 21, 321, 4321, 54321, 654321};
        int64_t gate = gate_of_b(n < 4 ? g_sum3 : g_sum, n);
        equal((uint64_t)call(&a, f_call_gate, (uint64_t)stub(gate)), sums[n], names[n]);
    }
    int64_t caller = gate_of_b(g_caller, 0);
    equal((uint64_t)call(&a, f_call_gate, (uint64_t)stub(caller)), a.context.lo,
          "P124 the callee learns its caller from the kernel");
    int64_t own = gate_of_b(g_caller, 0);
    grant_gate(&b, own);
    equal((uint64_t)call(&b, f_call_gate, (uint64_t)stub(own)), b.context.lo,
          "P126 a compartment may call its own gate");
    equal((uint64_t)call(&a, f_gate_status, (uint64_t)stub(caller)), 0,
          "the status of a good call is 0");

    struct twz_gate_spec spec = gate_spec(&b, g_stack);
    spec.register_args = 6;
    spec.stack_args = 16;
    int64_t stack = publish_for(&a, &spec);
    equal((uint64_t)call(&a, f_call_stack, (uint64_t)stub(stack)), 21 + 700 + 8000,
          "P53 the seventh and eighth argument arrive on the callee's stack");
}

static void test_grants(void)
{
    int64_t gate = gate_of_b(g_sum3, 1);
    struct compartment c = compartment_create();
    stopped(&c, f_call_gate, (uint64_t)stub(gate), TWZ_RULE_NOT_GRANTED,
            "P44 P80 a gate that is not granted cannot be called");
    check(upcall.address == (uint64_t)gate, "the upcall names the gate");
    stopped(&a, f_call_gate, (uint64_t)stub(TWZ_GATES_MAX - 1), TWZ_RULE_NO_GATE,
            "P44 a stub without a gate leads nowhere");
    answer = TWZ_UPCALL_REFUSE;
    answer_value = TWZ_EPERM;
    equal((uint64_t)call(&c, f_call_gate, (uint64_t)stub(gate)), (uint64_t)-TWZ_EPERM,
          "the monitor can answer with an error instead");
    sys_id(TWZ_SYS_CONTEXT_REVOKE_GATE, a.context, (uint64_t)gate, 0);
    stopped(&a, f_call_gate, (uint64_t)stub(gate), TWZ_RULE_NOT_GRANTED,
            "a revoked gate cannot be called any more");
    check(sys_id(TWZ_SYS_CONTEXT_GRANT_GATE, a.context, TWZ_GATES_MAX - 1, 0) == -TWZ_ENOENT &&
              sys_id(TWZ_SYS_CONTEXT_GRANT_GATE, a.context, UINT64_MAX, 0) == -TWZ_ENOENT,
          "gates that do not exist cannot be granted");

    /* The entry of a gate, and any other address of the callee, are nothing to jump to. */
    struct twz_id code = image_object("code");
    uint64_t text = map(code, 1, 1, TWZ_READ | TWZ_EXECUTE) + TWZ_OBJECT_BASE;
    grant(&b, code, TWZ_READ | TWZ_EXECUTE);
    bool all = true;
    for (uint64_t offset = 0; offset < TWZ_PAGE_SIZE; offset++) {
        uint64_t before = upcalls;
        call(&a, f_jump, text + offset);
        all = all && upcalls == before + 1 && upcall.rule == TWZ_RULE_NO_CAPABILITY;
    }
    check(all, "P44 no byte of a foreign text can be jumped to");
}

/* Addresses by chance, half of them close to something that exists. */
static void test_fuzzed_targets(void)
{
    uint64_t seed = 1;
    bool all = true;
    for (unsigned i = 0; i < 5000; i++) {
        seed = seed * 6364136223846793005ull + 1442695040888963407ull;
        uint64_t near = (seed >> 60) * TWZ_SLOT_SIZE + (seed >> 33) % (1 << 20);
        uint64_t target = seed & 1 ? seed >> 17 : b.stack_low + near;
        enum twz_rule rule;
        uint64_t before = upcalls;
        call(&a, f_jump, target);
        rule = (enum twz_rule)upcall.rule;
        all = all && upcalls == before + 1 && rule != TWZ_RULE_NONE;
    }
    check(all, "P45 5,000 targets by chance: none is reached");
}

static void test_publish(void)
{
    struct twz_gate_spec good = gate_spec(&b, g_sum), bad[20];
    unsigned n = 0;
    for (unsigned i = 0; i < COUNT(bad); i++)
        bad[i] = good;
    bad[n++].isolation = TWZ_ISOLATE_NONE;
    bad[n++].isolation = 4;
    bad[n++].register_args = 7;
    bad[n++].vector_args = 9;
    bad[n++].returns = 16;
    bad[n++].stack_args = TWZ_STACK_ARGS_MAX + 8;
    bad[n++].stack_args = 4;
    bad[n++].buffer_count = TWZ_GATE_BUFFERS + 1;
    bad[n++].callbacks = 1; /* a register that is not declared */
    bad[n++].frame = TWZ_FRAME_MAX + 1;
    bad[n++].flags = 2;
    bad[n++].buffer_count = 1; /* no register is declared for it */
    bad[n].register_args = 2;
    bad[n].buffer_count = 1;
    bad[n].buffers[0] = (struct twz_gate_buffer){0, 0, TWZ_BUFFER_IN, {0}, 1};
    n++;
    bad[n].register_args = 2;
    bad[n].buffer_count = 1;
    bad[n].buffers[0] = (struct twz_gate_buffer){0, 1, 0, {0}, 1};
    n++;
    bad[n].register_args = 2;
    bad[n].buffer_count = 1;
    bad[n].buffers[0] = (struct twz_gate_buffer){0, 2, TWZ_BUFFER_IN, {0}, 1};
    n++;
    bad[n].register_args = 2;
    bad[n].buffer_count = 1;
    bad[n].buffers[0] = (struct twz_gate_buffer){0, 1, TWZ_BUFFER_IN, {0}, UINT64_MAX};
    n++;
    bool all = true;
    for (unsigned i = 0; i < n; i++)
        all = all && twz_syscall1(TWZ_SYS_GATE_PUBLISH, (uint64_t)&bad[i]) == -TWZ_EINVAL;
    check(all, "gates that are not of the documented form are refused");
    bad[0] = good;
    bad[0].entry = 0xffffffff80100000;
    check(twz_syscall1(TWZ_SYS_GATE_PUBLISH, (uint64_t)&bad[0]) == -TWZ_EINVAL,
          "an entry in the kernel is refused");
    bad[0].entry = b.stack_low;
    check(twz_syscall1(TWZ_SYS_GATE_PUBLISH, (uint64_t)&bad[0]) == -TWZ_EPERM,
          "P44 an entry that the callee may not execute is refused");
    struct twz_gate_info info;
    int64_t gate = publish(&good);
    check(twz_syscall2(TWZ_SYS_GATE_INFO, (uint64_t)gate, (uint64_t)&info) == 0 &&
              info.spec.entry == good.entry && info.spec.context.lo == b.context.lo &&
              info.calls == 0,
          "GATE_INFO shows a gate");
    check(twz_syscall2(TWZ_SYS_GATE_INFO, TWZ_GATES_MAX, (uint64_t)&info) == -TWZ_ENOENT,
          "GATE_INFO of no gate");
}

static void test_stack(void)
{
    int64_t gate = gate_of_b(g_sum3, 0);
    struct twz_id victim = object_create();
    uint64_t victim_page = map(victim, 1, 1, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    grant(&b, victim, TWZ_READ | TWZ_WRITE);
    const uint64_t stacks[] = {0,
                               8,
                               victim_page + 2048,
                               b.stack_high - 256,
                               a.stack_low - 8,
                               a.stack_high - 4,
                               a.stack_high,
                               a.stack_high + 8,
                               a.locator + 2048,
                               0x800000000000,
                               0xffff800000001000,
                               UINT64_MAX - 7};
    bool all = true;
    for (unsigned i = 0; i < COUNT(stacks); i++) {
        words[0] = (uint64_t)gate + TWZ_SYS_GATE_BASE;
        words[1] = stacks[i];
        uint64_t before = upcalls;
        call(&a, f_pivot, page);
        all = all && upcalls == before + 1 && upcall.rule == TWZ_RULE_BAD_STACK;
    }
    check(all, "P46 P51 a stack pointer outside the caller's own stack is refused");
    check(*(volatile uint64_t *)(victim_page + 2040) == 0, "P51 and nothing was written there");
    words[1] = a.stack_low + 1024;
    equal((uint64_t)call(&a, f_pivot, page), 0, "any stack pointer inside it will do");
    words[1] = a.stack_low + 1021;
    equal((uint64_t)call(&a, f_pivot, page), 0, "aligned or not");

    /* What the caller leaves on its stack is not on the callee's, and the other way round. */
    words[1] = 0x5ec2e75ec2e7;
    words[0] = (uint64_t)stub(gate_of_b(g_sum3, 0));
    equal((uint64_t)call(&a, f_secret_call, page), 0, "a call with a secret on the stack");
    words[0] = 0x5ec2e75ec2e7;
    words[1] = b.stack_low;
    words[2] = b.stack_high;
    equal((uint64_t)call(&b, f_scan, page), 0, "P52 P57 the callee's stack does not have it");
    words[1] = a.stack_low;
    words[2] = a.stack_high;
    check(call(&a, f_scan, page) >= 64, "while the caller's does");
    stopped(&b, f_read, a.stack_low, TWZ_RULE_NO_CAPABILITY, "P52 and b cannot read a's stack");
    stopped(&b, f_write, b.locator, TWZ_RULE_NO_WRITE, "P47 the locator is read-only");
}

static void test_returns(void)
{
    int64_t gate = gate_of_b(g_return, 2);
    call_with(gate, 77, 0, 0);
    equal((uint64_t)call(&a, f_call_with, page), 77, "P55 a gate that returns at once");
    gate = gate_of_b(g_ret, 0);
    uint64_t before = upcalls;
    int64_t result = call(&a, f_call_gate, (uint64_t)stub(gate));
    check(result == 0 && upcalls == before, "P55 a gate that is only `ret` returns");

    /* b is in the middle of a call, and its stack full of addresses that it does not expect. */
    struct twz_gate_spec spec = gate_spec(&a, g_through);
    spec.register_args = 1;
    int64_t back = publish_for(&b, &spec);
    call_with(gate_of_b(g_lure, 2), (uint64_t)stub(back), (uint64_t)stub(gate), 0);
    result = call(&a, f_call_with, page);
    check(result == 0 && upcalls == before,
          "P55 and does not take what its suspended activation left for its return address");
    spec = gate_spec(&b, g_ret);
    spec.register_args = 6;
    spec.stack_args = 16;
    gate = publish_for(&a, &spec);
    words[0] = (uint64_t)stub(gate);
    words[1] = (uint64_t)lured;
    result = call(&a, f_call_stack_with, page);
    check(result == 0 && upcalls == before, "P55 nor its caller's first stack argument");
}

static void test_unmatched(void)
{
    /* A function that was called by CONTEXT_CALL returns by GATE_RETURN: once. */
    equal((uint64_t)call(&a, f_return_without, 5), 5, "GATE_RETURN ends a CONTEXT_CALL");
}

static void test_depth(void)
{
    struct twz_gate_spec spec = gate_spec(&b, g_recurse);
    spec.register_args = 2;
    int64_t gate = publish_for(&a, &spec);
    grant_gate(&b, gate);
    call_with(gate, 20, (uint64_t)stub(gate), 0);
    equal((uint64_t)call(&a, f_call_with, page), 20, "P126 a gate recurses");
    spec = gate_spec(&b, g_depth);
    spec.register_args = 1;
    gate = publish_for(&a, &spec);
    grant_gate(&b, gate);
    call_with(gate, (uint64_t)stub(gate), 0, 0);
    equal((uint64_t)call(&a, f_call_with, page), TWZ_GATE_DEPTH - 1,
          "P126 activations end at the limit with an error, and everything returns");
    call_with(gate_of_b(g_sum3, 1), 5, 0, 0);
    equal((uint64_t)call(&a, f_call_with, page), 5, "and the thread goes on");
    call_with(gate_of_b(g_sum3, 1), 5, 0, 0);
}

/* b's gate calls back into a through a's own gate, and may not call what is not granted to it. */
static void test_callback(void)
{
    struct twz_gate_spec spec = gate_spec(&a, g_caller);
    int64_t back = publish_for(&b, &spec);
    int64_t through = gate_of_b(g_through, 1);
    call_with(through, (uint64_t)stub(back), 0, 0);
    equal((uint64_t)call(&a, f_call_with, page), b.context.lo,
          "P126 a callee calls back into its caller's compartment, through a gate of that");
    call_with(through, (uint64_t)stub(through), 0, 0);
    check(call(&a, f_call_with, page) == -TWZ_ECALLEE && upcall.rule == TWZ_RULE_NOT_GRANTED &&
              upcall.context.lo == b.context.lo,
          "and what its caller may call is not the callee's to call");
}

static void test_failures(void)
{
    struct twz_id secret = object_create();
    uint64_t address = map(secret, 1, 1, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    int64_t gate = gate_of_b(g_fault, 1);
    call_with(gate, address, 0, 0);
    uint64_t before = upcalls;
    equal((uint64_t)call(&a, f_call_with, page), (uint64_t)-TWZ_ECALLEE,
          "a callee that faults ends as an error in its caller");
    check(upcalls == before + 1 && upcall.rule == TWZ_RULE_NO_CAPABILITY &&
              upcall.context.lo == b.context.lo && upcall.depth == 2,
          "the upcall names the callee");
    equal((uint64_t)call(&a, f_gate_status, (uint64_t)stub(gate)), (uint64_t)-TWZ_ECALLEE,
          "GATE_STATUS says so");

    sys_id(TWZ_SYS_CONTEXT_STATUS, b.context, TWZ_CONTEXT_DEAD, 0);
    call_with(gate_of_b(g_sum3, 1), 5, 0, 0);
    equal((uint64_t)call(&a, f_call_with, page), (uint64_t)-TWZ_EDEAD,
          "gates into a dead compartment fail");
    check(call(&b, f_identity, 1) == -TWZ_EDEAD && status() == -TWZ_EDEAD, "calls as well");
    sys_id(TWZ_SYS_CONTEXT_STATUS, b.context, TWZ_CONTEXT_LIVE, 0);
    equal((uint64_t)call(&a, f_call_with, page), 5, "until it is restarted");

    equal((uint64_t)call(&a, f_gate_status, (uint64_t)stub(gate_of_b(g_exit, 0))),
          (uint64_t)-TWZ_EEXITED, "a callee that ends the thread ends its activation only");

    /* A gate of this program that ends its caller: exit and abort are made of it. */
    struct compartment self = {.context = boot.context};
    struct twz_gate_spec spec = gate_spec(&self, g_unwind);
    spec.register_args = 2;
    int64_t unwind = publish_for(&a, &spec);
    call_with(unwind, TWZ_EEXITED, 3, 0);
    equal((uint64_t)call(&a, f_call_with, page), (uint64_t)-TWZ_EEXITED,
          "a compartment that exits ends as an error in its caller");
    check(status() == -TWZ_EEXITED, "GATE_STATUS says so");
    call_with(unwind, 0, 33, 0);
    equal((uint64_t)call(&a, f_call_with, page), 33, "unwinding without an error gives a value");
    check(status() == 0, "and a good status");
}

static void test_deleted(void)
{
    struct compartment c = compartment_create();
    struct twz_gate_spec spec = gate_spec(&c, g_sum3);
    int64_t gate = publish_for(&a, &spec);
    equal((uint64_t)call(&a, f_call_gate, (uint64_t)stub(gate)), 0, "a gate into a new context");
    check(sys_id(TWZ_SYS_OBJECT_DELETE, c.context, 0, 0) == 0, "the context is deleted");
    equal((uint64_t)call(&a, f_call_gate, (uint64_t)stub(gate)), (uint64_t)-TWZ_EDEAD,
          "its gates are dead for good");
    struct compartment d = compartment_create();
    equal((uint64_t)call(&a, f_call_gate, (uint64_t)stub(gate)), (uint64_t)-TWZ_EDEAD,
          "also when another context takes its place");
    equal((uint64_t)call(&d, f_identity, 9), 9, "which works");
}

/* A thread that was never bound in the callee: the monitor binds it when it is first needed. */
static struct compartment late;
static void bind_late(void)
{
    on_upcall = NULL;
    compartment_bind(&late, boot.thread);
    answer = TWZ_UPCALL_RESUME;
}

static void test_late_binding(void)
{
    late = compartment_create();
    sys_id(TWZ_SYS_OBJECT_DELETE, late.context, 0, 0);
    twz_syscall1(TWZ_SYS_CONTEXT_CREATE, (uint64_t)&late.context);
    grant(&late, late.stack, TWZ_READ | TWZ_WRITE);
    grant(&late, text_object, TWZ_READ | TWZ_EXECUTE);
    struct twz_gate_spec spec = gate_spec(&late, g_sum3);
    spec.register_args = 2;
    int64_t gate = publish_for(&a, &spec);
    check(call(&late, f_identity, 1) == -TWZ_ENOENT, "CONTEXT_CALL without a binding fails");
    on_upcall = bind_late;
    uint64_t before = upcalls;
    equal((uint64_t)call(&a, f_call_gate, (uint64_t)stub(gate)), 21,
          "a gate call without a binding resumes after the monitor made one");
    check(upcalls == before + 1 && upcall.rule == TWZ_RULE_NO_BINDING &&
              upcall.target.lo == late.context.lo,
          "the upcall names the context to bind");
    struct twz_bind_spec bind = {.thread = boot.thread,
                                 .context = late.context,
                                 .stack_low = late.stack_low,
                                 .stack_high = late.stack_high,
                                 .locator = late.locator};
    check(twz_syscall1(TWZ_SYS_THREAD_BIND, (uint64_t)&bind) == -TWZ_EEXIST,
          "a pair is bound once");
}

static void test_bind(void)
{
    struct compartment c = compartment_create();
    sys_id(TWZ_SYS_OBJECT_DELETE, c.context, 0, 0);
    twz_syscall1(TWZ_SYS_CONTEXT_CREATE, (uint64_t)&c.context);
    struct twz_bind_spec good = {.thread = boot.thread,
                                 .context = c.context,
                                 .stack_low = c.stack_low,
                                 .stack_high = c.stack_high,
                                 .locator = c.locator};
    check(twz_syscall1(TWZ_SYS_THREAD_BIND, (uint64_t)&good) == -TWZ_EPERM,
          "P46 a stack without a capability is refused");
    grant(&c, c.stack, TWZ_READ);
    check(twz_syscall1(TWZ_SYS_THREAD_BIND, (uint64_t)&good) == -TWZ_EPERM,
          "P46 a stack that is not writable is refused");
    grant(&c, c.stack, TWZ_WRITE);
    struct twz_bind_spec bad = good;
    bad.locator = c.stack_low;
    check(twz_syscall1(TWZ_SYS_THREAD_BIND, (uint64_t)&bad) == -TWZ_EPERM,
          "P47 a writable locator is refused");
    bad = good;
    bad.stack_low -= TWZ_PAGE_SIZE;
    check(twz_syscall1(TWZ_SYS_THREAD_BIND, (uint64_t)&bad) == -TWZ_EPERM,
          "a stack with a hole is refused");
    bad = good;
    bad.stack_low += 8;
    check(twz_syscall1(TWZ_SYS_THREAD_BIND, (uint64_t)&bad) == -TWZ_EINVAL,
          "a misaligned stack is refused");
    bad = good;
    bad.stack_low = bad.stack_high;
    check(twz_syscall1(TWZ_SYS_THREAD_BIND, (uint64_t)&bad) == -TWZ_EINVAL,
          "an empty stack is refused");
    bad = good;
    bad.stack_high = 0xffff900000005000;
    bad.stack_low = 0xffff900000001000;
    check(twz_syscall1(TWZ_SYS_THREAD_BIND, (uint64_t)&bad) == -TWZ_EPERM,
          "a stack in the kernel is refused");
    check(twz_syscall1(TWZ_SYS_THREAD_BIND, (uint64_t)&good) == 0, "the right one is taken");
}

void test_gates(void)
{
    a = compartment_create();
    b = compartment_create();
    struct twz_id shared = object_create();
    page = map(shared, 1, 1, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    words = (uint64_t *)page;
    words[0] = 0;
    grant(&a, shared, TWZ_READ);
    grant(&b, shared, TWZ_READ);
    test_calls();
    test_grants();
    test_fuzzed_targets();
    test_publish();
    test_stack();
    test_returns();
    test_unmatched();
    test_depth();
    test_callback();
    test_failures();
    test_deleted();
    test_late_binding();
    test_bind();
}
