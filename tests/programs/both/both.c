/* SPDX-License-Identifier: BSD-2-Clause */
/* One source for both runtimes: everything here has to come out the same, whichever answers. The
 * arguments say which one that should be. */
#include <stdbool.h>
#include <twz/rt/alloc.h>
#include <twz/rt/core.h>
#include <twz/rt/info.h>
#include <twz/rt/io.h>
#include <twz/rt/object.h>
#include <twz/rt/string.h>
#include <twz/rt/thread.h>
#include <twz/rt/time.h>

#define THREADS 300 /* more than there may be at a time: what has ended is given back */

static unsigned tests;

static void ok(bool good, const char *title)
{
    twz_rt_print("%sok %u - %s\n", good ? "" : "not ", ++tests, title);
}

static int constructed;
static __thread int counter = 42;
static __thread char zero[100];

__attribute__((constructor)) static void construct(void)
{
    constructed = 7;
}

__attribute__((destructor)) static void destruct(void)
{
    twz_rt_print("# the destructor runs last\n");
}

static void leave(void)
{
    twz_rt_print("# what was registered runs first\n");
}

static bool heap_works(void)
{
    char *blocks[64];
    bool good = true;
    for (unsigned i = 0; i < 64; i++) {
        blocks[i] = twz_rt_alloc(1000 * i + 1, 64);
        good &= blocks[i] != NULL && (uintptr_t)blocks[i] % 64 == 0;
        if (good)
            memset(blocks[i], (int)i, 1000 * i + 1);
    }
    for (unsigned i = 0; i < 64 && good; i++) {
        good = blocks[i][1000 * i] == (char)i;
        twz_rt_free(blocks[i]);
    }
    return good;
}

static int64_t work(void *argument)
{
    counter += *(int *)argument;
    zero[99]++;
    return counter + zero[99];
}

static bool threads_work(void)
{
    int five = 5;
    struct twz_rt_task task = {.function = work, .argument = &five};
    for (unsigned i = 0; i < THREADS; i++)
        if (twz_rt_thread_start(&task) < 0 || twz_rt_thread_join(&task) != 48)
            return false;
    return counter == 42 && zero[99] == 0;
}

static bool object_opens(void)
{
    struct twz_rt_object object, again, none;
    return twz_rt_object_open("both.data", &object) == 0 && object.length == 12 &&
           memcmp(object.data, "of the image", 12) == 0 &&
           twz_rt_object_open("both.data", &again) == 0 && again.data == object.data &&
           twz_rt_object_open("nothing", &none) == -TWZ_ENOENT;
}

int main(int argc, char **argv)
{
    struct twz_rt_info info;
    twz_rt_info(&info);
    const char *wanted = argc > 1 ? argv[1] : "";
    ok(strcmp(info.runtime, wanted) == 0, "the runtime is the one that was meant");
    ok(argc == 3 && strcmp(argv[2], "last") == 0 && argv[3] == NULL, "arguments arrive");
    ok(constructed == 7, "constructors have run");
    ok(heap_works(), "the heap gives what was asked for");
    ok(threads_work(), "threads, each with its thread-local storage");
    ok(object_opens(), "objects of the image open by name");
    uint64_t before = twz_rt_clock();
    ok(twz_rt_clock() >= before, "the clock does not go back");
    ok(twz_rt_at_exit(leave) == 0, "something can be registered for the end");
    twz_rt_print("1..%u\n", tests);
    return 5;
}
