/* SPDX-License-Identifier: BSD-2-Clause */
/* Deadlines of gate calls: whatever the callee does, its caller goes on. */
#include "functions.h"

#define MS 1000000ull

static struct compartment a, b, c;
static uint64_t page;
static uint64_t *words;

static void time_out(void)
{
    answer = TWZ_UPCALL_UNWIND;
    answer_value = TWZ_ETIMEDOUT;
}

static int64_t gate_of(const struct compartment *callee, void (*entry)(void), uint64_t deadline)
{
    struct twz_gate_spec spec = gate_spec(callee, entry);
    spec.register_args = 2;
    spec.deadline = deadline;
    return publish_for(&a, &spec);
}

/* From a: with this deadline of the call itself. */
static int64_t call_gate(int64_t gate, uint64_t x, uint64_t y, uint64_t deadline)
{
    words[0] = (uint64_t)stub(gate);
    words[1] = x;
    words[2] = y;
    words[3] = deadline;
    return call(&a, f_deadline_call, page);
}

static uint64_t clock(void)
{
    return (uint64_t)twz_syscall0(TWZ_SYS_CLOCK);
}

static void ends(int64_t gate, uint64_t x, uint64_t y, uint64_t deadline, uint64_t most,
                 const char *name)
{
    uint64_t before = upcalls, start = clock();
    int64_t result = call_gate(gate, x, y, deadline);
    uint64_t took = clock() - start;
    check(result == -TWZ_ETIMEDOUT && upcalls == before + 1 && upcall.rule == TWZ_RULE_DEADLINE &&
              upcall.context.lo == b.context.lo && took >= most && took <= most + 60 * MS,
          name);
}

static void test_sources(void)
{
    int64_t free_gate = gate_of(&b, g_busy, 0);
    int64_t loop = gate_of(&b, g_loop, 0);
    ends(gate_of(&b, g_loop, 20 * MS), 0, 0, 0, 20 * MS,
         "P130 an endless loop ends at the deadline of its gate");
    ends(loop, 0, 0, 25 * MS, 25 * MS, "P130 an endless loop ends at the deadline of the call");
    equal((uint64_t)call_gate(free_gate, 30 * MS, 0, 0), 0,
          "a deadline of a call holds for that call alone");
    sys_id(TWZ_SYS_CONTEXT_GRANT_GATE, a.context, (uint64_t)loop, 15 * MS);
    ends(loop, 0, 0, 0, 15 * MS, "an endless loop ends at the deadline of the grant");
    ends(loop, 0, 0, 1000 * MS, 15 * MS, "the earliest deadline holds");
    equal((uint64_t)call_gate(free_gate, 1 * MS, 0, 500 * MS), 0, "a call that ends in time");
    equal((uint64_t)call_gate(free_gate, 20 * MS, 0, UINT64_MAX), 0,
          "a deadline beyond the end of time is none");
    equal((uint64_t)call(&a, f_gate_status, (uint64_t)stub(free_gate)), 0, "and the status is 0");
}

static void test_ways(void)
{
    ends(gate_of(&b, g_sleep, 20 * MS), page, 0, 0, 20 * MS,
         "P130 a callee that sleeps for ever is ended");
    ends(gate_of(&b, g_calls, 20 * MS), 0, 0, 0, 20 * MS,
         "P130 a callee that only makes system calls is ended");
    struct twz_id shared = object_create();
    uint64_t own = map(shared, 1, 1, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    equal((uint64_t)call_gate(gate_of(&b, g_exit, 0), own, 0, 20 * MS), (uint64_t)-TWZ_EEXITED,
          "a callee that exits is no case for it");
}

/* a calls b with a deadline, b calls c, which never returns. */
static struct twz_id ended[4], late[4];
static uint64_t ended_count;
static void note(void)
{
    if (ended_count < COUNT(ended)) {
        late[ended_count] = upcall.target;
        ended[ended_count++] = upcall.context;
    }
    time_out();
}

static void test_nested(void)
{
    int64_t inner = gate_of(&c, g_loop, 0);
    grant_gate(&b, inner);
    int64_t outer = gate_of(&b, g_through, 20 * MS);
    ended_count = 0;
    on_upcall = note;
    equal((uint64_t)call_gate(outer, (uint64_t)stub(inner), 0, 0), (uint64_t)-TWZ_ETIMEDOUT,
          "P130 nested calls end with the one that has the deadline");
    check(ended_count == 2 && ended[0].lo == c.context.lo && ended[1].lo == b.context.lo,
          "the monitor hears of each, the last first");
    check(late[0].lo == b.context.lo && late[1].lo == b.context.lo,
          "P130 and who is late: not the one that happened to be active");
    outer = gate_of(&b, g_through, 2000 * MS);
    inner = gate_of(&c, g_loop, 10 * MS);
    grant_gate(&b, inner);
    ended_count = 0;
    equal((uint64_t)call_gate(outer, (uint64_t)stub(inner), 0, 0), (uint64_t)-TWZ_ETIMEDOUT,
          "an earlier deadline of the inner call");
    check(ended_count == 1 && ended[0].lo == c.context.lo, "ends the inner call alone");
    check(late[0].lo == c.context.lo, "P130 which is the one that is late");
    on_upcall = time_out;
    equal((uint64_t)call_gate(gate_of(&b, g_busy, 0), MS, 0, 0), 0, "and the thread goes on");
}

/* What c may take by its own gate's deadline b cannot take from it, by calling it when its own time
 * is nearly up. */
static void test_shield(void)
{
    int64_t inner = gate_of(&c, g_busy, 1000 * MS);
    grant_gate(&b, inner);
    int64_t outer = gate_of(&b, g_twice, 20 * MS);
    uint64_t start = clock();
    ended_count = 0;
    on_upcall = note;
    int64_t result = call_gate(outer, (uint64_t)stub(inner), 400 * MS, 0);
    check(result == -TWZ_ETIMEDOUT && ended_count == 1 && ended[0].lo == b.context.lo &&
              late[0].lo == b.context.lo && clock() - start >= 400 * MS,
          "P130 a callee within its own deadline finishes, whoever is late further down");
    inner = gate_of(&c, g_loop, 300 * MS);
    grant_gate(&b, inner);
    ended_count = 0;
    start = clock();
    result = call_gate(outer, (uint64_t)stub(inner), 0, 0);
    check(result == -TWZ_ETIMEDOUT && ended_count == 2 && late[0].lo == c.context.lo &&
              late[1].lo == b.context.lo && clock() - start < 400 * MS,
          "P130 and is ended, as late itself, when that has passed");
}

/* A function that the monitor calls can have a deadline as well. */
static void test_called(void)
{
    uint64_t start = clock();
    on_upcall = time_out;
    twz_syscall1(TWZ_SYS_GATE_DEADLINE, 20 * MS);
    int64_t result = call(&c, f_loop_forever, 0);
    check(result == -TWZ_ETIMEDOUT && clock() - start < 100 * MS,
          "P130 CONTEXT_CALL of an endless loop ends at its deadline");
    equal((uint64_t)call(&c, f_identity, 5), 5, "which holds for that call alone");
}

/* What the monitor does for the callee is not cut short. */
static void test_monitor_finishes(void)
{
    struct compartment self = {.context = boot.context};
    struct twz_gate_spec spec = gate_spec(&self, g_busy);
    spec.register_args = 2;
    int64_t own = publish_for(&b, &spec);
    words[4] = 0;
    uint64_t before = upcalls;
    int64_t result = call_gate(gate_of(&b, g_twice, 10 * MS), (uint64_t)stub(own), 40 * MS, 0);
    check(result == -TWZ_ETIMEDOUT && upcalls == before + 1 && upcall.context.lo == b.context.lo,
          "a gate of the monitor finishes before its caller is ended");
}

void test_deadlines(void)
{
    a = compartment_create();
    b = compartment_create();
    c = compartment_create();
    struct twz_id shared = object_create();
    page = map(shared, 1, 1, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    words = (uint64_t *)page;
    words[0] = 0;
    grant(&a, shared, TWZ_READ);
    grant(&b, shared, TWZ_READ);
    on_upcall = time_out;
    test_sources();
    test_ways();
    test_nested();
    test_shield();
    test_called();
    test_monitor_finishes();
    on_upcall = NULL;
}
