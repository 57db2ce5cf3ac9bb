/* SPDX-License-Identifier: BSD-2-Clause */
/* Five permissions, every set of them, each tried by a compartment that holds exactly this set; and
 * what is reached by knowing an ID alone, which is nothing. */
#include "krights.h"

static int64_t expected(uint32_t held, uint32_t needs, int64_t success)
{
    return (held & needs) == needs ? success : -TWZ_EPERM;
}

/* Deleting destroys, so each set has an object of its own. */
static void test_delete(void)
{
    struct compartment c = caller_create();
    bool data = true, context = true, thread = true, gone = true;
    for (uint32_t held = 0; held <= ALL; held++) {
        struct twz_id object = object_create();
        struct twz_thread_spec spec = {.context = c.context, .entry = (uint64_t)f_identity};
        struct twz_id made, started;
        twz_syscall1(TWZ_SYS_CONTEXT_CREATE, (uint64_t)&made);
        twz_syscall2(TWZ_SYS_THREAD_CREATE, (uint64_t)&spec, (uint64_t)&started);
        hold(&c, object, held);
        hold(&c, made, held);
        hold(&c, started, held);
        int64_t result = expected(held, TWZ_DELETE, 0);
        data = data && by(&c, TWZ_SYS_OBJECT_DELETE, object.hi, object.lo, 0, 0, 0, 0) == result;
        context = context && by(&c, TWZ_SYS_OBJECT_DELETE, made.hi, made.lo, 0, 0, 0, 0) == result;
        thread =
            thread && by(&c, TWZ_SYS_OBJECT_DELETE, started.hi, started.lo, 0, 0, 0, 0) == result;
        gone =
            gone && sys_id(TWZ_SYS_OBJECT_DELETE, object, 0, 0) == (result == 0 ? -TWZ_ENOENT : 0);
        sys_id(TWZ_SYS_OBJECT_DELETE, made, 0, 0);
        sys_id(TWZ_SYS_OBJECT_DELETE, started, 0, 0);
    }
    check(data, "P21 a data object can be deleted with delete, and with nothing else");
    check(context, "P21 so can a context");
    check(thread, "P21 so can a thread");
    check(gone, "P21 what was deleted is gone, what was not is there");
}

/* What a right on a context allows. */
static void test_context(void)
{
    struct compartment c = caller_create(), target = caller_create();
    struct twz_id object = object_create();
    grant(&c, object, TWZ_READ);
    struct twz_gate_spec spec = gate_spec(&target, g_sum);
    int64_t gate = publish(&spec);
    const uint64_t hi = target.context.hi, lo = target.context.lo;
    bool use = true, read = true, write = true;
    for (uint32_t held = 0; held <= ALL; held++) {
        hold(&c, target.context, held);
        int64_t attached = expected(held, TWZ_USE, 0);
        use = use && by(&c, TWZ_SYS_CONTEXT_ATTACH, hi, lo, 0, 0, 0, 0) == attached;
        detach(target.context);
        read = read &&
               by(&c, TWZ_SYS_CONTEXT_INFO, hi, lo, c.stack_low, 0, 0, 0) ==
                   expected(held, TWZ_READ, 0) &&
               by(&c, TWZ_SYS_CONTEXT_RIGHTS, hi, lo, object.hi, object.lo, c.stack_low, 0) ==
                   expected(held, TWZ_READ, 0);
        int64_t written = expected(held, TWZ_WRITE, 0);
        write =
            write &&
            by(&c, TWZ_SYS_CONTEXT_GRANT, hi, lo, object.hi, object.lo, TWZ_READ, 0) == written &&
            by(&c, TWZ_SYS_CONTEXT_GATE_RANGE, hi, lo, object.hi, object.lo, 0, TWZ_SLOT_SIZE) ==
                (written == 0 ? 0 : -TWZ_EPERM) &&
            by(&c, TWZ_SYS_CONTEXT_REVOKE, hi, lo, object.hi, object.lo, 0, 0) == written &&
            by(&c, TWZ_SYS_CONTEXT_REVOKE_GATE, hi, lo, (uint64_t)gate, 0, 0, 0) == written &&
            by(&c, TWZ_SYS_CONTEXT_STATUS, hi, lo, TWZ_CONTEXT_LIVE, 0, 0, 0) == written;
    }
    check(use, "P21 P22 a thread attaches to a context with use, and with nothing else");
    check(read, "P21 a context is read with read, and with nothing else");
    check(write, "P21 P38 a context is changed with write, and with nothing else");
    hold(&c, target.context, ALL & ~(uint32_t)TWZ_USE);
    check(by(&c, TWZ_SYS_CONTEXT_ATTACH, hi, lo, 0, 0, 0, 0) == -TWZ_EPERM,
          "P22 every other right together is not use");
    struct twz_thread_spec thread = {.context = target.context, .entry = (uint64_t)f_identity};
    struct compartment system = caller_create();
    grant(&system, TWZ_ID_SYSTEM, TWZ_USE);
    struct twz_id specs = object_create();
    uint64_t at = map(specs, 1, 1, RW) + TWZ_OBJECT_BASE;
    grant(&system, specs, RW);
    *(struct twz_thread_spec *)at = thread;
    check(by(&system, TWZ_SYS_THREAD_CREATE, at, at + 256, 0, 0, 0, 0) == -TWZ_EPERM,
          "P22 a thread is not started in a context without use on it");
    *(struct twz_call_spec *)at =
        (struct twz_call_spec){.context = target.context, .entry = (uint64_t)f_identity};
    check(by(&system, TWZ_SYS_CONTEXT_CALL, at, 0, 0, 0, 0, 0) == -TWZ_EPERM,
          "P22 nor called into");
    *(struct twz_gate_spec *)at = spec;
    check(by(&system, TWZ_SYS_GATE_PUBLISH, at, 0, 0, 0, 0, 0) == -TWZ_EPERM,
          "P22 nor given a gate");
    struct twz_id stranger = object_create();
    check(by(&c, TWZ_SYS_CONTEXT_ATTACH, stranger.hi, stranger.lo, 0, 0, 0, 0) == -TWZ_EPERM,
          "P22 an object that is not the caller's business is no context to attach to");
    grant(&c, stranger, ALL);
    check(by(&c, TWZ_SYS_CONTEXT_ATTACH, stranger.hi, stranger.lo, 0, 0, 0, 0) == -TWZ_EINVAL,
          "P22 nor is one with all rights that is no context");
}

/* Rights pass from context to context only as far as the giver has them. */
static void test_chain(void)
{
    enum { LENGTH = 4 };
    struct compartment chain[LENGTH];
    struct twz_id object = object_create();
    uint64_t address = map(object, 1, 1, RW) + TWZ_OBJECT_BASE;
    for (unsigned i = 0; i < LENGTH; i++)
        chain[i] = caller_create();
    for (unsigned i = 0; i + 1 < LENGTH; i++)
        grant(&chain[i], chain[i + 1].context, TWZ_WRITE);
    grant(&chain[0], object, RW);
    static const uint32_t passed[] = {RW, RW, TWZ_READ};
    bool narrow = true, wide = true;
    for (unsigned i = 0; i + 1 < LENGTH; i++) {
        struct twz_id to = chain[i + 1].context;
        narrow = narrow && by(&chain[i], TWZ_SYS_CONTEXT_GRANT, to.hi, to.lo, object.hi, object.lo,
                              passed[i], 0) == 0;
        for (uint32_t rights = 1; rights <= ALL; rights++) {
            uint32_t own = i == 0 ? RW : passed[i - 1];
            if ((rights & ~own) != 0)
                wide = wide && by(&chain[i], TWZ_SYS_CONTEXT_GRANT, to.hi, to.lo, object.hi,
                                  object.lo, rights, 0) == -TWZ_EPERM;
        }
    }
    check(narrow, "P38 rights are passed on along a chain of contexts");
    check(wide, "P38 and never more than the giver has");
    check(try(&chain[2], address, TWZ_WRITE) == TWZ_RULE_NONE &&
              try(&chain[3], address, TWZ_WRITE) == TWZ_RULE_NO_WRITE &&
              try(&chain[3], address, TWZ_READ) == TWZ_RULE_NONE,
          "P38 the last of the chain has what it was given");
    check(by(&chain[3], TWZ_SYS_CONTEXT_GRANT, chain[3].context.hi, chain[3].context.lo, object.hi,
             object.lo, TWZ_READ, 0) == -TWZ_EPERM,
          "a context without write on itself cannot even grant itself what it has");
    grant(&chain[3], chain[3].context, TWZ_WRITE);
    check(by(&chain[3], TWZ_SYS_CONTEXT_GRANT, chain[3].context.hi, chain[3].context.lo, object.hi,
             object.lo, TWZ_WRITE, 0) == -TWZ_EPERM &&
              try(&chain[3], address, TWZ_WRITE) == TWZ_RULE_NO_WRITE,
          "P38 with write on itself it cannot grant itself what it has not");
}

void test_matrix(void)
{
    test_delete();
    test_context();
    test_chain();
}

/* Every call that takes an ID, with an ID that is known, guessed, or nearly right. */
static bool all_refused(const struct compartment *c, struct twz_id id, int64_t answer_expected)
{
    const struct twz_id own = c->context;
    bool all = true;
    static const uint64_t of_one[] = {TWZ_SYS_OBJECT_DELETE,       TWZ_SYS_CONTEXT_STATUS,
                                      TWZ_SYS_CONTEXT_GLOBAL_MASK, TWZ_SYS_CONTEXT_ATTACH,
                                      TWZ_SYS_CONTEXT_ACTIVATE,    TWZ_SYS_THREAD_UPCALL,
                                      TWZ_SYS_CONTEXT_REVOKE_GATE};
    for (unsigned i = 0; i < COUNT(of_one); i++)
        all = all && by(c, of_one[i], id.hi, id.lo, 0, 0, 0, 0) == answer_expected;
    all = all && by(c, TWZ_SYS_OBJECT_INFO, id.hi, id.lo, c->stack_low, 0, 0, 0) == answer_expected;
    all =
        all && by(c, TWZ_SYS_CONTEXT_INFO, id.hi, id.lo, c->stack_low, 0, 0, 0) == answer_expected;
    all = all && by(c, TWZ_SYS_CONTEXT_GRANT, own.hi, own.lo, id.hi, id.lo, TWZ_READ, 0) ==
                     answer_expected;
    all = all &&
          by(c, TWZ_SYS_CONTEXT_GRANT, id.hi, id.lo, id.hi, id.lo, TWZ_READ, 0) == answer_expected;
    all = all && by(c, TWZ_SYS_CONTEXT_MASK, id.hi, id.lo, id.hi, id.lo, ALL, 0) == answer_expected;
    all = all && by(c, TWZ_SYS_CONTEXT_REVOKE, id.hi, id.lo, id.hi, id.lo, 0, 0) == answer_expected;
    return all;
}

void test_ids(void)
{
    struct compartment c = caller_create();
    struct compartment other = caller_create();
    struct twz_id object = object_create();
    uint64_t address = map(object, 1, 1, RW) + TWZ_OBJECT_BASE;
    grant(&c, c.context, RW | TWZ_USE);
    check(all_refused(&c, object, -TWZ_EPERM), "P31 a known ID of a data object gives nothing");
    check(all_refused(&c, other.context, -TWZ_EPERM), "P31 nor that of a context");
    check(all_refused(&c, boot.context, -TWZ_EPERM), "P31 P89 nor that of the monitor's context");
    check(all_refused(&c, boot.thread, -TWZ_EPERM), "P31 P48 nor that of the running thread");
    check(all_refused(&c, boot.view, -TWZ_EPERM), "P31 nor that of the view");
    check(all_refused(&c, TWZ_ID_SYSTEM, -TWZ_EPERM),
          "P31 nor the one that stands for the machine");
    check(try(&c, address, TWZ_READ) == TWZ_RULE_NO_CAPABILITY &&
              try(&c, address, TWZ_WRITE) == TWZ_RULE_NO_CAPABILITY,
          "P31 nor the address at which it is mapped");
    bool all = true;
    for (unsigned bit = 0; bit < 128; bit++) {
        struct twz_id near = object;
        if (bit < 64)
            near.lo ^= 1ull << bit;
        else
            near.hi ^= 1ull << (bit - 64);
        all = all && all_refused(&c, near, -TWZ_ENOENT);
    }
    check(all, "P31 an ID with any one bit wrong names nothing");
    all = true;
    for (unsigned i = 0; i < 500; i++) {
        struct twz_id guess = {random_number(), random_number()};
        all = all && all_refused(&c, guess, -TWZ_ENOENT);
    }
    check(all, "P31 guessed IDs name nothing");
}

/* The offsets where gates may enter an object in a context: they narrow, and never widen. */
static int64_t limit(const struct compartment *c, uint64_t offset, uint64_t length)
{
    return twz_syscall6(TWZ_SYS_CONTEXT_GATE_RANGE, c->context.hi, c->context.lo, text_object.hi,
                        text_object.lo, offset, length);
}

static int64_t try_publish(const struct compartment *c, void (*entry)(void))
{
    struct twz_gate_spec spec = gate_spec(c, entry);
    return twz_syscall1(TWZ_SYS_GATE_PUBLISH, (uint64_t)&spec);
}

void test_gate_range(void)
{
    struct compartment a = caller_create(), b = caller_create();
    uint64_t base = boot.text_slot * TWZ_SLOT_SIZE;
    uint64_t sum = (uint64_t)g_sum - base, back = (uint64_t)g_return - base;
    struct twz_gate_spec spec = gate_spec(&b, g_return);
    int64_t gate = publish_for(&a, &spec);
    check(call(&a, f_gate_status, (uint64_t)stub(gate)) == 0, "a gate before it is limited");
    check(limit(&b, sum, 16) == 0, "gates may enter at g_sum alone");
    check(call(&a, f_gate_status, (uint64_t)stub(gate)) == -TWZ_EDEAD,
          "P44 a gate outside the range of its capability is dead");
    check(try_publish(&b, g_return) == -TWZ_EPERM, "P44 none can be published there");
    gate = try_publish(&b, g_sum);
    check(gate >= 0, "one inside the range can");
    check(limit(&b, 0, TWZ_SLOT_SIZE) == 0 && try_publish(&b, g_return) == -TWZ_EPERM,
          "P44 the range never widens");
    struct twz_rights_info info = rights_of(&b, text_object);
    check(info.gate_offset == sum && info.gate_length == 16, "CONTEXT_RIGHTS tells the range");
    struct compartment heir = caller_create();
    revoke(&heir, text_object);
    grant(&b, heir.context, TWZ_WRITE);
    check(by(&b, TWZ_SYS_CONTEXT_GRANT, heir.context.hi, heir.context.lo, text_object.hi,
             text_object.lo, RX, 0) == 0,
          "the object is passed on");
    check(try_publish(&heir, g_return) == -TWZ_EPERM && try_publish(&heir, g_sum) >= 0,
          "P44 with the same range");
    check(limit(&b, back, 16) == 0 && try_publish(&b, g_sum) == -TWZ_EPERM &&
              try_publish(&b, g_return) == -TWZ_EPERM,
          "two ranges that have nothing in common leave nothing");
    check(limit(&a, 1, TWZ_SLOT_SIZE) == -TWZ_EINVAL && limit(&a, UINT64_MAX, 2) == -TWZ_EINVAL &&
              limit(&a, 0, UINT64_MAX) == -TWZ_EINVAL,
          "ranges beyond an object are refused");
    check(twz_syscall6(TWZ_SYS_CONTEXT_GATE_RANGE, a.context.hi, a.context.lo, boot.view.hi,
                       boot.view.lo, 0, 1) == -TWZ_ENOENT,
          "and so is one of an object without a capability");
}
