/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The plain call of a gate. The callee's text is another object than this program's, with the same
 * bytes: `callee` of the image. A caller may execute this program's text, a callee that one's.
 */
#include "krights.h"

static struct compartment a, b;
static struct twz_id callee;
static uint64_t callee_slot;
static struct twz_slot_info layout; /* of both texts */

/* ---- The two texts ---- */

static uint64_t map_text(struct twz_id object)
{
    uint32_t slot = fresh_slot();
    check(twz_syscall5(TWZ_SYS_VIEW_MAP, slot, object.hi, object.lo, (uint64_t)layout.ranges,
                       layout.range_count) == 0,
          "a text is mapped");
    return slot * TWZ_SLOT_SIZE;
}

static uint64_t offset_of(const void *linked)
{
    return (uint64_t)linked - boot.text_slot * TWZ_SLOT_SIZE;
}

static uint64_t entry_of(void (*entry)(void))
{
    return callee_slot + offset_of((const void *)(uint64_t)entry);
}

static struct compartment callee_create(void)
{
    struct compartment c = caller_create();
    revoke(&c, text_object);
    grant(&c, callee, RX);
    return c;
}

/* ---- Gates and calls ---- */

static int64_t publish_at(const struct compartment *c, uint64_t entry, unsigned arguments)
{
    struct twz_gate_spec spec = gate_spec(c, g_sum);
    spec.entry = entry;
    spec.register_args = (uint8_t)arguments;
    return publish(&spec);
}

/* A gate of b that a may call. */
static int64_t gate_of_b(void (*entry)(void), unsigned arguments)
{
    int64_t gate = publish_at(&b, entry_of(entry), arguments);
    grant_gate(&a, gate);
    return gate;
}

static uint64_t calls_of(int64_t gate)
{
    struct twz_gate_info info = {.calls = UINT64_MAX};
    twz_syscall2(TWZ_SYS_GATE_INFO, (uint64_t)gate, (uint64_t)&info);
    return info.calls;
}

static int64_t go(const struct compartment *c, compartment_function *how, uint64_t target,
                  uint64_t x, uint64_t y, uint64_t z)
{
    const uint64_t values[] = {target, x, y, z, 4, 5, 6};
    for (unsigned i = 0; i < COUNT(values); i++)
        words[i] = values[i];
    return call(c, how, page);
}

static void refused(const struct compartment *c, uint64_t target, enum twz_rule rule,
                    const char *title)
{
    uint64_t before = upcalls;
    go(c, p_call, target, 1, 2, 3);
    check(upcalls == before + 1 && upcall.rule == (uint32_t)rule &&
              upcall.context.lo == c->context.lo && upcall.regs.rip == target,
          title);
}

static void test_calls(void)
{
    static const uint64_t sums[] = {0, 1, 21, 321, 4321, 54321, 654321};
    bool all = true;
    for (unsigned n = 0; n <= 6; n++) {
        uint64_t entry = entry_of(g_sum);
        int64_t gate = gate_of_b(g_sum, n);
        all = all && (uint64_t)go(&a, p_call, entry, 1, 2, 3) == sums[n] && calls_of(gate) == 1;
        sys_id(TWZ_SYS_CONTEXT_REVOKE_GATE, a.context, (uint64_t)gate, 0);
    }
    check(all, "P40 a plain call of a gate arrives with 0 to 6 arguments, those that it declares");
    gate_of_b(g_caller, 0);
    check(go(&a, p_call, entry_of(g_caller), 0, 0, 0) == (int64_t)a.context.lo,
          "P40 P124 and the callee learns its caller from the kernel");
    struct twz_gate_spec spec = gate_spec(&b, g_stack);
    spec.entry = entry_of(g_stack);
    spec.register_args = 6;
    spec.stack_args = 16;
    publish_for(&a, &spec);
    check(go(&a, p_call_stack, spec.entry, 1, 2, 3) == 21 + 700 + 8000,
          "P40 P53 stack arguments arrive");
    spec = gate_spec(&b, g_copy_in);
    spec.entry = entry_of(g_copy_in);
    spec.register_args = 3;
    spec.buffer_count = 1;
    spec.buffers[0] = (struct twz_gate_buffer){0, 1, TWZ_BUFFER_IN, {0}, 64};
    publish_for(&a, &spec);
    check(go(&a, p_call, spec.entry, page, 8, 0) ==
              (int64_t)(8 * 0 + (spec.entry & 0xff) + (spec.entry >> 8 & 0xff) +
                        (spec.entry >> 16 & 0xff) + (spec.entry >> 24 & 0xff) +
                        (spec.entry >> 32 & 0xff) + (spec.entry >> 40 & 0xff)),
          "P40 and so do buffers");
    check(go(&a, p_call_status, spec.entry, page, 65, 0) == -TWZ_ETOOBIG,
          "a buffer that is too big comes back as an error");
    spec = gate_spec(&b, g_sum_vectors);
    spec.entry = entry_of(g_sum_vectors);
    spec.vector_args = 2;
    spec.returns = 0xc;
    publish_for(&a, &spec);
    check(go(&a, p_vector, spec.entry, 0, 0, 0) == 3,
          "P40 P122 two vectors arrive and two come back, and no other");
}

/* Stub: granted. Plain call: granted and attached. */
static void test_relation(void)
{
    struct compartment c = caller_create();
    uint64_t entry = entry_of(g_plain);
    int64_t gate = publish_at(&b, entry, 0);
    detach(b.context);
    refused(&c, entry, TWZ_RULE_NOT_GRANTED, "P40 neither granted nor attached: no switch");
    check(upcall.address == (uint64_t)gate, "the upcall names the gate");
    attach(b.context, 0);
    refused(&c, entry, TWZ_RULE_NOT_GRANTED, "P40 attached, but not granted: no switch");
    grant_gate(&c, gate);
    detach(b.context);
    refused(&c, entry, TWZ_RULE_NOT_ATTACHED, "P40 granted, but not attached: no switch");
    uint64_t before = calls_of(gate);
    call(&c, f_gate_status, (uint64_t)stub(gate));
    check(calls_of(gate) == before + 1, "P40 while the stub asks for the grant alone");
    attach(b.context, 0);
    check(go(&c, p_call, entry, 0, 0, 0) == 7777, "P40 granted and attached: it switches");
    sys_id(TWZ_SYS_CONTEXT_STATUS, b.context, TWZ_CONTEXT_DEAD, 0);
    check(go(&c, p_call_status, entry, 0, 0, 0) == -TWZ_EDEAD &&
              go(&c, p_call, entry, 0, 0, 0) == -TWZ_EDEAD,
          "P130 a plain call into a dead compartment fails with an error");
    sys_id(TWZ_SYS_CONTEXT_STATUS, b.context, TWZ_CONTEXT_LIVE, 0);
    revoke(&b, callee);
    uint64_t faults = upcalls;
    check(go(&c, p_call, entry, 0, 0, 0) == -TWZ_ECALLEE && upcalls == faults + 1 &&
              upcall.context.lo == b.context.lo,
          "P41 a callee that may not execute its own gate faults there, in its own name");
    grant(&b, callee, RX);
}

/* Attached to A, B and C; only A may call C. */
static void test_three(void)
{
    struct compartment c = callee_create(), other = caller_create();
    uint64_t entry = entry_of(g_chain) + 0;
    int64_t gate = publish_at(&c, entry, 1);
    grant_gate(&a, gate);
    attach(a.context, 0);
    attach(other.context, 0);
    attach(c.context, 0);
    refused(&other, entry, TWZ_RULE_NOT_GRANTED,
            "P40 attached to A, B and C, where only A may call C: not from B");
    uint64_t before = upcalls;
    call(&other, f_call_gate, (uint64_t)stub(gate));
    check(upcalls == before + 1 && upcall.rule == TWZ_RULE_NOT_GRANTED, "P40 nor by the stub");

    /* The same entry in two contexts: the one that a may call is it. */
    struct compartment d = callee_create();
    uint64_t plain = entry_of(g_frame);
    publish_at(&c, plain, 0);
    int64_t of_d = publish_at(&d, plain, 0);
    grant_gate(&a, of_d);
    refused(&a, plain, TWZ_RULE_NOT_ATTACHED, "P40 no attached context allows it: a fault");
    attach(d.context, 0);
    uint64_t c_calls = info_of(c.context).gate_calls_in, d_calls = info_of(d.context).gate_calls_in;
    go(&a, p_call, plain, 0, 0, 0);
    check(info_of(c.context).gate_calls_in == c_calls &&
              info_of(d.context).gate_calls_in == d_calls + 1,
          "P40 of several contexts with this entry, the one is taken that allows the call");
    detach(a.context);
    detach(other.context);
    detach(d.context);
    check(detach(c.context) == 0, "all are let go");
}

/* ---- Nothing else is an entry ---- */

static bool is_execute(const struct twz_range *range)
{
    return (range->rights & TWZ_EXECUTE) != 0;
}

static void test_every_byte(void)
{
    struct compartment c = caller_create();
    uint64_t entry = entry_of(g_plain);
    int64_t gate = publish_at(&b, entry, 0);
    grant_gate(&c, gate);
    uint64_t tried = 0, entered = 0, stopped_here = 0, calls = calls_of(gate);
    for (uint32_t i = 0; i < layout.range_count; i++) {
        const struct twz_range *range = &layout.ranges[i];
        if (!is_execute(range))
            continue;
        uint64_t low = callee_slot + range->first_page * TWZ_PAGE_SIZE;
        for (uint64_t at = low; at < low + range->page_count * TWZ_PAGE_SIZE; at++) {
            uint64_t before = upcalls;
            int64_t result = go(&c, p_call, at, 0, 0, 0);
            tried++;
            if (upcalls == before + 1 && upcall.context.lo == c.context.lo &&
                upcall.regs.rip == at && result == -TWZ_ECALLEE)
                stopped_here++;
            else if (result == 7777 && at == entry)
                entered++;
        }
    }
    check(tried >= TWZ_PAGE_SIZE && entered == 1 && stopped_here == tried - entered,
          "P41 P44 of all bytes of a callee's text, the gate's is the one that can be called");
    check(calls_of(gate) == calls + 1, "P44 and it was called once");
}

static void test_no_fetch(void)
{
    uint64_t entry = entry_of(g_plain);
    int64_t gate = gate_of_b(g_plain, 0);
    uint64_t calls = calls_of(gate), into = info_of(b.context).gate_calls_in, before = upcalls;
    check(try(&a, entry, TWZ_READ) == TWZ_RULE_NO_CAPABILITY &&
              try(&a, entry, TWZ_WRITE) == TWZ_RULE_NO_CAPABILITY && upcalls == before + 2,
          "P41 reading or writing a gate's entry is a fault and no call");
    check(calls_of(gate) == calls && info_of(b.context).gate_calls_in == into,
          "P41 data faults never switch");

    /* A gate on the page where an instruction of the caller ends: both contexts have the same text,
     * and the second page is closed after the gate was published. */
    struct compartment c = caller_create(), d = caller_create();
    uint64_t slot = map_text(text_object);
    uint64_t page_entry = slot + offset_of(straddled_page);
    int64_t straddled = publish_at(&d, page_entry, 0);
    grant_gate(&c, straddled);
    attach(d.context, 0);
    check(twz_syscall4(TWZ_SYS_VIEW_NARROW, slot_of(slot),
                       page_entry % TWZ_SLOT_SIZE / TWZ_PAGE_SIZE, 1, 0) == 0,
          "the page of the gate is closed");
    uint64_t first = slot + offset_of((const void *)(uint64_t)p_straddle);
    check(first + 2 == page_entry && page_entry % TWZ_PAGE_SIZE == 0, "an instruction straddles");
    before = upcalls;
    into = info_of(d.context).gate_calls_in;
    go(&c, p_call, first, 0, 0, 0);
    check(upcalls == before + 1 && upcall.regs.rip == first && upcall.address == page_entry &&
              upcall.context.lo == c.context.lo && upcall.rule == TWZ_RULE_NO_PAGE,
          "P41 an instruction that reaches into a gate's page is a fault of its own context");
    check(info_of(d.context).gate_calls_in == into, "P41 and does not enter the gate");
    detach(d.context);
}

/* ---- State ---- */

static struct compartment late;
static void bind_late(void)
{
    on_upcall = NULL;
    compartment_bind(&late, boot.thread);
    answer = TWZ_UPCALL_RESUME;
}

static void test_state(void)
{
    gate_of_b(g_registers, 0);
    gate_of_b(g_poison, 0);
    check(call(&a, f_poisoned_call, entry_of(g_registers)) == 0,
          "P40 P122 a callee finds nothing of its caller in any register");
    check(call(&a, f_after_call, entry_of(g_poison)) == 0,
          "P40 P122 nor a caller of its callee, and what it must keep is kept");

    late = callee_create();
    sys_id(TWZ_SYS_OBJECT_DELETE, late.context, 0, 0);
    twz_syscall1(TWZ_SYS_CONTEXT_CREATE, (uint64_t)&late.context);
    grant(&late, late.stack, RW);
    grant(&late, callee, RX);
    grant_gate(&a, publish_at(&late, entry_of(g_misplaced) + 16, 0));
    (void)publish_at(&late, entry_of(g_raise), 0);
    int64_t gate = publish_at(&late, entry_of(g_return), 1);
    grant_gate(&a, gate);
    attach(late.context, 0);
    on_upcall = bind_late;
    uint64_t before = upcalls;
    check(go(&a, p_call, entry_of(g_return), 77, 0, 0) == 77 && upcalls == before + 1 &&
              upcall.rule == TWZ_RULE_NO_BINDING && upcall.target.lo == late.context.lo,
          "P40 a callee without a stack gets one, and the call is made again");
    detach(late.context);
}

static void test_touch(void)
{
    struct twz_gate_spec spec = gate_spec(&b, g_peek);
    spec.entry = entry_of(g_peek);
    spec.register_args = 3;
    spec.isolation = TWZ_ISOLATE_CALLEE;
    spec.frame = 256;
    publish_for(&a, &spec);
    on_upcall = show_frames;
    words[0] = spec.entry;
    words[1] = PEEK_TWICE;
    words[2] = 0;
    check(
        call(&a, f_lend, page) == 20 && first_touches == 1,
        "P56 P59 a callee that was called by its address traps at the first touch of its caller's "
        "stack, and not at the next");
    words[1] = PEEK_WRITE;
    words[2] = 99;
    check(call(&a, f_lend, page) == 99, "it writes to a copy");
    words[1] = PEEK_SUM;
    check(call(&a, f_lend, page) == 10 && first_touches == 3,
          "P53 P59 of which its caller sees nothing");
    on_upcall = NULL;
}

static void test_mutual(void)
{
    /* The callee's gate is in its text, the caller's in this one: each faults in the other. */
    uint64_t there = entry_of(g_mutual), here = (uint64_t)g_mutual;
    grant_gate(&a, publish_at(&b, there, 3));
    grant_gate(&b, publish_at(&a, here, 3));
    attach(a.context, 0);
    check(go(&a, p_call, there, 20, there, here) == 20, "P40 P126 plain calls nest and call back");
    check(go(&a, p_call, there, 1000, there, here) == -TWZ_EDEPTH,
          "P126 to the limit, where the deepest gets an error");
    check(go(&a, p_call, there, 4, there, here) == 4, "and the thread goes on");
    detach(a.context);
}

static void prepare(void)
{
    a = caller_create();
    callee = image_object("callee");
    twz_syscall2(TWZ_SYS_VIEW_INFO, boot.text_slot, (uint64_t)&layout);
    callee_slot = map_text(callee);
    b = callee_create();
    attach(b.context, 0);
}

void test_plain(void)
{
    prepare();
    test_calls();
    test_relation();
    test_three();
    test_no_fetch();
    test_state();
    test_touch();
    test_mutual();
}

void test_plain_bytes(void)
{
    prepare();
    test_every_byte();
}

/* ---- The way back ---- */

static void test_return_addresses(void)
{
    uint64_t entry = entry_of(g_plain);
    int64_t gate = gate_of_b(g_plain, 0);
    const uint64_t pushed[] = {
        entry_of(g_sum), /* a gate's page in the callee */
        entry,           /* the gate itself */
        callee_slot + offset_of((const void *)(uint64_t)f_identity), /* any code of the callee */
        stubs + TWZ_STUB_RETURN, /* code that both may execute */
        stubs + TWZ_OBJECT_BASE,
        b.stack_high - 64,
        a.stack_high - 64, /* the caller's, but no code */
        page,
        0,
        0x1000,
        0x7fffffffffff,
        0x800000000000,
        0xffffffff80100000,
        UINT64_MAX,
    };
    uint64_t calls = calls_of(gate);
    bool all = true;
    for (unsigned i = 0; i < COUNT(pushed); i++) {
        words[7] = pushed[i];
        uint64_t before = upcalls;
        go(&a, p_jump, entry, 0, 0, 0);
        all = all && upcalls == before + 1 && upcall.rule == TWZ_RULE_BAD_RETURN &&
              upcall.address == pushed[i] && upcall.context.lo == a.context.lo;
    }
    check(all, "P54 a pushed return address that is the callee's, both's or no code is refused");
    check(calls_of(gate) == calls, "P54 before the callee has run");
    words[7] = (uint64_t)f_identity;
    check(go(&a, p_jump, entry, 0, 0, 0) == 0 && calls_of(gate) == calls + 1,
          "P54 one that is the caller's is as good as a call's");
    check(go(&a, p_tail, entry, 0, 0, 0) == 7777, "P54 a tail call returns to its caller's caller");
}

static void test_returns(void)
{
    gate_of_b(g_ret, 0);
    check(go(&a, p_call_status, entry_of(g_ret), 0, 0, 0) == 0,
          "P55 a gate that is nothing but `ret` returns to its caller");
    struct twz_gate_spec spec = gate_spec(&b, g_ret);
    spec.entry = entry_of(g_ret);
    spec.register_args = 6;
    spec.stack_args = 16;
    publish_for(&a, &spec);
    check(go(&a, p_call_stack, spec.entry, 1, 2, 3) == 0,
          "P55 with stack arguments as well, of which none is a return address");
    check(go(&a, p_call, entry_of(g_plain), 0, 0, 0) == 7777,
          "P40 a function returns by the fault on its return address");
    uint64_t frame;
    gate_of_b(g_frame, 0);
    frame = (uint64_t)go(&a, p_call, entry_of(g_frame), 0, 0, 0);
    uint64_t caller = (uint64_t)p_call;
    check(frame > caller && frame < caller + 64,
          "P57 its stack is aligned and begins with a frame that returns to the call");
    gate_of_b(g_return, 1);
    check(go(&a, p_call, entry_of(g_return), 78, 0, 0) == 78, "P55 GATE_RETURN returns as well");

    gate_of_b(g_misplaced, 0);
    uint64_t before = upcalls;
    check(go(&a, p_call, entry_of(g_misplaced), 0, 0, 0) == -TWZ_ECALLEE && upcalls == before + 1 &&
              upcall.context.lo == b.context.lo,
          "P54 the return address with another stack pointer is no return");
    gate_of_b(g_depart, 1);
    const uint64_t elsewhere[] = {(uint64_t)f_identity, (uint64_t)p_call, a.stack_low, page,
                                  0x1000};
    bool all = true;
    for (unsigned i = 0; i < COUNT(elsewhere); i++) {
        before = upcalls;
        all = all && go(&a, p_call, entry_of(g_depart), elsewhere[i], 0, 0) == -TWZ_ECALLEE &&
              upcalls == before + 1 && upcall.context.lo == b.context.lo;
    }
    check(all, "P41 P54 nor is any other address of the caller");

    /* A callee that calls a gate of its caller back, by a plain call as well. */
    gate_of_b(g_chain, 1);
    grant_gate(&b, publish_at(&a, (uint64_t)g_plain, 0));
    attach(a.context, 0);
    check(go(&a, p_call, entry_of(g_chain), (uint64_t)g_plain, 0, 0) == 7778,
          "P126 a callback returns to the callee, and that to its caller");
    detach(a.context);
}

static void test_stack_pointer(void)
{
    struct twz_id victim = object_create();
    uint64_t address = map(victim, 1, 1, RW) + TWZ_OBJECT_BASE;
    grant(&b, victim, RW);
    struct twz_id own = object_create();
    uint64_t data = map(own, 1, 1, RW) + TWZ_OBJECT_BASE;
    grant(&a, own, RW);
    for (unsigned i = 0; i < TWZ_PAGE_SIZE; i += 8)
        *(volatile uint64_t *)(data + i) = (uint64_t)f_identity;
    uint64_t entry = entry_of(g_plain);
    int64_t gate = gate_of_b(g_plain, 0);
    uint64_t calls = calls_of(gate);
    const uint64_t stacks[] = {address + 2048,
                               data + 2048,
                               data + 2045,
                               b.stack_high - 256,
                               a.stack_high,
                               a.stack_low - 8,
                               a.stack_high - 4,
                               a.locator + 64,
                               0,
                               page,
                               0x800000000000,
                               0x7fffffffffff,
                               0xffff800000001000,
                               UINT64_MAX - 7};
    bool all = true;
    for (unsigned i = 0; i < COUNT(stacks); i++) {
        words[8] = stacks[i];
        uint64_t before = upcalls;
        go(&a, p_pivot, entry, 0, 0, 0);
        all = all && upcalls == before + 1 && upcall.rule == TWZ_RULE_BAD_STACK &&
              upcall.context.lo == a.context.lo;
    }
    check(all, "P46 P51 a plain call from a stack that is not the caller's is refused");
    check(*(volatile uint64_t *)(address + 2040) == 0 && calls_of(gate) == calls,
          "P51 nothing is written there, and nothing called");
}

void test_plain_return(void)
{
    test_return_addresses();
    test_returns();
    test_stack_pointer();
}

/* ---- Targets that nobody thought of ---- */

static uint64_t random_target(void)
{
    uint64_t r = random_number();
    switch (r % 8) {
    case 0: /* anywhere but where the caller has code */
        return random_number() | 1ull << 63;
    case 1:
        return random_number() >> 16 | 0x600000000000;
    case 2:
        return b.stack_low + random_number() % (b.stack_high - b.stack_low);
    case 3: /* close to a gate */
        return entry_of(g_plain) + random_number() % 64 - 32;
    default:
        return callee_slot + random_number() % TWZ_SLOT_SIZE % (64 * TWZ_PAGE_SIZE);
    }
}

void test_plain_fuzz(void)
{
    struct compartment c = caller_create();
    struct twz_id secret = object_create();
    uint64_t address = map(secret, 1, 1, RW) + TWZ_OBJECT_BASE;
    grant(&b, secret, RW);
    uint64_t entry = entry_of(g_plain);
    int64_t gate = publish_at(&b, entry, 0);
    grant_gate(&c, gate);
    uint64_t into = info_of(b.context).gate_calls_in, hits = 0, wrong = 0;
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t target = random_target(), before = upcalls;
        int64_t result = go(&c, i % 2 == 0 ? p_call : p_tail, target, address, address, address);
        if (target == entry && result == 7777 && upcalls == before)
            hits++;
        else if (upcalls != before + 1 || result != -TWZ_ECALLEE ||
                 upcall.context.lo != c.context.lo)
            wrong++;
    }
    check(wrong == 0 && hits > 0, "P45 20000 random targets: each is the gate, or refused");
    check(calls_of(gate) == hits && info_of(b.context).gate_calls_in == into + hits,
          "P45 the callee was entered as often as the gate was hit");
    check(*(volatile uint64_t *)address == 0, "P45 and what it guards is as it was");
}
