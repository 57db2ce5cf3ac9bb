/* SPDX-License-Identifier: BSD-2-Clause */
/* A compartment that crashes and starts again, with libraries that came at run time. */
#include "guest.h"
#include "weak.h"
#include <stdbool.h>
#include <twz/rt/dl.h>
#include <twz/rt/info.h>
#include <twz/rt/io.h>
#include <twz/rt/string.h>
#include <twz/rt/time.h>

static int results;

static void check(bool good, const char *title)
{
    twz_rt_print("%s %d - %s\n", good ? "ok" : "not ok", ++results, title);
}

static int64_t (*gate(const char *name))(void)
{
    void *found = NULL;
    (void)twz_rt_dl_symbol(TWZ_RT_DL_DEFAULT, name, NULL, (void *)&check, &found);
    return (int64_t(*)(void))found;
}

int main(void)
{
    uint64_t guest, nothing;
    void *count;
    check(weak_load() == 9 && weak_loaded() == 1, "a compartment loads a library into itself");
    check(twz_rt_dl_open("libguest.so", "weak", 0, &guest) == 0 &&
              twz_rt_dl_symbol(guest, "guest_count", NULL, (void *)&main, &count) == 0,
          "main loads another one into it");
    int64_t (*guest_count_there)(void) = (int64_t(*)(void))count;
    check(guest_count_there() == 101 && guest_count_there() == 102, "and calls its gate");

    int64_t (*extra)(void) = gate("extra_gate");
    check(extra != NULL && extra() == 60, "and one of what the compartment has loaded by itself");

    check(weak_crash() == -TWZ_ECALLEE, "its crash is an error in the caller");
    check(weak_loaded() == 0, "it starts again without what it had loaded");
    check(extra() == -TWZ_EDEAD, "P44 whose gates lead nowhere");
    check(guest_count_there() == 101, "and with what others had, fresh and constructed");
    check(weak_load() == 9 && weak_loaded() == 1, "which can be loaded again");
    int64_t (*again)(void) = gate("extra_gate");
    check(extra() == -TWZ_EDEAD && again != NULL && again() == 60,
          "with gates of other numbers, which are granted again");
    check(weak_lie(0) == -TWZ_ECALLEE && weak_loaded() == 0,
          "a chain of frames that leads in a circle ends");
    check(weak_lie((uintptr_t)&results) == -TWZ_ECALLEE && weak_loaded() == 0,
          "one that leads into another compartment is not followed");

    check(twz_rt_dl_open("libshort.so", NULL, 0, &nothing) < 0, "a load fails");
    (void)twz_rt_report();
    bool refused = true;
    for (int i = 0; i < 20; i++)
        refused = refused && twz_rt_dl_open("libshort.so", NULL, 0, &nothing) < 0;
    (void)twz_rt_report();
    check(refused, "and again, 20 times");
    check(weak_stuck() < 0, "a resolver that does not return ends the load");
    check(weak_load() == 9 && weak_loaded() == 1, "and others can load again");
    check(weak_crowd(150) == 150, "a compartment has a crowd that asks for symbols all the time");
    int served = 0;
    uint64_t start = twz_rt_clock();
    for (int i = 0; i < 10; i++)
        served += gate("extra_gate") != NULL;
    check(served == 10 && twz_rt_clock() - start < 4000000000,
          "which keeps nobody else from asking");
    (void)weak_crowd(0);
    check(weak_slow() < 0, "so do many that take almost as long as each of them may");
    check(weak_waste() == 70, "a load fails when its gates are published, 70 times");
    check(twz_rt_dl_open("libguest.so", "late", 0, &guest) == 0,
          "which has not used up the gates of others");
    check(twz_rt_dl_open("libhang.so", NULL, 0, &nothing) == 0,
          "P130 a compartment whose constructors do not return keeps nobody waiting for good");
    twz_rt_print("1..%d\n", results);
    return 0;
}
