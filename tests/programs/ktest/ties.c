/* SPDX-License-Identifier: BSD-2-Clause */
/* Ties, and what the kernel has to do with access: nothing. */
#include "functions.h"

#define PARENTS 3u
#define CHAIN   3000u

#define TURN_AND_MORE 12000000u /* nanoseconds */

static struct compartment c;

static int64_t tie(struct twz_id child, struct twz_id parent)
{
    return twz_syscall4(TWZ_SYS_OBJECT_TIE, child.hi, child.lo, parent.hi, parent.lo);
}

static int64_t delete (struct twz_id id)
{
    return sys_id(TWZ_SYS_OBJECT_DELETE, id, 0, 0);
}

static bool exists(struct twz_id id)
{
    struct twz_object_info info;
    return sys_id(TWZ_SYS_OBJECT_INFO, id, (uint64_t)&info, 0) == 0;
}

static struct twz_system_info system_info(void)
{
    struct twz_system_info info = {0};
    twz_syscall1(TWZ_SYS_SYSTEM_INFO, (uint64_t)&info);
    return info;
}

/* One child, three parents, which go in the given order; before step `when` the child is deleted
 * explicitly (PARENTS: never). */
static bool one_order(const unsigned order[PARENTS], unsigned when)
{
    struct twz_id child = object_create(), parents[PARENTS];
    bool good = true;
    for (unsigned i = 0; i < PARENTS; i++) {
        parents[i] = object_create();
        good = good && tie(child, parents[i]) == 0;
    }
    for (unsigned i = 0; i < PARENTS; i++) {
        if (i == when)
            good = good && delete (child) == 1;
        good = good && exists(child) && delete (parents[order[i]]) == 0;
    }
    return good && !exists(child);
}

static void test_orders(void)
{
    static const unsigned orders[][PARENTS] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                               {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    uint64_t before = system_info().objects;
    bool deferred = true, alone = true;
    for (unsigned i = 0; i < COUNT(orders); i++) {
        for (unsigned when = 0; when < PARENTS; when++)
            deferred = deferred && one_order(orders[i], when);
        alone = alone && one_order(orders[i], PARENTS);
    }
    check(deferred, "P10 a tied object that is deleted goes with the last of its parents");
    check(alone, "P11 without being deleted it does as well");
    equal(system_info().objects, before, "P11 and nothing of all these is left");
    struct twz_id child = object_create(), parent = object_create();
    uint64_t page = map(child, 1, 1, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    *(volatile uint64_t *)page = 77;
    check(tie(child, parent) == 0 && delete (parent) == 0 && !exists(child) &&
              *(volatile uint64_t *)page == 77,
          "P8 what a tie deletes stays readable in its slot");
    unmap(page);
}

static void test_chain(void)
{
    struct twz_system_info before = system_info();
    struct twz_id first = object_create(), last = first;
    bool good = true;
    for (unsigned i = 0; i < CHAIN; i++) {
        struct twz_id next = object_create();
        good = good && tie(next, last) == 0;
        last = next;
    }
    check(good && delete (first) == 0 && !exists(last), "P11 a chain of 3,000 ties goes at once");
    equal(system_info().objects, before.objects, "P11 all of it");

    struct twz_id top = object_create(), left = object_create(), right = object_create(),
                  bottom = object_create();
    good = tie(left, top) == 0 && tie(right, top) == 0 && tie(bottom, left) == 0 &&
           tie(bottom, right) == 0;
    check(good && delete (left) == 1 && exists(bottom) && delete (top) == 0 && !exists(bottom) &&
              !exists(left) && !exists(right),
          "P10 two ways down to one object are two parents");
}

/* A context that alone holds children and their parents goes: all of them at once, and each is
 * deleted once. */
static void test_parents_together(void)
{
    struct compartment d = compartment_create();
    struct twz_system_info before = system_info();
    for (unsigned i = 0; i < 64; i++) {
        struct twz_id pair[2] = {object_create(), object_create()};
        tie(pair[0], pair[1]);
        for (unsigned j = 0; j < 2; j++) {
            grant(&d, pair[j], TWZ_READ);
            sys_ids(TWZ_SYS_CONTEXT_REVOKE, boot.context, pair[j], 0);
        }
    }
    check(system_info().objects == before.objects + 128 && delete (d.context) == 0 &&
              system_info().objects < before.objects,
          "children go together with their parents");
}

static void test_refusals(void)
{
    struct twz_id a = object_create(), b = object_create(), d = object_create();
    check(tie(a, a) == -TWZ_EINVAL, "nothing is tied to itself");
    check(tie(b, a) == 0 && tie(d, b) == 0 && tie(a, d) == -TWZ_EINVAL && tie(a, b) == -TWZ_EINVAL,
          "P10 ties form no circle");
    check(tie(b, a) == -TWZ_EEXIST, "a tie is made once");
    check(tie(c.context, a) == -TWZ_EINVAL && tie(text_object, a) == -TWZ_EPERM,
          "only data is tied");
    check(tie(a, text_object) == -TWZ_EINVAL && tie(a, TWZ_ID_SYSTEM) == -TWZ_EINVAL,
          "and only to what can go");
    check(tie(a, (struct twz_id){1, 2}) == -TWZ_ENOENT &&
              tie((struct twz_id){1, 2}, a) == -TWZ_ENOENT,
          "IDs of nothing are refused");
    struct twz_id parents[TWZ_TIES_MAX + 1];
    int64_t status = 0;
    for (unsigned i = 0; i <= TWZ_TIES_MAX; i++) {
        parents[i] = object_create();
        status = tie(d, parents[i]);
    }
    check(status == -TWZ_ELIMIT, "an object has a bounded number of parents");
    for (unsigned i = 0; i <= TWZ_TIES_MAX; i++)
        delete (parents[i]);
    check(exists(d) && delete (a) == 0 && !exists(b) && !exists(d),
          "P10 and goes with the last one");
}

/* From a compartment: number and arguments through a shared page. */
static void test_rights_needed(void)
{
    struct twz_id shared = object_create(), child = object_create(), parent = object_create();
    uint64_t page = map(shared, 1, 1, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    uint64_t *words = (uint64_t *)page;
    grant(&c, shared, TWZ_READ);
    words[0] = TWZ_SYS_OBJECT_TIE;
    words[1] = child.hi;
    words[2] = child.lo;
    words[3] = parent.hi;
    words[4] = parent.lo;
    grant(&c, parent, TWZ_READ);
    grant(&c, child, TWZ_READ | TWZ_WRITE);
    equal((uint64_t)call(&c, f_syscall_with, page), (uint64_t)-TWZ_EPERM,
          "OBJECT_TIE needs delete on the child");
    grant(&c, child, TWZ_DELETE);
    revoke(&c, parent);
    equal((uint64_t)call(&c, f_syscall_with, page), (uint64_t)-TWZ_EPERM,
          "P31 OBJECT_TIE needs a right on the parent");
    grant(&c, parent, TWZ_READ);
    equal((uint64_t)call(&c, f_syscall_with, page), 0, "and no more than that");
    unmap(page);
    delete (parent);
}

static struct twz_id start_thread(compartment_function *function, uint64_t argument)
{
    struct twz_thread_spec spec = {
        .context = c.context, .entry = (uint64_t)function, .argument = argument};
    struct twz_id id = {0, 0};
    twz_syscall2(TWZ_SYS_THREAD_CREATE, (uint64_t)&spec, (uint64_t)&id);
    return id;
}

static void test_threads_and_views(void)
{
    struct twz_id shared = object_create(), child = object_create(), other = object_create();
    uint64_t page = map(shared, 1, 1, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    grant(&c, shared, TWZ_READ | TWZ_WRITE);
    struct twz_id thread = start_thread(f_thread_yield, page);
    check(tie(child, thread) == 0 && tie(other, thread) == 0 && exists(child),
          "P12 objects are tied to a thread");
    compartment_bind(&c, thread);
    twz_syscall0(TWZ_SYS_THREAD_YIELD);
    check(exists(child) && exists(other), "P12 they are there while it runs");
    for (unsigned i = 0; i < 100; i++)
        twz_syscall0(TWZ_SYS_THREAD_YIELD);
    check(!exists(child) && !exists(other) && exists(thread),
          "P12 and gone when it has ended by itself");
    struct twz_id late = object_create();
    check(tie(late, thread) == -TWZ_ENOENT, "P12 nothing is tied to a thread that has ended");
    delete (thread);

    thread = start_thread(f_loop_forever, 0);
    compartment_bind(&c, thread);
    child = object_create();
    check(tie(child, thread) == 0 && delete (thread) == 0 && !exists(child),
          "P12 or when it is ended by somebody else");

    struct twz_id view = {0, 0};
    child = object_create();
    check(twz_syscall3(TWZ_SYS_VIEW_CREATE, 0, 0, (uint64_t)&view) == 0 && tie(child, view) == 0 &&
              delete (child) == 1 && exists(child) && delete (view) == 0 && !exists(child),
          "P12 an object that is tied to a view goes with the view");
    child = object_create();
    struct compartment d = compartment_create();
    check(tie(child, d.context) == 0 && delete (d.context) == 0 && !exists(child),
          "P12 one that is tied to a context with the context");
    delete (late);
    unmap(page);
}

/* ---- Access ---- */

static void test_access(void)
{
    struct twz_id object = object_create();
    volatile uint64_t *words =
        (volatile uint64_t *)(map(object, 1, 64, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE);
    const unsigned count = 64 * TWZ_PAGE_SIZE / sizeof *words;
    for (unsigned i = 0; i < count; i++)
        words[i] = i;
    struct twz_system_info before = system_info();
    bool good = true;
    for (unsigned i = 0; i < 1000000; i++) {
        unsigned at = i * 7919 % count;
        good = good && words[at] % count == at;
        words[at] += count;
    }
    struct twz_system_info after = system_info();
    check(good && after.page_faults == before.page_faults &&
              after.system_calls == before.system_calls + 1,
          "P1 1,000,000 warm loads and stores enter the kernel 0 times");

    unmap((uint64_t)words);
    words = (volatile uint64_t *)(map(object, 1, 64, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE);
    uint64_t faults[3];
    faults[0] = system_info().page_faults;
    good = words[0] != 0;
    faults[1] = system_info().page_faults;
    good = good && words[0] != 0 && words[1] != 0;
    faults[2] = system_info().page_faults;
    check(good && faults[1] == faults[0] + 1, "P33 the first access to a slot maps it");
    check(good && faults[2] == faults[1], "P33 the second does not enter the kernel");
    object_delete(object);
    unmap((uint64_t)words);
}

/* The longest time that a thread waits for its turn while another one makes a system call with two
 * arguments, both in `mine`: their turns take a tick each, and nobody else's count. */
static uint64_t longest_wait(const struct compartment *mine, uint64_t number, uint64_t first,
                             uint64_t second)
{
    struct compartment other = *mine;
    struct twz_id shared = object_create();
    uint64_t page = map(shared, 1, 1, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    volatile uint64_t *w = (volatile uint64_t *)page;
    grant(mine, shared, TWZ_READ | TWZ_WRITE);
    compartment_stack(&other);
    w[0] = number;
    w[1] = first;
    w[2] = second;
    const struct compartment *on[] = {mine, &other};
    compartment_function *const functions[] = {f_watch_clock, f_syscall_and_mark};
    for (unsigned i = 0; i < 2; i++) {
        struct twz_thread_spec spec = {
            .context = mine->context, .entry = (uint64_t)functions[i], .argument = page};
        struct twz_id thread;
        twz_syscall2(TWZ_SYS_THREAD_CREATE, (uint64_t)&spec, (uint64_t)&thread);
        sys_id(TWZ_SYS_THREAD_SCHEDULE, thread, TWZ_PRIORITY_DEFAULT + 1, 1);
        compartment_bind(on[i], thread);
    }
    while (w[9] == 0)
        twz_syscall0(TWZ_SYS_THREAD_YIELD);
    uint64_t longest = w[10];
    unmap(page);
    return longest;
}

/* A chain of 20,000 goes with its first object, and others have their turns meanwhile. */
static void test_long_chain(void)
{
    struct compartment mine = compartment_create();
    struct twz_id first = object_create(), last = first;
    grant(&mine, first, TWZ_DELETE);
    struct twz_system_info before = system_info();
    for (unsigned i = 0; i < 20000; i++) {
        struct twz_id next = object_create();
        sys_ids(TWZ_SYS_OBJECT_TIE, next, last, 0);
        last = next;
    }
    uint64_t longest = longest_wait(&mine, TWZ_SYS_OBJECT_DELETE, first.hi, first.lo);
    check(system_info().objects < before.objects + 10, "a chain of 20,000 objects is deleted");
    check(longest > 0 && longest < TURN_AND_MORE, "and nobody waits for more than a turn and 2 ms");
}

/* The largest object that there is, of one frame again and again. */
static struct twz_id large_object(void)
{
    struct twz_id id = object_create();
    uint64_t slot = map(id, 1, 1, TWZ_READ | TWZ_WRITE);
    *(volatile uint64_t *)(slot + TWZ_OBJECT_BASE) = 1;
    unmap(slot);
    for (uint64_t done = TWZ_PAGE_SIZE, all = TWZ_SLOT_SIZE - TWZ_PAGE_SIZE, step; done < all;
         done += step) {
        step = done < all - done ? done : all - done;
        struct twz_copy_spec spec = {id, id, TWZ_OBJECT_BASE, TWZ_OBJECT_BASE + done, step};
        twz_syscall1(TWZ_SYS_OBJECT_COPY, (uint64_t)&spec);
    }
    return id;
}

static void test_large(void)
{
    struct compartment mine = compartment_create(), full = compartment_create();
    struct twz_id large = large_object(), copy = object_create(), shared = object_create();
    uint64_t slot = map(shared, 1, 1, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    struct twz_copy_spec *spec = (struct twz_copy_spec *)slot;
    *spec = (struct twz_copy_spec){large, copy, TWZ_OBJECT_BASE, TWZ_OBJECT_BASE,
                                   TWZ_SLOT_SIZE - TWZ_PAGE_SIZE};
    grant(&mine, shared, TWZ_READ);
    grant(&mine, large, TWZ_READ | TWZ_DELETE);
    grant(&mine, copy, TWZ_WRITE);
    uint64_t longest = longest_wait(&mine, TWZ_SYS_OBJECT_COPY, (uint64_t)spec, 0);
    struct twz_object_info info = {0};
    sys_id(TWZ_SYS_OBJECT_INFO, copy, (uint64_t)&info, 0);
    check(info.pages_resident == TWZ_OBJECT_PAGES - 1, "a whole object of 1 GiB is copied");
    check(longest > 0 && longest < TURN_AND_MORE, "and nobody waits for more than a turn and 2 ms");
    longest = longest_wait(&mine, TWZ_SYS_OBJECT_DELETE, large.hi, large.lo);
    check(!exists(large), "and deleted");
    check(longest > 0 && longest < TURN_AND_MORE, "and nobody waits for more than a turn and 2 ms");

    static struct twz_id held[TWZ_CAPABILITIES_MAX - 8];
    for (unsigned i = 0; i < COUNT(held); i++) {
        held[i] = object_create();
        grant(&full, held[i], TWZ_READ);
    }
    grant(&mine, full.context, TWZ_DELETE);
    longest = longest_wait(&mine, TWZ_SYS_OBJECT_DELETE, full.context.hi, full.context.lo);
    check(!exists(full.context) && exists(held[0]),
          "a context with 16,000 capabilities is deleted");
    check(longest > 0 && longest < TURN_AND_MORE, "and nobody waits for more than a turn and 2 ms");
    for (unsigned i = 0; i < COUNT(held); i++)
        delete (held[i]);
    delete (copy);
    unmap(slot);
}

void test_ties(void)
{
    c = compartment_create();
    test_orders();
    test_chain();
    test_parents_together();
    test_refusals();
    test_rights_needed();
    test_threads_and_views();
    test_access();
    test_long_chain();
    test_large();
}
