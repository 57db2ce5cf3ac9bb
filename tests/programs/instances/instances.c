/* SPDX-License-Identifier: BSD-2-Clause */
/* One library at several levels side by side, each with data of its own: what its gates demand,
 * what callers demand by policy and at run time, and libraries that no compartment of the policy
 * names. */
#include "../lend.h"
#include "pair.h"
#include <stdbool.h>
#include <twz/gate.h>
#include <twz/rt/dl.h>
#include <twz/rt/info.h>
#include <twz/rt/io.h>
#include <twz/rt/string.h>

LEND_GATES(twin)  /* of a compartment that main and another one import */
LEND_GATES(stern) /* demands both; no compartment names it */
LEND_GATES(noted) /* its note demands caller; no compartment names it */
LEND_GATES(mild)  /* demands nothing; no compartment names it */

typedef int64_t sum_gate(uint64_t address);
typedef int64_t count_gate(void);
typedef uint64_t entry_gate(void);

static int results;

static void check(bool good, const char *title)
{
    twz_rt_print("%s %d - %s\n", good ? "ok" : "not ok", ++results, title);
    if (!good)
        twz_rt_print("# last error of a load: %s\n", twz_rt_dl_message());
}

/* What the gate sees of a variable here: 10, or the error that it ends with. */
__attribute__((noinline)) static int64_t look(sum_gate *sum)
{
    volatile int64_t words[4] = {1, 2, 3, 4};
    TWZ_LEND();
    return sum == NULL ? -TWZ_ENOENT : sum((uint64_t)words);
}

struct instance {
    uint64_t handle;
    count_gate *count;
    sum_gate *sum;
    entry_gate *entry;
};

static void *find(uint64_t handle, const char *library, const char *gate)
{
    char name[32];
    void *address = NULL;
    twz_rt_format(name, sizeof name, "%s%s", library, gate);
    if (twz_rt_dl_symbol(handle, name, NULL, (void *)find, &address) < 0)
        return NULL;
    return address;
}

/* An instance of "lib<library>.so" that is demanded at run time. */
static struct instance demand(const char *library, uint32_t flags)
{
    char name[32];
    struct instance new = {.handle = 0};
    twz_rt_format(name, sizeof name, "lib%s.so", library);
    if (twz_rt_dl_open(name, NULL, flags, &new.handle) < 0)
        return new;
    new.count = (count_gate *)find(new.handle, library, "_count");
    new.sum = (sum_gate *)find(new.handle, library, "_sum");
    new.entry = (entry_gate *)find(new.handle, library, "_entry");
    return new;
}

static void test_policy(void)
{
    check(twin_count() == 1 && twin_count() == 2 && pair_count() == 1 && twin_count() == 3,
          "P63 two importers with different demands: two instances, distinct data");
    check(twin_entry() != pair_entry(), "P63 in slots of their own");
    check(look(twin_sum) == 10, "P63 the one at the level that the library demands");
    check(pair_sum() == -TWZ_ECALLEE,
          "P63 P61 P62 the other at the level that its caller adds, at the same time");
    check(look(twin_sum) == 10 && twin_count() == 4,
          "P63 what one of them suffers does not touch the other");
}

static void test_unnamed(void)
{
    check(stern_count() == 1,
          "P60 a library whose gates demand isolation gets it without a policy");
    check(look(stern_sum) == -TWZ_ECALLEE, "P60 a caller that asks for none is still isolated");
    check(noted_count() == 1 && look(noted_sum) == -TWZ_ECALLEE,
          "P62 the same of a library that says so in its note");
    check(mild_count() == 1 && look(mild_sum) == 10,
          "where nobody demands anything, the library is in the caller's compartment");
}

static void test_run_time(void)
{
    struct instance callee = demand("mild", TWZ_RT_DL_ISOLATE_CALLEE);
    struct instance both = demand("mild", TWZ_RT_DL_ISOLATE_BOTH);
    check(callee.count != NULL && both.count != NULL && callee.count() == 1 && both.count() == 1 &&
              both.count() == 2 && mild_count() == 2,
          "P61 P63 a demand at run time: an instance at each level, distinct data");
    check(callee.entry() != both.entry() && callee.entry() != mild_entry(),
          "P63 and distinct slots");
    check(look(callee.sum) == 10, "P61 isolated, at level callee");
    check(look(both.sum) == -TWZ_ECALLEE, "P61 isolated, at level both");
    check(look(mild_sum) == 10 && look(callee.sum) == 10 && callee.count() == 2,
          "P63 while the others go on at theirs");
    struct instance again = demand("mild", TWZ_RT_DL_ISOLATE_CALLEE);
    check(again.handle == callee.handle && again.count() == 3,
          "P63 the same demand again is the same instance");

    struct instance twin = demand("twin", TWZ_RT_DL_ISOLATE_BOTH);
    check(twin.count != NULL && twin.count() == 1 && twin.entry() != twin_entry() &&
              twin.entry() != pair_entry(),
          "P61 P63 a library of the policy, with a demand at run time: a third instance");
    check(look(twin.sum) == -TWZ_ECALLEE && look(twin_sum) == 10, "P61 at the level demanded");
    check(find(TWZ_RT_DL_DEFAULT, "twin", "_count") == (void *)twin_count,
          "its gates bind by its handle alone, names go on meaning the other");

    struct instance stern = demand("stern", 0);
    check(stern.count == stern_count, "P60 a load that demands nothing gets the isolated instance");
    uint64_t handle;
    check(twz_rt_dl_open("libmild.so", NULL, 1u << 31 | TWZ_RT_DL_ISOLATE_BOTH, &handle) == 0 &&
              handle == both.handle,
          "flags that nobody knows change nothing");
    check(twz_rt_dl_open("libmild.so", NULL, TWZ_RT_DL_FIND | TWZ_RT_DL_ISOLATE_BOTH, &handle) ==
              -TWZ_EINVAL,
          "a demand cannot be joined with the question whether it is loaded");
}

static void test_names(void)
{
    check(pair_asks() == 0,
          "dlsym finds no gate that the asking compartment does not import, and loads nothing");
    check(find(TWZ_RT_DL_DEFAULT, "no_such", "_gate") == NULL, "nor for a name that is nowhere");
    twz_rt_report(); /* shows what is in use */
    count_gate *count = (count_gate *)find(TWZ_RT_DL_DEFAULT, "quiet", "_count");
    check(count != NULL && count() == 1,
          "P78 dlsym brings the compartment into use that offers what main may import");
}

int main(void)
{
    test_policy();
    test_unnamed();
    test_run_time();
    test_names();
    twz_rt_print("1..%d\n", results);
    return 0;
}
