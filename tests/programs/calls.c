/* SPDX-License-Identifier: BSD-2-Clause */
/* Gate calls that do not go well, as a program sees them: deadlines, dead compartments, restarts.
 */
#include "calls.h"
#include "steady.h"

#include <stdbool.h>
#include <twz/rt/core.h>
#include <twz/rt/io.h>
#include <twz/rt/time.h>

CALLS_BAD(steady)
CALLS_BAD(mortal)
CALLS_BAD(slow)
CALLS_BAD(patient)

#define TWZ_GATE_PROVIDER
#include "calls-main.h"

#define MS 1000000ull

static int results;

static void check(bool good, const char *title)
{
    twz_rt_print("%s %d - %s\n", good ? "ok" : "not ok", ++results, title);
}

static bool fails(int64_t (*gate)(void), int64_t error)
{
    int64_t result = gate();
    return result == error && twz_rt_gate_status() == error;
}

static void test_failures(void)
{
    check(steady_count() == 101, "a gate that does its work");
    check(fails(steady_abort, -TWZ_EEXITED), "P130 a callee that aborts is an error in its caller");
    check(fails(steady_exit, -TWZ_EEXITED), "P130 one that exits is as well");
    check(fails(steady_crash, -TWZ_ECALLEE), "P130 one that crashes is as well");
    check(fails(steady_end_thread, -TWZ_EEXITED), "P130 one that ends its thread is as well");
    check(steady_count() == 103, "and its compartment goes on, as its policy says");
}

/* The clock goes on while a busy host does something else, so the upper bound is no sharp one. */
static bool times_out(int64_t (*gate)(void), uint64_t least)
{
    uint64_t start = twz_rt_clock();
    bool failed = fails(gate, -TWZ_ETIMEDOUT);
    uint64_t took = twz_rt_clock() - start;
    return failed && took >= least && took < 10 * least + 100 * MS;
}

static void test_deadlines(void)
{
    twz_rt_gate_deadline(25 * MS);
    check(times_out(steady_loop, 25 * MS), "P130 an endless loop ends at the deadline of its call");
    check(steady_count() == 105, "in a compartment that goes on");
    check(times_out(patient_loop, 40 * MS), "P130 at that of the policy's import");
    check(slow_count() == 101, "a call that is faster than its compartment's deadline");
    check(times_out(slow_loop, 30 * MS), "P130 at that of its compartment");
    check(fails(slow_count, -TWZ_EDEAD), "P130 which is dead from then on");
}

static void test_restart(void)
{
    check(mortal_count() == 101 && mortal_count() == 103 && mortal_allocated() == 1 &&
              mortal_allocated() == 2 && mortal_tls() == 7 && mortal_tls() == 8 &&
              mortal_constructed() == 1,
          "a compartment with a past");
    check(fails(mortal_crash, -TWZ_ECALLEE), "that crashes");
    check(mortal_count() == 101, "P130 starts again before the next call, with its data fresh");
    check(mortal_allocated() == 1, "P130 its heap empty");
    check(mortal_tls() == 7, "P130 thread-local data as well");
    check(mortal_constructed() == 1, "and its constructors called");
    check(fails(mortal_abort, -TWZ_EEXITED) && mortal_count() == 101, "after an abort as well");
    twz_rt_gate_deadline(20 * MS);
    check(times_out(mortal_loop, 20 * MS) && mortal_count() == 101, "and after an endless loop");
    bool all = true;
    for (int i = 0; i < 30; i++)
        all = all && fails(mortal_crash, -TWZ_ECALLEE) && mortal_count() == 101;
    check(all, "thirty times");
}

static void test_stack_arguments(void)
{
    check(steady_seven(-1, 2, -3, 4, 5, -6, -7) == -1 + 4 - 9 + 16 + 25 - 36 - 49,
          "P53 the seventh argument arrives, with its sign");
    check(steady_twelve(1, 2.5, 3, 4, 5, 6, 7, -8, 0.25f, 10, -11, 12) ==
              1 + 6 + 12 + 20 + 30 + 42 - 56 + 80 - 99 + 120 + 250 + 250,
          "P53 twelve arguments, in registers of both kinds and on the stack");
    char to[5] = "....", both[5] = "both";
    check(steady_buffers("from", 4, to, 4, both, 4, 5, -7) == -2 && to[0] == 'b' && to[3] == 'h' &&
              both[0] == 'f' && both[3] == 'm',
          "P53 three buffers in registers, scalars behind them on the stack");
}

int64_t calls_double_impl(int64_t value)
{
    return 2 * value;
}

int64_t calls_deeper_impl(int64_t value)
{
    return value <= 0 ? value : 1 + steady_apply(calls_deeper, value - 1, 1);
}

int64_t calls_crash_impl(int64_t value)
{
    twz_rt_abort(value == 1 ? "in a callback" : "elsewhere");
}

static int64_t no_gate(int64_t value)
{
    return value;
}

static void test_callbacks(void)
{
    check(steady_apply(calls_double, 3, 4) == 48, "P126 a callee calls back a gate of its caller");
    check(steady_apply(NULL, 3, 4) == 3, "no callback at all");
    check(steady_apply(calls_deeper, 20, 1) == 20, "P126 mutual recursion through callbacks");
    int64_t deepest = steady_apply(calls_deeper, 1000, 1);
    check(deepest < 0 || deepest < 1000, "P126 which ends at the limit of depth");
    check(steady_apply(calls_double, 3, 1) == 6, "P126 and afterwards all is well");
    check(steady_apply(no_gate, 3, 1) == -TWZ_EINVAL && twz_rt_gate_status() == -TWZ_EINVAL,
          "P126 a function that is no gate is refused");
    check(steady_apply((step_function *)(uintptr_t)mortal_count, 3, 1) == -TWZ_EINVAL,
          "P126 a gate that is another's as well");
    check(steady_apply((step_function *)((uintptr_t)calls_double + 1), 3, 1) == -TWZ_EINVAL,
          "P126 and the second byte of a gate");
    bool ended = true;
    for (int i = 0; i < 20; i++) {
        twz_rt_gate_deadline(10 * MS);
        ended = ended && steady_loop_in(calls_double) == -TWZ_ETIMEDOUT;
    }
    check(ended, "P130 a callee that calls back for ever ends at the deadline");
    check(steady_apply(calls_double, 3, 1) == 6, "and nobody else does");
}

int main(void)
{
    test_stack_arguments();
    test_callbacks();
    test_failures();
    test_deadlines();
    test_restart();
    twz_rt_print("1..%d\n", results);
    return 0;
}
