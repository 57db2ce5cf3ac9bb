/* SPDX-License-Identifier: BSD-2-Clause */
/* Attachments: they grant nothing, they are bounded, some cannot be shed; and raising rights as
 * sudo does. */
#include "krights.h"

/* ---- Attach and detach ---- */

static void test_nothing_by_itself(void)
{
    struct compartment a = caller_create(), b = caller_create();
    struct twz_id secret = object_create();
    uint64_t address = map(secret, 1, 1, RW) + TWZ_OBJECT_BASE;
    grant(&b, secret, RW);
    struct twz_gate_spec spec = gate_spec(&b, g_sum);
    int64_t gate = publish(&spec);
    check(attach(b.context, 0) == 0, "the thread is attached to a second context");
    check(try(&a, address, TWZ_READ) == TWZ_RULE_NO_CAPABILITY &&
              try(&a, address, TWZ_WRITE) == TWZ_RULE_NO_CAPABILITY,
          "P39 P41 the rights of a context that is not active do not count");
    uint64_t before = upcalls;
    call(&a, f_call_gate, (uint64_t)stub(gate));
    check(upcalls == before + 1 && upcall.rule == TWZ_RULE_NOT_GRANTED,
          "P39 nor does being attached grant a gate");
    check(call(&b, f_read, address) == 0, "P39 the active context's do");
    check(attach(b.context, 0) == 0, "attaching again changes nothing");
    check(detach(b.context) == 0 && detach(b.context) == -TWZ_ENOENT, "P42 a thread detaches once");
    check(detach(a.context) == -TWZ_ENOENT, "P42 and only from what it is attached to");
    check(attach(b.context, 2) == -TWZ_EINVAL && attach(b.context, UINT64_MAX) == -TWZ_EINVAL,
          "flags that mean nothing are refused");
    check(attach(boot.context, 0) == -TWZ_EPERM && attach(boot.context, 1) == -TWZ_EPERM,
          "P89 nobody is attached to the monitor's context");
    grant(&a, boot.context, TWZ_USE);
    check(by(&a, TWZ_SYS_CONTEXT_ATTACH, boot.context.hi, boot.context.lo, 0, 0, 0, 0) ==
              -TWZ_EPERM,
          "P89 use on it does not help");
    /* Another thread's attachments are changed with write on it. */
    grant(&a, b.context, TWZ_USE);
    check(by(&a, TWZ_SYS_CONTEXT_ATTACH, b.context.hi, b.context.lo, 0, boot.thread.hi,
             boot.thread.lo, 0) == -TWZ_EPERM,
          "P22 attaching another thread needs write on it");
    grant(&a, boot.thread, ALL & ~(uint32_t)TWZ_WRITE);
    check(by(&a, TWZ_SYS_CONTEXT_ATTACH, b.context.hi, b.context.lo, 0, boot.thread.hi,
             boot.thread.lo, 0) == -TWZ_EPERM &&
              by(&a, TWZ_SYS_CONTEXT_DETACH, b.context.hi, b.context.lo, boot.thread.hi,
                 boot.thread.lo, 0, 0) == -TWZ_EPERM,
          "P22 and nothing else will do, also for detaching");
    grant(&a, boot.thread, TWZ_WRITE);
    check(by(&a, TWZ_SYS_CONTEXT_ATTACH, b.context.hi, b.context.lo, 0, boot.thread.hi,
             boot.thread.lo, 0) == 0 &&
              by(&a, TWZ_SYS_CONTEXT_DETACH, b.context.hi, b.context.lo, boot.thread.hi,
                 boot.thread.lo, 0, 0) == 0,
          "with it, it works");
    attach(b.context, 0);
    check(sys_id(TWZ_SYS_OBJECT_DELETE, b.context, 0, 0) == 0,
          "a context is deleted while attached");
    check(detach(b.context) == -TWZ_ENOENT, "and then nobody is attached to it");
    struct compartment next = caller_create();
    check(detach(next.context) == -TWZ_ENOENT, "nor to the one that takes its place");
}

static void test_limit(void)
{
    static struct twz_id contexts[TWZ_ATTACHMENTS_MAX + 1];
    bool made = true, attached = true, detached = true;
    struct compartment a = caller_create();
    struct twz_id secret = object_create();
    uint64_t address = map(secret, 1, 1, RW) + TWZ_OBJECT_BASE;
    for (unsigned i = 0; i < COUNT(contexts); i++) {
        made = made && twz_syscall1(TWZ_SYS_CONTEXT_CREATE, (uint64_t)&contexts[i]) == 0 &&
               sys_ids(TWZ_SYS_CONTEXT_GRANT, contexts[i], secret, RW) == 0;
        if (i < TWZ_ATTACHMENTS_MAX)
            attached = attached && attach(contexts[i], 0) == 0;
    }
    check(made && attached, "P39 a thread attaches to as many contexts as documented");
    check(attach(contexts[TWZ_ATTACHMENTS_MAX], 0) == -TWZ_ELIMIT, "P39 and to none more");
    check(attach(contexts[0], 0) == 0, "P39 to those that it has, it can attach again");
    check(try(&a, address, TWZ_READ) == TWZ_RULE_NO_CAPABILITY,
          "P39 one is active: what all the others may read, it may not");
    struct twz_thread_spec spec = {.context = a.context, .entry = (uint64_t)f_identity};
    struct twz_id thread;
    check(twz_syscall2(TWZ_SYS_THREAD_CREATE, (uint64_t)&spec, (uint64_t)&thread) == -TWZ_ELIMIT,
          "P39 a new thread, which inherits all and starts in another, is one too many");
    check(detach(contexts[7]) == 0 && attach(contexts[TWZ_ATTACHMENTS_MAX], 0) == 0,
          "P39 who lets one go can take another");
    for (unsigned i = 0; i < COUNT(contexts); i++)
        detached = detached && detach(contexts[i]) == (i == 7 ? -TWZ_ENOENT : 0) &&
                   sys_id(TWZ_SYS_OBJECT_DELETE, contexts[i], 0, 0) == 0;
    check(detached, "P42 and all can be let go");
}

void test_attach(void)
{
    test_nothing_by_itself();
    test_limit();
}

/* ---- Raising ---- */

/* A context for code of `a`: its text, its stack, and a secret. */
static struct compartment raised_create(const struct compartment *a, struct twz_id secret)
{
    struct compartment p = *a;
    twz_syscall1(TWZ_SYS_CONTEXT_CREATE, (uint64_t)&p.context);
    grant(&p, a->stack, RW);
    grant(&p, text_object, RX);
    grant(&p, TWZ_ID_STUBS, RX);
    grant(&p, shared, TWZ_READ);
    grant(&p, secret, TWZ_READ);
    return p;
}

static void name(struct compartment to, struct compartment back, uint64_t address)
{
    const uint64_t values[] = {to.context.hi, to.context.lo, back.context.hi, back.context.lo,
                               address};
    for (unsigned i = 0; i < COUNT(values); i++)
        words[i] = values[i];
}

static uint64_t steps(int64_t attached, int64_t raised, uint8_t read, int64_t back, int64_t let_go)
{
    return (uint64_t)(uint8_t)attached | (uint64_t)(uint8_t)raised << 8 | (uint64_t)read << 16 |
           (uint64_t)(uint8_t)back << 24 | (uint64_t)(uint8_t)let_go << 32;
}

static void test_raise_deep(const struct compartment *a, const struct compartment *first,
                            struct twz_id secret)
{
    struct compartment three[] = {*first, raised_create(a, secret), raised_create(a, secret)};
    for (unsigned i = 0; i < 3; i++) {
        grant(&three[i], three[(i + 1) % 3].context, TWZ_USE);
        if (i > 0)
            compartment_bind(&three[i], boot.thread);
        attach(three[i].context, 0);
        words[2 * i] = three[i].context.hi;
        words[2 * i + 1] = three[i].context.lo;
    }
    equal((uint64_t)call(a, f_raise_deep, page), TWZ_GATE_DEPTH - 1,
          "P39 raising ends at the limit of activations with an error");
    for (unsigned i = 1; i < 3; i++)
        detach(three[i].context);
}

static void test_sudo(void)
{
    struct compartment a = caller_create();
    struct twz_id secret = object_create();
    uint64_t address = map(secret, 1, 1, RW) + TWZ_OBJECT_BASE;
    *(volatile uint8_t *)address = 0x42;
    struct compartment p = raised_create(&a, secret);
    name(p, a, address);
    uint64_t before = upcalls;
    call(&a, f_sudo, page);
    check(upcalls == before + 1 && upcall.rule == TWZ_RULE_NO_CAPABILITY &&
              upcall.context.lo == a.context.lo,
          "P42 without use on the context nothing is raised");
    grant(&a, p.context, TWZ_USE);
    before = upcalls;
    call(&a, f_sudo, page);
    check(upcalls == before + 1 && upcall.context.lo == a.context.lo,
          "P42 nor without a binding of the thread there");
    detach(p.context);
    compartment_bind(&p, boot.thread);
    equal((uint64_t)call(&a, f_sudo, page), steps(0, 0, 0x42, 0, 0),
          "P42 attach, raise, act, come back, detach");
    check(try(&a, address, TWZ_READ) == TWZ_RULE_NO_CAPABILITY, "P42 afterwards all is as before");
    revoke(&a, p.context);
    attach(p.context, 0);
    before = upcalls;
    check((uint64_t)call(&a, f_raise_and_return, page) == UINT64_MAX && upcalls == before,
          "P41 P42 who is attached but has no use on the context cannot raise it");
    grant(&a, p.context, ALL & ~(uint32_t)TWZ_USE);
    check((uint64_t)call(&a, f_raise_and_return, page) == UINT64_MAX,
          "P22 with every other right on it neither");
    grant(&a, p.context, TWZ_USE);
    equal((uint64_t)call(&a, f_raise_and_return, page), 0x42, "P42 with use, it can");
    check(try(&a, address, TWZ_READ) == TWZ_RULE_NO_CAPABILITY,
          "P42 what was raised is dropped by the return");
    before = upcalls;
    check(call(&a, f_raise_and_fault, page) == -TWZ_ECALLEE && upcalls == before + 1 &&
              upcall.context.lo == p.context.lo && upcall.rule == TWZ_RULE_NO_WRITE,
          "P42 raised code that breaks a rule is stopped as what it has become");
    check(try(&a, address, TWZ_READ) == TWZ_RULE_NO_CAPABILITY && call(&a, f_identity, 3) == 3,
          "and the thread goes on without what was raised");
    sys_id(TWZ_SYS_CONTEXT_STATUS, p.context, TWZ_CONTEXT_DEAD, 0);
    check((uint64_t)call(&a, f_raise_and_return, page) == UINT64_MAX,
          "a dead context cannot be raised");
    sys_id(TWZ_SYS_CONTEXT_STATUS, p.context, TWZ_CONTEXT_LIVE, 0);
    test_raise_deep(&a, &p, secret);
    check(sys_id(TWZ_SYS_CONTEXT_ACTIVATE, p.context, 0, 0) == -TWZ_EPERM,
          "the monitor raises nothing");
    check(detach(p.context) == 0 && sys_id(TWZ_SYS_OBJECT_DELETE, p.context, 0, 0) == 0,
          "nothing is left of it");
}

/* A gate whose code raises rights: its caller gets none of them, and its result. */
static void test_raise_in_gate(void)
{
    struct compartment a = caller_create(), b = caller_create();
    struct twz_id secret = object_create();
    uint64_t address = map(secret, 1, 1, RW) + TWZ_OBJECT_BASE;
    *(volatile uint8_t *)address = 0x43;
    struct compartment p = raised_create(&b, secret);
    compartment_bind(&p, boot.thread);
    grant(&b, p.context, TWZ_USE);
    attach(p.context, 0);
    struct twz_gate_spec spec = gate_spec(&b, g_raise);
    spec.register_args = 1;
    int64_t gate = publish_for(&a, &spec);
    name(p, b, address);
    words[8] = (uint64_t)stub(gate);
    words[9] = page;
    check(call(&a, p_call, page + 64) == 0x43, "P42 a gate returns from what it has raised");
    check(try(&a, address, TWZ_READ) == TWZ_RULE_NO_CAPABILITY &&
              try(&b, address, TWZ_READ) == TWZ_RULE_NO_CAPABILITY,
          "P42 and neither side keeps it");
    detach(p.context);
}

void test_raise(void)
{
    test_sudo();
    test_raise_in_gate();
}

/* ---- Undetachable ---- */

/* In another view the context is the same, and so is what it may not leave. */
static void test_become_undetachable(const struct compartment *a, const struct compartment *p)
{
    struct twz_id view = {0, 0};
    check(sys_id(TWZ_SYS_VIEW_CREATE, boot.view, (uint64_t)&view, 0) == 0, "a view is copied");
    grant(p, view, TWZ_USE);
    *(volatile struct twz_become_spec *)(page + 256) = (struct twz_become_spec){
        .view = view, .entry = (uint64_t)f_syscall_with, .argument = page + 512};
    words[8] = TWZ_SYS_VIEW_BECOME;
    words[9] = page + 256;
    words[64] = TWZ_SYS_CONTEXT_ACTIVATE;
    words[65] = a->context.hi;
    words[66] = a->context.lo;
    check(call(a, f_raise_and_call, page) == -TWZ_EPERM,
          "P43 another view does not let it activate what it could not");
    words[64] = TWZ_SYS_CONTEXT_DETACH;
    words[65] = p->context.hi;
    words[66] = p->context.lo;
    words[67] = words[68] = 0;
    check(call(a, f_raise_and_call, page) == -TWZ_EPERM, "P43 nor detach");
    words[64] = TWZ_SYS_NULL;
    check(call(a, f_raise_and_call, page) == 0, "while it can be in one");
}

void test_undetachable(void)
{
    struct compartment a = caller_create();
    struct twz_id secret = object_create();
    uint64_t address = map(secret, 1, 1, RW) + TWZ_OBJECT_BASE;
    struct compartment p = raised_create(&a, secret);
    compartment_bind(&p, boot.thread);
    grant(&a, p.context, TWZ_USE);
    check(by(&a, TWZ_SYS_CONTEXT_ATTACH, p.context.hi, p.context.lo, TWZ_ATTACH_UNDETACHABLE, 0, 0,
             0) == 0,
          "P43 a thread attaches itself for good");
    check(by(&a, TWZ_SYS_CONTEXT_DETACH, p.context.hi, p.context.lo, 0, 0, 0, 0) == -TWZ_EPERM,
          "P43 it cannot detach");
    check(detach(p.context) == -TWZ_EPERM &&
              twz_syscall4(TWZ_SYS_CONTEXT_DETACH, p.context.hi, p.context.lo, boot.thread.hi,
                           boot.thread.lo) == -TWZ_EPERM,
          "P43 nor can anybody do it for it");
    check(attach(p.context, 0) == 0 && detach(p.context) == -TWZ_EPERM,
          "P43 nor does attaching again make it detachable");
    check(sys_id(TWZ_SYS_OBJECT_DELETE, p.context, 0, 0) == -TWZ_EBUSY,
          "P43 nor can the context be deleted");

    /* What limits a thread: while it is active, everything that would leave it is refused. */
    name(p, a, address);
    words[8] = TWZ_SYS_CONTEXT_ACTIVATE;
    words[9] = a.context.hi;
    words[10] = a.context.lo;
    grant(&p, a.context, ALL);
    grant(&p, p.context, ALL);
    attach(a.context, 0);
    check(call(&a, f_raise_and_call, page) == -TWZ_EPERM, "P43 raised for good, it cannot go back");
    detach(a.context);

    test_become_undetachable(&a, &p);
    grant(&p, TWZ_ID_SYSTEM, TWZ_USE);
    struct twz_id specs = object_create();
    uint64_t at = map(specs, 1, 1, RW) + TWZ_OBJECT_BASE;
    grant(&p, specs, RW);
    struct twz_thread_spec *spec = (struct twz_thread_spec *)at;
    *spec = (struct twz_thread_spec){.context = a.context, .entry = (uint64_t)f_identity};
    words[8] = TWZ_SYS_THREAD_CREATE;
    words[9] = at;
    words[10] = at + 256;
    check(call(&a, f_raise_and_call, page) == -TWZ_EPERM,
          "P43 nor start a thread that is not in it");
    spec->context = p.context;
    check(call(&a, f_raise_and_call, page) == 0, "a thread in it can be started");
    const struct twz_id *born = (const struct twz_id *)(at + 256);
    words[8] = TWZ_SYS_CONTEXT_DETACH;
    words[9] = p.context.hi;
    words[10] = p.context.lo;
    words[11] = born->hi;
    words[12] = born->lo;
    check(call(&a, f_raise_and_call, page) == -TWZ_EPERM,
          "P43 which has inherited that it cannot be detached");
    *spec = (struct twz_thread_spec){.context = a.context, .entry = (uint64_t)f_identity};
    struct twz_id thread;
    check(twz_syscall2(TWZ_SYS_THREAD_CREATE, at, (uint64_t)&thread) == 0 &&
              twz_syscall4(TWZ_SYS_CONTEXT_DETACH, p.context.hi, p.context.lo, thread.hi,
                           thread.lo) == -TWZ_EPERM,
          "P43 also when it starts elsewhere");
    check(twz_syscall4(TWZ_SYS_CONTEXT_DETACH, a.context.hi, a.context.lo, thread.hi, thread.lo) ==
              -TWZ_EBUSY,
          "a context in which a thread starts is attached, and in use");

    /* Gates lead out and back: the limits are those of the caller, not of the callee. */
    struct compartment b = caller_create();
    struct twz_gate_spec gate_of_b = gate_spec(&b, g_caller);
    int64_t gate = publish(&gate_of_b);
    grant_gate(&p, gate);
    name(p, a, address);
    words[8] = TWZ_SYS_GATE_BASE + (uint64_t)gate;
    check(call(&a, f_raise_and_call, page) == (int64_t)p.context.lo,
          "P43 gates can be called, and are told who calls");
}
