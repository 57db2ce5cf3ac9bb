/* SPDX-License-Identifier: BSD-2-Clause */
/* What a callee sees of its caller's stack, at each level. */
#include "functions.h"

#define SECRET 0x5ec2e75ec2e75ec2

static struct compartment a, b;
static uint64_t page;
static uint64_t *words;

static int64_t gate_at(enum twz_isolation level, uint32_t frame)
{
    struct twz_gate_spec spec = gate_spec(&b, g_peek);
    spec.register_args = 3;
    spec.isolation = (uint8_t)level;
    spec.frame = frame;
    return publish_for(&a, &spec);
}

/* a passes the address of its own local variable: page says stub, what to do, a value. */
static int64_t lend(int64_t gate, enum peek what, uint64_t value)
{
    words[0] = (uint64_t)stub(gate);
    words[1] = what;
    words[2] = value;
    words[3] = SECRET;
    first_touches = 0;
    return call(&a, f_lend, page);
}

static void test_callee(void)
{
    int64_t gate = gate_at(TWZ_ISOLATE_CALLEE, 256);
    equal((uint64_t)lend(gate, PEEK_SUM, 0), 10,
          "P59 callee: the callee reads a local variable of its caller at its own address");
    equal(first_touches, 1, "P56 its first touch traps to the monitor");
    equal((uint64_t)lend(gate, PEEK_TWICE, 0), 20, "read again");
    equal(first_touches, 1, "P56 the next touch does not trap");
    equal((uint64_t)lend(gate, PEEK_WRITE, 99), 99, "P59 callee: it may write there");
    equal(words[0], (uint64_t)stub(gate), "the test's page is as it was");
    equal((uint64_t)lend(gate, PEEK_SUM, 0), 10,
          "P59 P53 what it wrote is its own: the caller's variable is as it was, and the next call "
          "sees that");
    equal((uint64_t)lend(gate, PEEK_SCAN, SECRET), 0, "P57 P59 callee: older frames do not show");
    equal((uint64_t)lend(gate, PEEK_BELOW, 0), (uint64_t)-TWZ_ECALLEE,
          "nor does the page below the stack pointer");
    equal((uint64_t)lend(gate, PEEK_JUMP, 0), (uint64_t)-TWZ_ECALLEE, "nor can it be executed");
    equal((uint64_t)lend(gate_at(TWZ_ISOLATE_CALLEE, 0), PEEK_SUM, 0), (uint64_t)-TWZ_ECALLEE,
          "a gate that declares nothing is shown nothing");
}

static void test_nesting(void)
{
    /* b calls back into a, which lends b another variable, on the same page. */
    int64_t gate = gate_at(TWZ_ISOLATE_CALLEE, 256);
    struct twz_gate_spec spec = gate_spec(&a, g_relend);
    spec.register_args = 1;
    int64_t back = publish_for(&b, &spec);
    words[4] = (uint64_t)stub(gate);
    words[5] = PEEK_SUM;
    words[6] = 0;
    words[7] = SECRET;
    equal((uint64_t)lend(gate, PEEK_NEST, (uint64_t)stub(back)), 50 + 10,
          "P59 callee: an inner call sees its own caller, and the outer one's writes come back");
    equal(first_touches, 2, "P56 each call has a first touch of its own");
    uint64_t frames[2];
    struct twz_system_info info;
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned k = 0; k < 50; k++)
            lend(gate, PEEK_WRITE, 1);
        twz_syscall1(TWZ_SYS_SYSTEM_INFO, (uint64_t)&info);
        frames[i] = info.frames_free;
    }
    equal(frames[0], frames[1], "P59 what was shown is given back when the callee returns");
}

static void test_others(void)
{
    int64_t caller = gate_at(TWZ_ISOLATE_CALLER, 256), both = gate_at(TWZ_ISOLATE_BOTH, 256);
    check(lend(caller, PEEK_SUM, 0) == -TWZ_ECALLEE && upcall.rule == TWZ_RULE_NO_CAPABILITY,
          "P59 caller: the callee sees nothing of the caller's stack");
    check(lend(both, PEEK_SUM, 0) == -TWZ_ECALLEE && upcall.rule == TWZ_RULE_NO_CAPABILITY,
          "P59 both: the callee sees nothing of the caller's stack");
    check(lend(caller, PEEK_WRITE, 0) == -TWZ_ECALLEE && lend(both, PEEK_WRITE, 0) == -TWZ_ECALLEE,
          "P59 and cannot write there");
    check(sys_id(TWZ_SYS_GATE_OVERLAY, a.stack, 0, 0) == -TWZ_EINVAL,
          "an overlay is given inside an upcall only");
}

void test_levels(void)
{
    a = compartment_create();
    b = compartment_create();
    struct twz_id shared = object_create();
    page = map(shared, 1, 1, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    words = (uint64_t *)page;
    words[0] = 0;
    grant(&a, shared, TWZ_READ);
    on_upcall = show_frames;
    test_callee();
    test_nesting();
    test_others();
    on_upcall = NULL;
}
