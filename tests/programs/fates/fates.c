/* SPDX-License-Identifier: BSD-2-Clause */
/* What becomes of compartments whose calls are cut short: who answers for it, and who goes on. */
#define FATES_PARENT
#define FATES_HOARDER
#define FATES_PHOENIX
#define FATES_RELAY
#define FATES_WORKER
#include "gates.h"
#undef FATES_PARENT
#undef FATES_HOARDER
#undef FATES_PHOENIX
#undef FATES_RELAY
#undef FATES_WORKER

#define TWZ_GATE_PROVIDER
#define FATES_MAIN
#include "gates.h"

#include <stdbool.h>
#include <twz/rt/core.h>
#include <twz/rt/io.h>
#include <twz/rt/thread.h>
#include <twz/rt/time.h>

#define MS 1000000ull

static int results;
static volatile int64_t starts, ticks;

static void check(bool good, const char *title)
{
    twz_rt_print("%s %d - %s\n", good ? "ok" : "not ok", ++results, title);
}

int64_t fates_starts_impl(void)
{
    return ++starts;
}

int64_t fates_tick_impl(void)
{
    return ++ticks;
}

static void pass(uint64_t nanoseconds)
{
    uint64_t end = twz_rt_clock() + nanoseconds;
    while (twz_rt_clock() < end)
        twz_rt_thread_yield();
}

/* Its threads call back, so that they can be seen. */
static void test_threads(void)
{
    check(parent_begin() == 3, "a compartment starts three threads");
    pass(100 * MS);
    check(ticks > 0, "which run");
    check(parent_crash() == -TWZ_ECALLEE, "P130 then it crashes");
    pass(50 * MS);
    int64_t then = ticks;
    pass(200 * MS);
    check(ticks == then, "P130 and its threads have stopped with it");
}

/* Cut in the middle of malloc(), a heap is not used again, whatever the policy says. */
static void test_heap(void)
{
    check(hoarder_idle() == -TWZ_ETIMEDOUT && hoarder_idle() == -TWZ_ETIMEDOUT,
          "a compartment that goes on after faults goes on after its deadline");
    int64_t result = -TWZ_ETIMEDOUT;
    for (int tries = 0; tries < 50 && result == -TWZ_ETIMEDOUT; tries++)
        result = hoarder_churn();
    check(result == -TWZ_EDEAD, "P130 but not when it was cut in the middle of its heap");
}

static void test_restart(void)
{
    check(phoenix_work() == 7 && starts == 1, "a compartment has started once");
    check(phoenix_crash() == -TWZ_ECALLEE, "it crashes");
    uint64_t start = twz_rt_clock();
    check(phoenix_work() == -TWZ_EDEAD && starts == 2 && twz_rt_clock() - start < 2000 * MS,
          "P130 a constructor that does not end when it starts again has a deadline");
}

/* relay has 50 ms, of which nothing is left when it calls worker, which has no deadline. */
static void test_blame(void)
{
    check(relay_work() == -TWZ_ETIMEDOUT, "P130 a call ends though its callee is in another");
    check(relay_work() == -TWZ_EDEAD, "P130 who was late is dead");
    check(worker_calls() == 1, "P130 who was at work for it goes on");
}

int main(void)
{
    test_threads();
    test_heap();
    test_restart();
    test_blame();
    twz_rt_print("1..%d\n", results);
    return 0;
}
