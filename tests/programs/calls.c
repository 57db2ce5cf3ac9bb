/* SPDX-License-Identifier: BSD-2-Clause */
/* Gate calls that do not go well, as a program sees them: deadlines, dead compartments, restarts.
 */
#include "calls.h"

#include <stdbool.h>
#include <twz/rt/core.h>
#include <twz/rt/io.h>
#include <twz/rt/time.h>

CALLS_BAD(steady)
CALLS_BAD(mortal)
CALLS_BAD(slow)
CALLS_BAD(patient)

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

static bool times_out(int64_t (*gate)(void), uint64_t least)
{
    uint64_t start = twz_rt_clock();
    bool failed = fails(gate, -TWZ_ETIMEDOUT);
    uint64_t took = twz_rt_clock() - start;
    return failed && took >= least && took < least + 100 * MS;
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
    for (int i = 0; i < 200; i++)
        all = all && fails(mortal_crash, -TWZ_ECALLEE) && mortal_count() == 101;
    check(all, "two hundred times");
}

int main(void)
{
    test_failures();
    test_deadlines();
    test_restart();
    twz_rt_print("1..%d\n", results);
    return 0;
}
