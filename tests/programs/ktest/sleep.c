/* SPDX-License-Identifier: BSD-2-Clause */
/* Sleep and wake, the end of a thread seen from outside, priorities. */
#include "functions.h"
#include <twz/sys/state.h>

/* Turns after which a thread has come to sleep, even if the timer takes some of them. */
#define SOME 40u

static struct compartment c, d;
static uint64_t page; /* shared with the compartments */
static struct twz_id shared;

static struct twz_id create(const struct compartment *who, compartment_function *function,
                            uint64_t argument, uint64_t clear)
{
    struct twz_thread_spec spec = {
        .context = who->context, .entry = (uint64_t)function, .argument = argument, .clear = clear};
    struct twz_id id = {0, 0};
    check(twz_syscall2(TWZ_SYS_THREAD_CREATE, (uint64_t)&spec, (uint64_t)&id) == 0,
          "a thread is created");
    return id;
}

static void turns(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        twz_syscall0(TWZ_SYS_THREAD_YIELD);
}

static int64_t wake(struct twz_id object, uint64_t where, uint64_t count)
{
    return twz_syscall4(TWZ_SYS_THREAD_WAKE, object.hi, object.lo, where, count);
}

static int64_t sleep(struct twz_id object, uint64_t where, uint64_t expected, uint64_t deadline)
{
    return twz_syscall5(TWZ_SYS_THREAD_SLEEP, object.hi, object.lo, where, expected, deadline);
}

/* Words: [0] result, [1] address, [2] expected, [3] deadline; the word itself is [8], the one that
 * the end of the thread clears [9]. */
static void test_names_of_words(void)
{
    volatile uint64_t *a = (volatile uint64_t *)page;
    const struct twz_id none = {0, 0};
    a[0] = 99;
    a[1] = page + 64;
    a[2] = 5;
    a[3] = UINT64_MAX;
    a[8] = 5;
    a[9] = 1;
    struct twz_id thread = create(&c, f_sleep, page, page + 72);
    const volatile struct twz_thread_state *state =
        (const volatile struct twz_thread_state *)(map(thread, 1, 1, TWZ_READ) + TWZ_OBJECT_BASE);
    check(state->status == TWZ_THREAD_NEW && state->home.hi == c.context.hi,
          "P37 a thread that is not bound says so");
    compartment_bind(&c, thread);
    turns(SOME);
    check(state->status == TWZ_THREAD_SLEEPING && a[0] == 99, "P37 one that sleeps says so");
    struct twz_object_info info = {0};
    sys_id(TWZ_SYS_OBJECT_INFO, shared, (uint64_t)&info, 0);
    check(info.references == 2, "P8 a sleeper is a reference to the object");
    check(wake(none, page + 68, 1) == 0 && wake(shared, TWZ_OBJECT_BASE + 60, 1) == 0,
          "a wake of another word wakes nobody");
    check(wake(shared, TWZ_OBJECT_BASE + 64, 1) == 1,
          "a word is the same by address and by object and offset");
    /* Joining is sleeping on the thread's own status. */
    check(sleep(thread, TWZ_OBJECT_BASE + offsetof(struct twz_thread_state, status),
                TWZ_THREAD_READY, UINT64_MAX) == 0,
          "the end of a thread wakes who waits for its status");
    check(a[0] == 0 && state->status == TWZ_THREAD_EXITED, "P37 a thread that has ended says so");
    check((uint32_t)a[9] == 0, "and clears the word that its creator named");
    check(sleep(thread, TWZ_OBJECT_BASE + offsetof(struct twz_thread_state, status),
                TWZ_THREAD_READY, UINT64_MAX) == -TWZ_EAGAIN,
          "who comes later does not wait");
    check(sys_id(TWZ_SYS_THREAD_UPCALL, thread, 0, 0) == -TWZ_ENOENT,
          "nothing can be done to a thread that has ended");
    sys_id(TWZ_SYS_OBJECT_DELETE, thread, 0, 0);
    unmap((uint64_t)state);
}

static void test_sleep_arguments(void)
{
    volatile uint64_t *a = (volatile uint64_t *)page;
    const struct twz_id none = {0, 0};
    uint64_t now = (uint64_t)twz_syscall0(TWZ_SYS_CLOCK);
    a[8] = 5;
    check(sleep(none, page + 64, 6, UINT64_MAX) == -TWZ_EAGAIN, "another value is not waited for");
    check(sleep(none, page + 64, 5ull << 32 | 5, UINT64_MAX) == -TWZ_EAGAIN,
          "nor one of more than 32 bits");
    check(sleep(none, page + 64, 5, now) == -TWZ_ETIMEDOUT, "a deadline that has passed");
    check(sleep(none, page + 64, 5, now + 30000000) == -TWZ_ETIMEDOUT &&
              (uint64_t)twz_syscall0(TWZ_SYS_CLOCK) >= now + 30000000,
          "a deadline that passes while nobody else can run");
    check(sleep(none, page + 66, 5, 0) == -TWZ_EINVAL && wake(none, page + 66, 1) == -TWZ_EINVAL,
          "a word at no multiple of 4");
    check(sleep(shared, 0, 0, 0) == -TWZ_EINVAL &&
              sleep(shared, TWZ_SLOT_SIZE, 0, 0) == -TWZ_EINVAL,
          "an offset out of bounds");
    check(sleep((struct twz_id){1, 2}, page, 0, 0) == -TWZ_ENOENT, "an unknown object");
    check(sleep(TWZ_ID_SYSTEM, TWZ_OBJECT_BASE, 0, UINT64_MAX) == -TWZ_EINVAL,
          "an object without bytes");
    bool all = true;
    for (unsigned i = 0; i < hostile_count; i++) {
        if (hostile_addresses[i] % 4 == 0)
            all = all && sleep(none, hostile_addresses[i], 0, UINT64_MAX) == -TWZ_EFAULT &&
                  wake(none, hostile_addresses[i], 1) == -TWZ_EFAULT;
    }
    check(all, "P127 sleep and wake refuse hostile addresses");
    all = true;
    for (unsigned i = 0; i < hostile_count; i++)
        all = all && twz_syscall1(TWZ_SYS_THREAD_SELF, hostile_addresses[i]) == -TWZ_EFAULT &&
              twz_syscall1(TWZ_SYS_SYSTEM_INFO, hostile_addresses[i]) == -TWZ_EFAULT;
    check(all, "P127 THREAD_SELF and SYSTEM_INFO refuse hostile pointers");
    struct twz_thread_spec spec = {
        .context = c.context, .entry = (uint64_t)f_exit, .clear = page + 2};
    struct twz_id id;
    check(twz_syscall2(TWZ_SYS_THREAD_CREATE, (uint64_t)&spec, (uint64_t)&id) == -TWZ_EINVAL,
          "a word to clear at no multiple of 4 is refused");
    check(twz_syscall1(TWZ_SYS_THREAD_SELF, (uint64_t)&id) == 0 && id.hi == boot.thread.hi &&
              id.lo == boot.thread.lo,
          "a thread knows itself");
}

/* What a compartment may not: system calls with what stands in a page. */
static void test_rights_needed(void)
{
    uint64_t *words = (uint64_t *)page;
    struct twz_id foreign = object_create();
    const struct {
        const char *name;
        uint64_t a[7];
        int64_t error;
    } calls[] = {
        {"P31 THREAD_SLEEP needs read on the object",
         {TWZ_SYS_THREAD_SLEEP, foreign.hi, foreign.lo, TWZ_OBJECT_BASE, 0, UINT64_MAX},
         -TWZ_EPERM},
        {"P31 THREAD_WAKE needs write on the object",
         {TWZ_SYS_THREAD_WAKE, foreign.hi, foreign.lo, TWZ_OBJECT_BASE, 1},
         -TWZ_EPERM},
        {"THREAD_WAKE needs write at the address",
         {TWZ_SYS_THREAD_WAKE, 0, 0, (uint64_t)f_exit & ~3ull, 1},
         -TWZ_EFAULT},
        {"THREAD_SLEEP needs read at the address",
         {TWZ_SYS_THREAD_SLEEP, 0, 0, boot.stack_slot * TWZ_SLOT_SIZE + TWZ_OBJECT_BASE, 0},
         -TWZ_EFAULT},
        {"THREAD_SCHEDULE needs write on the thread",
         {TWZ_SYS_THREAD_SCHEDULE, boot.thread.hi, boot.thread.lo, 7, 1},
         -TWZ_EPERM},
        {"P127 SYSTEM_INFO needs the system", {TWZ_SYS_SYSTEM_INFO, page}, -TWZ_EPERM},
        {"P127 VIEW_CREATE needs the system", {TWZ_SYS_VIEW_CREATE, 0, 0, page}, -TWZ_EPERM},
    };
    for (unsigned i = 0; i < COUNT(calls); i++) {
        for (unsigned k = 0; k < 7; k++)
            words[k] = calls[i].a[k];
        equal((uint64_t)call(&c, f_syscall_with, page), (uint64_t)calls[i].error, calls[i].name);
    }
    object_delete(foreign);
}

/* Two threads that take turns, and then with different priorities: lists of whose turn it was.
 * Their slices are long, so that the timer does not take part. */
static void run_two(uint64_t priority)
{
    volatile uint64_t *list = (volatile uint64_t *)(page + 1024);
    volatile uint64_t *first = (volatile uint64_t *)(page + 512), *second = first + 8;
    list[0] = 0;
    first[0] = second[0] = (uint64_t)list;
    first[1] = 1;
    second[1] = 2;
    struct twz_id one = create(&c, f_mark, (uint64_t)first, 0);
    struct twz_id two = create(&d, f_mark, (uint64_t)second, 0);
    check(sys_id(TWZ_SYS_THREAD_SCHEDULE, one, TWZ_PRIORITY_DEFAULT, TWZ_SLICE_MAX) == 0 &&
              sys_id(TWZ_SYS_THREAD_SCHEDULE, two, priority, TWZ_SLICE_MAX) == 0,
          "priorities and slices are set");
    compartment_bind(&c, one);
    compartment_bind(&d, two);
    turns(100);
    sys_id(TWZ_SYS_OBJECT_DELETE, one, 0, 0);
    sys_id(TWZ_SYS_OBJECT_DELETE, two, 0, 0);
}

static void test_priorities(void)
{
    volatile uint64_t *list = (volatile uint64_t *)(page + 1024);
    run_two(TWZ_PRIORITY_DEFAULT);
    bool alternate = list[0] == 20;
    for (unsigned i = 0; i < 20; i++)
        alternate = alternate && list[1 + i] == 1 + i % 2;
    check(alternate, "threads of one priority take turns");
    run_two(TWZ_PRIORITY_DEFAULT + 1);
    bool before = list[0] == 20;
    for (unsigned i = 0; i < 20; i++)
        before = before && list[1 + i] == (i < 10 ? 2 : 1);
    check(before, "one of higher priority goes first, until it is done");
    struct twz_id self = boot.thread;
    check(sys_id(TWZ_SYS_THREAD_SCHEDULE, self, TWZ_PRIORITIES, 1) == -TWZ_EINVAL &&
              sys_id(TWZ_SYS_THREAD_SCHEDULE, self, 1, 0) == -TWZ_EINVAL &&
              sys_id(TWZ_SYS_THREAD_SCHEDULE, self, 1, TWZ_SLICE_MAX + 1) == -TWZ_EINVAL,
          "priorities and slices have bounds");
}

/* A sleeper is ended from outside; the word's object goes while it sleeps. */
static void test_ended_sleepers(void)
{
    volatile uint64_t *a = (volatile uint64_t *)page;
    a[1] = page + 64;
    a[2] = 5;
    a[3] = UINT64_MAX;
    a[8] = 5;
    struct twz_id thread = create(&c, f_sleep, page, 0);
    compartment_bind(&c, thread);
    turns(SOME);
    check(sys_id(TWZ_SYS_OBJECT_DELETE, thread, 0, 0) == 0 &&
              wake((struct twz_id){0, 0}, page + 64, 9) == 0,
          "a sleeper that is ended sleeps no more");
    a[3] = (uint64_t)twz_syscall0(TWZ_SYS_CLOCK) + 20000000;
    thread = create(&c, f_sleep, page, 0);
    compartment_bind(&c, thread);
    turns(SOME);
    struct twz_id id = {0, 0};
    check(sleep(thread, TWZ_OBJECT_BASE + offsetof(struct twz_thread_state, status),
                TWZ_THREAD_SLEEPING, UINT64_MAX) == 0 &&
              (int64_t)a[0] == -TWZ_ETIMEDOUT,
          "two sleep: one until its deadline, the other until the first has ended");
    (void)id;
    sys_id(TWZ_SYS_OBJECT_DELETE, thread, 0, 0);
}

void test_sleep(void)
{
    c = compartment_create();
    d = compartment_create();
    shared = object_create();
    page = map(shared, 1, 1, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    grant(&c, shared, TWZ_READ | TWZ_WRITE);
    grant(&d, shared, TWZ_READ | TWZ_WRITE);
    test_names_of_words();
    test_sleep_arguments();
    test_rights_needed();
    test_priorities();
    test_ended_sleepers();
}
