/* SPDX-License-Identifier: BSD-2-Clause */
/* A compartment that uses up all memory gets an error; the others go on, and all of it comes back.
 */
#include "functions.h"

#define OBJECT_PAGES (TWZ_OBJECT_PAGES - 1)

/* Touches an object's pages until memory ends; returns how many there were. */
static uint64_t use_up_pages(void)
{
    struct compartment c = compartment_create();
    struct twz_id object = object_create();
    uint64_t slot = map(object, 1, OBJECT_PAGES, TWZ_READ | TWZ_WRITE);
    grant(&c, object, TWZ_READ | TWZ_WRITE);
    uint64_t before = upcalls;
    call(&c, f_touch_all, slot + TWZ_OBJECT_BASE);
    uint64_t pages = (upcall.address - slot) / TWZ_PAGE_SIZE - 1;
    check(upcalls == before + 1 && upcall.rule == TWZ_RULE_NO_MEMORY,
          "a compartment that touches page after page is stopped when memory ends");
    struct twz_id own = object_create();
    uint64_t address = map(own, 1, 4, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    f_write(address);
    check(f_read(address) == 0x5a, "the monitor still gets memory");
    unmap(address - TWZ_OBJECT_BASE);
    object_delete(own);
    unmap(slot);
    object_delete(object);
    sys_id(TWZ_SYS_OBJECT_DELETE, c.context, 0, 0);
    unmap(c.locator - TWZ_PAGE_SIZE);
    object_delete(c.stack);
    return pages;
}

static void use_up_objects(void)
{
    struct compartment c = compartment_create();
    equal((uint64_t)call(&c, f_create_all, 0), (uint64_t)-TWZ_ELIMIT,
          "a compartment that creates object after object gets an error");
    check(sys_id(TWZ_SYS_OBJECT_DELETE, c.context, 0, 0) == 0,
          "objects that nobody can reach any more are freed with the last capability");
    unmap(c.locator - TWZ_PAGE_SIZE);
    object_delete(c.stack);
    struct compartment d = compartment_create();
    equal((uint64_t)call(&d, f_create_all, 0), (uint64_t)-TWZ_ELIMIT,
          "and another can create as many");
    sys_id(TWZ_SYS_OBJECT_DELETE, d.context, 0, 0);
    unmap(d.locator - TWZ_PAGE_SIZE);
    object_delete(d.stack);
}

/* Contexts and threads, by the monitor: the kernel says no and undoes what it began. */
static void use_up_contexts(void)
{
    static struct twz_id contexts[4096];
    unsigned n = 0;
    int64_t result = 0;
    while (result == 0 && n < COUNT(contexts))
        result = twz_syscall1(TWZ_SYS_CONTEXT_CREATE, (uint64_t)&contexts[n++]);
    check(result == -TWZ_ENOMEM && n > 1000, "contexts end with an error");
    for (unsigned i = 0; i + 1 < n; i++)
        object_delete(contexts[i]);
    struct compartment c = compartment_create();
    struct twz_thread_spec spec = {.context = c.context, .entry = 0x1000};
    unsigned threads = 0;
    do
        result = twz_syscall2(TWZ_SYS_THREAD_CREATE, (uint64_t)&spec, (uint64_t)&contexts[threads]);
    while (result == 0 && ++threads < COUNT(contexts));
    check(result == -TWZ_ENOMEM && threads > 100, "threads end with an error");
    for (unsigned i = 0; i < threads; i++)
        object_delete(contexts[i]);
    equal((uint64_t)call(&c, f_identity, 5), 5, "and afterwards everything works");
}

/* What a thread takes in the kernel is the context's that it belongs to, and comes back. */
static void use_up_quota(void)
{
    struct compartment poor = compartment_create(), other = compartment_create();
    static struct twz_id threads[64];
    unsigned counts[2];
    sys_id(TWZ_SYS_CONTEXT_LIMIT, poor.context, 100, 0);
    for (unsigned round = 0; round < 2; round++) {
        struct twz_thread_spec spec = {.context = poor.context, .entry = (uint64_t)f_exit};
        unsigned n = 0;
        int64_t status = 0;
        while (n < COUNT(threads) && status == 0) {
            status = twz_syscall2(TWZ_SYS_THREAD_CREATE, (uint64_t)&spec, (uint64_t)&threads[n]);
            n += status == 0;
        }
        counts[round] = status == -TWZ_ENOMEM ? n : 0;
        spec.context = other.context;
        check(twz_syscall2(TWZ_SYS_THREAD_CREATE, (uint64_t)&spec, (uint64_t)&other.stack) == 0,
              "others have threads as ever");
        object_delete(other.stack);
        while (n > 0)
            object_delete(threads[--n]);
    }
    check(counts[0] > 1 && counts[0] < 10 && counts[0] == counts[1],
          "threads take of the share of their context, and give it back");
}

static void use_up_gates(void)
{
    struct compartment c = compartment_create();
    struct twz_gate_spec spec = gate_spec(&c, g_sum3);
    int64_t gate;
    do
        gate = twz_syscall1(TWZ_SYS_GATE_PUBLISH, (uint64_t)&spec);
    while (gate >= 0);
    equal((uint64_t)gate, (uint64_t)-TWZ_ELIMIT, "gates end with an error");
    grant_gate(&c, TWZ_GATES_MAX - 1);
    equal((uint64_t)call(&c, f_call_gate, (uint64_t)stub(TWZ_GATES_MAX - 1)), 0,
          "and the last one works");
}

void test_exhaustion(void)
{
    while (fresh_slot() % 128 > 64) /* the view's object has a page for so many slots */
        ;
    (void)use_up_pages(); /* what the kernel keeps for itself, once */
    uint64_t first = use_up_pages(), second = use_up_pages();
    equal(second, first, "as many pages come back as were used up");
    use_up_objects();
    use_up_contexts();
    use_up_quota();
    use_up_gates();
    check(use_up_pages() > 1000, "and memory can be used again");
}
