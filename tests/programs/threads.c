/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads through the runtime ABI. Without an argument: TAP. `threads many N`: N threads, one after
 * the other, through both compartments. `threads overflow`, `threads exit`, `threads leave`: how a
 * program ends in a thread that is not its first.
 */
#include "crowd.h"

#include <stdbool.h>
#include <twz/rt/alloc.h>
#include <twz/rt/core.h>
#include <twz/rt/info.h>
#include <twz/rt/io.h>
#include <twz/rt/string.h>
#include <twz/rt/thread.h>
#include <twz/rt/time.h>
#include <twz/sys/call.h>

#define THREADS      8
#define MILLISECONDS 1000000ull

static int results;

static void check(bool good, const char *title)
{
    twz_rt_print("%s %d - %s\n", good ? "ok" : "not ok", ++results, title);
}

/* Runs the function in so many threads, with their index; true when all returned 0. */
static bool in_threads(unsigned count, int64_t (*function)(void *))
{
    struct twz_rt_task tasks[THREADS];
    bool good = true;
    for (unsigned i = 0; i < count; i++) {
        tasks[i] = (struct twz_rt_task){.function = function, .argument = (void *)(uintptr_t)i};
        good = good && twz_rt_thread_start(&tasks[i]) == 0;
    }
    for (unsigned i = 0; i < count; i++)
        good = twz_rt_thread_join(&tasks[i]) == 0 && good;
    return good;
}

/* ---- One thread ---- */

static int64_t square(void *argument)
{
    int64_t value = *(int64_t *)argument;
    return value * value;
}

static int64_t number(void *unused)
{
    (void)unused;
    return twz_rt_thread_number();
}

static void test_start(void)
{
    int64_t value = 12;
    struct twz_rt_task task = {.function = square, .argument = &value};
    check(twz_rt_thread_start(&task) == 0 && twz_rt_thread_join(&task) == 144,
          "a thread gets its argument and returns its result");
    check(twz_rt_thread_join(&task) == 144, "joining it again gives the same at once");
    struct twz_rt_task other = {.function = number};
    check(twz_rt_thread_start(&other) == 0 && twz_rt_thread_join(&other) > 0 &&
              twz_rt_thread_number() == 0,
          "every thread has a number, the first one 0");
    struct twz_rt_task large = {.function = square, .argument = &value, .stack_size = 4096 + 1};
    check(twz_rt_thread_start(&large) == -TWZ_EINVAL, "a stack of no whole pages is refused");
}

static volatile uint32_t flag;

static int64_t wait_for_flag(void *unused)
{
    (void)unused;
    while (flag == 0)
        ;
    return 0;
}

static int64_t set_flag(void *unused)
{
    (void)unused;
    flag = 1;
    return 0;
}

static void test_preemption(void)
{
    struct twz_rt_task loop = {.function = wait_for_flag}, set = {.function = set_flag};
    check(twz_rt_thread_start(&loop) == 0 && twz_rt_thread_start(&set) == 0 &&
              twz_rt_thread_join(&loop) == 0 && twz_rt_thread_join(&set) == 0,
          "an endless loop does not stop other threads");
}

/* ---- Words ---- */

static uint32_t word, sleeping, woken;

static int64_t sleep_on_word(void *unused)
{
    (void)unused;
    __atomic_add_fetch(&sleeping, 1, __ATOMIC_SEQ_CST);
    int64_t status = twz_rt_futex_wait(&word, 0, UINT64_MAX);
    __atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
    return status;
}

static void pause(uint64_t nanoseconds)
{
    uint32_t unused = 0;
    (void)twz_rt_futex_wait(&unused, 0, twz_rt_clock() + nanoseconds);
}

static void test_words(void)
{
    word = 1;
    check(twz_rt_futex_wait(&word, 0, UINT64_MAX) == -TWZ_EAGAIN,
          "a word that is not as expected is not waited for");
    uint64_t start = twz_rt_clock();
    int64_t status = twz_rt_futex_wait(&word, 1, start + 30 * MILLISECONDS);
    uint64_t waited = twz_rt_clock() - start;
    check(status == -TWZ_ETIMEDOUT && waited >= 30 * MILLISECONDS && waited < 10000 * MILLISECONDS,
          "a deadline ends the wait, not too early");
    check(twz_rt_futex_wait(&word, 1, start) == -TWZ_ETIMEDOUT, "a deadline in the past as well");
    check(twz_rt_futex_wake(&word, 1) == 0, "waking where nobody sleeps wakes nobody");

    word = 0;
    struct twz_rt_task tasks[4];
    bool started = true;
    for (unsigned i = 0; i < 4; i++) {
        tasks[i] = (struct twz_rt_task){.function = sleep_on_word};
        started = started && twz_rt_thread_start(&tasks[i]) == 0;
    }
    while (__atomic_load_n(&sleeping, __ATOMIC_SEQ_CST) < 4)
        twz_rt_thread_yield();
    pause(30 * MILLISECONDS); /* the last one counted itself and is on its way to sleep */
    check(started && woken == 0, "threads sleep until somebody wakes them");
    check(twz_rt_futex_wake(&word, 1) == 1 && twz_rt_futex_wake(&word + 1, 9) == 0,
          "a wake is for the number that it says, and for its word");
    check(twz_rt_futex_wake(&word, 9) == 3, "and reaches everybody who is left");
    bool all = true;
    for (unsigned i = 0; i < 4; i++)
        all = twz_rt_thread_join(&tasks[i]) == 0 && all;
    check(all && woken == 4, "whom it wakes goes on");

    check(twz_rt_futex_wait((uint32_t *)((uintptr_t)&word + 2), 0, 0) == -TWZ_EINVAL,
          "a word at no multiple of 4 is refused");
    check(twz_rt_futex_wait((uint32_t *)TWZ_OBJECT_BASE, 0, 0) == -TWZ_EFAULT,
          "nor can one wait for what one cannot read");
    check(twz_rt_futex_wake((uint32_t *)(uintptr_t)test_words, 1) == -TWZ_EFAULT,
          "nor wake where one cannot write");
}

/* ---- Many threads ---- */

static uint32_t turn;

/* Passes a token around: a lost wake stops it for good. */
static int64_t pass_token(void *argument)
{
    uint32_t own = (uint32_t)(uintptr_t)argument;
    for (uint32_t round = 0; round < 500; round++) {
        for (uint32_t now; (now = __atomic_load_n(&turn, __ATOMIC_SEQ_CST)) % 4 != own;)
            (void)twz_rt_futex_wait(&turn, now, UINT64_MAX);
        __atomic_add_fetch(&turn, 1, __ATOMIC_SEQ_CST);
        (void)twz_rt_futex_wake(&turn, UINT32_MAX);
    }
    return 0;
}

static int64_t use_heap(void *argument)
{
    unsigned char pattern = (unsigned char)(uintptr_t)argument;
    for (unsigned i = 0; i < 3000; i++) {
        size_t size = 16 + i * 7 % 900;
        unsigned char *block = malloc(size);
        if (block == NULL)
            return 1;
        memset(block, pattern, size);
        if (i % 64 == 0)
            twz_rt_thread_yield();
        for (size_t k = 0; k < size; k++)
            if (block[k] != pattern)
                return 1;
        free(block);
    }
    return 0;
}

static __thread uint64_t tls = 40;

static int64_t use_tls(void *argument)
{
    if (tls != 40)
        return 1;
    tls += (uintptr_t)argument;
    twz_rt_thread_yield();
    return tls == 40 + (uintptr_t)argument ? 0 : 1;
}

static void test_many(void)
{
    check(in_threads(4, pass_token) && turn == 2000,
          "a token goes round 500 times: no wake is lost");
    check(in_threads(THREADS, use_heap), "eight threads share the heap");
    check(in_threads(THREADS, use_tls) && tls == 40,
          "every thread has thread-local data of its own");
}

/* ---- Gates ---- */

static struct crowd_place places[THREADS];

static int64_t visit(void *argument)
{
    struct crowd_place first, *place = &places[(uintptr_t)argument];
    if (crowd_place(&first, sizeof first) != 0 || crowd_meet(THREADS) != 0 ||
        crowd_place(place, sizeof *place) != 0)
        return 1;
    bool same = first.block == place->block && first.number == twz_rt_thread_number();
    return same && first.tls == 1 && place->tls == 2 ? 0 : 1;
}

static int64_t call_exit(void *unused)
{
    (void)unused;
    bool ended = crowd_exit() == -TWZ_EEXITED && twz_rt_gate_status() == -TWZ_EEXITED;
    return ended && crowd_most() >= 0 ? 0 : 1;
}

static int64_t call_fault(void *unused)
{
    (void)unused;
    return crowd_fault() == -TWZ_ECALLEE && crowd_most() >= 0 ? 0 : 1;
}

static int64_t call_loop(void *unused)
{
    (void)unused;
    return crowd_loop();
}

static void test_gates(void)
{
    check(in_threads(THREADS, visit) && crowd_most() == THREADS,
          "eight threads are inside one gate at the same time");
    bool apart = true;
    for (unsigned i = 0; i < THREADS; i++)
        for (unsigned k = 0; k < i; k++)
            apart = apart && places[i].stack / TWZ_SLOT_SIZE != places[k].stack / TWZ_SLOT_SIZE &&
                    places[i].block != places[k].block;
    check(apart, "each on a stack and with a thread block of its own");
    check(in_threads(THREADS, call_exit),
          "P130 a callee that ends its thread ends the call; the thread goes on");
    check(in_threads(THREADS, call_fault),
          "P130 a fault in a callee is an error in its thread alone");
    static struct twz_rt_task loop = {.function = call_loop};
    check(twz_rt_thread_start(&loop) == 0 && crowd_most() == THREADS,
          "P130 a callee that never returns stops nobody else");
}

/* ---- Buffers that change meanwhile ---- */

static unsigned char shared_bytes[65536];
static uint32_t race_over, changes;

static int64_t scribble(void *unused)
{
    (void)unused;
    while (__atomic_load_n(&race_over, __ATOMIC_SEQ_CST) == 0) {
        memset(shared_bytes, (int)(++changes & 0xff), sizeof shared_bytes);
        twz_rt_thread_yield();
    }
    return 0;
}

static void test_race(void)
{
    struct twz_rt_task writer = {.function = scribble};
    bool good = twz_rt_thread_start(&writer) == 0;
    for (unsigned i = 0; i < 50; i++)
        good = good && crowd_look_twice(shared_bytes, sizeof shared_bytes) == 0;
    race_over = 1;
    check(
        good && twz_rt_thread_join(&writer) == 0 && changes > 100,
        "P119 a callee's copy of a buffer stays as it is while another thread changes the buffer");
}

/* ---- What one brings along ---- */

static _Alignas(4096) char own_stack[8192];
static uint32_t own_running;
static struct twz_rt_thread *own_block;

static void own_entry(void *argument)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    bool good = here > (uintptr_t)own_stack && here < (uintptr_t)own_stack + sizeof own_stack &&
                twz_rt_thread_self() == own_block && tls == 40;
    *(bool *)argument = good && crowd_most() > 0;
}

static void test_own(void)
{
    bool good = false;
    void *memory = calloc(1, twz_rt_thread_bytes());
    own_block = twz_rt_thread_init(memory, twz_rt_thread_bytes());
    own_running = 1;
    struct twz_rt_thread_spec spec = {.entry = own_entry,
                                      .argument = &good,
                                      .stack = own_stack,
                                      .stack_size = sizeof own_stack,
                                      .block = own_block,
                                      .clear = &own_running};
    check(twz_rt_thread_spawn(&spec) > 0, "a thread may bring its stack and thread block along");
    while (own_running != 0)
        (void)twz_rt_futex_wait(&own_running, 1, UINT64_MAX);
    check(good, "and runs on them, calls gates, and says when it needs them no more");
    spec.stack = (void *)(uintptr_t)test_own;
    check(twz_rt_thread_spawn(&spec) == -TWZ_EINVAL, "a stack of no whole pages is refused");
    spec.stack = (void *)((uintptr_t)test_own & ~0xfffull);
    check(twz_rt_thread_spawn(&spec) == -TWZ_EPERM,
          "P46 a stack that the compartment cannot write is refused");
    spec.stack = (void *)(places[0].stack & ~0xfffull);
    check(twz_rt_thread_spawn(&spec) == -TWZ_EPERM,
          "P51 a stack in another compartment's memory is refused");
}

/* ---- Limits ---- */

#define CROWD 1200

static uint32_t gate_open;

static int64_t wait_for_gate(void *unused)
{
    (void)unused;
    while (__atomic_load_n(&gate_open, __ATOMIC_SEQ_CST) == 0)
        (void)twz_rt_futex_wait(&gate_open, 0, UINT64_MAX);
    return 0;
}

static void test_limit(void)
{
    struct twz_rt_task *tasks = calloc(CROWD, sizeof *tasks);
    unsigned count = 0;
    int64_t status = 0;
    while (count < CROWD && status == 0) {
        tasks[count] = (struct twz_rt_task){.function = wait_for_gate};
        status = twz_rt_thread_start(&tasks[count]);
        count += status == 0;
    }
    check(count > 100 && (status == -TWZ_ELIMIT || status == -TWZ_ENOMEM),
          "too many threads are refused with a clear error");
    check(crowd_most() == THREADS, "and everybody else goes on");
    gate_open = 1;
    (void)twz_rt_futex_wake(&gate_open, UINT32_MAX);
    bool all = true;
    for (unsigned i = 0; i < count; i++)
        all = twz_rt_thread_join(&tasks[i]) == 0 && all;
    check(all, "all of them end");
    int64_t value = 5;
    struct twz_rt_task task = {.function = square, .argument = &value};
    check(twz_rt_thread_start(&task) == 0 && twz_rt_thread_join(&task) == 25,
          "and then there is room again");
    free(tasks);
}

/* ---- Ends ---- */

static int64_t many(unsigned count)
{
    for (unsigned i = 0; i < count; i += 4)
        if (!in_threads(4, call_exit))
            return 1;
    twz_rt_print("threads: %u done\n", count);
    return 0;
}

static int64_t overflow(void *unused)
{
    static int64_t (*volatile again)(void *) = overflow; /* no loop for the compiler to find */
    volatile char frame[1024];
    frame[0] = 1;
    return again(unused) + frame[0];
}

static int64_t leave(void *unused)
{
    (void)unused;
    twz_rt_exit(7);
}

static int64_t say(void *unused)
{
    (void)unused;
    pause(50 * MILLISECONDS);
    twz_rt_print("threads: the last one\n");
    return 0;
}

static int end(const char *how)
{
    static struct twz_rt_task task;
    task.function = strcmp(how, "overflow") == 0 ? overflow
                    : strcmp(how, "exit") == 0   ? leave
                                                 : say;
    (void)twz_rt_thread_start(&task);
    if (task.function == say)
        twz_rt_thread_exit();
    (void)twz_rt_thread_join(&task);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "many") == 0) {
        unsigned count = 0;
        for (const char *digit = argv[2]; *digit != '\0'; digit++)
            count = count * 10 + (unsigned)(*digit - '0');
        return (int)many(count);
    }
    if (argc > 1)
        return end(argv[1]);
    test_start();
    test_preemption();
    test_words();
    test_many();
    test_gates();
    test_race();
    test_own();
    test_limit();
    twz_rt_print("1..%d\n", results);
    return 0;
}
