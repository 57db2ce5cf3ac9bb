/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each allocation of each system call fails in turn, in kernel-fail.elf: the call says so, and when
 * what it was about is gone, as many frames are free and as many objects exist as before.
 */
#include "functions.h"

#define MAGIC 0xfa11ull

static struct twz_id made, other, context, thread;
static uint64_t source_slot, allocation; /* that fails, with the call's mark */
static struct twz_id source;

static int64_t sys(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
    register uint64_t r10 __asm__("r10") = d;
    register uint64_t r8 __asm__("r8") = e;
    register uint64_t r9 __asm__("r9") = 0;
    int64_t result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9),
                       "b"(allocation)
                     : "rcx", "r11", "memory");
    return result;
}

static void delete (struct twz_id id)
{
    (void)sys_id(TWZ_SYS_OBJECT_DELETE, id, 0, 0);
}

static void nothing(void)
{
}

static void make_object(void)
{
    made = object_create();
}

static void make_two(void)
{
    made = object_create();
    other = object_create();
}

static void make_context(void)
{
    made = object_create();
    (void)twz_syscall1(TWZ_SYS_CONTEXT_CREATE, (uint64_t)&context);
}

static void make_view(void)
{
    made = object_create();
    (void)twz_syscall3(TWZ_SYS_VIEW_CREATE, 0, 0, (uint64_t)&other);
}

static struct compartment bound;
static void make_thread(void)
{
    bound = compartment_create();
    struct twz_thread_spec spec = {.context = bound.context, .entry = (uint64_t)f_exit};
    (void)twz_syscall2(TWZ_SYS_THREAD_CREATE, (uint64_t)&spec, (uint64_t)&thread);
}

static int64_t create(void)
{
    static struct twz_object_spec spec;
    return sys(TWZ_SYS_OBJECT_CREATE, (uint64_t)&spec, (uint64_t)&made, 0, 0, 0);
}

static int64_t create_copy(void)
{
    static struct twz_object_spec spec;
    spec.copy =
        (struct twz_copy_spec){source, {0, 0}, TWZ_PAGE_SIZE, TWZ_PAGE_SIZE, 600 * TWZ_PAGE_SIZE};
    return sys(TWZ_SYS_OBJECT_CREATE, (uint64_t)&spec, (uint64_t)&made, 0, 0, 0);
}

static int64_t copy(void)
{
    static struct twz_copy_spec spec;
    spec = (struct twz_copy_spec){source, made, TWZ_PAGE_SIZE, TWZ_PAGE_SIZE, 600 * TWZ_PAGE_SIZE};
    return sys(TWZ_SYS_OBJECT_COPY, (uint64_t)&spec, 0, 0, 0, 0);
}

static int64_t tie(void)
{
    return sys(TWZ_SYS_OBJECT_TIE, made.hi, made.lo, other.hi, other.lo, 0);
}

static int64_t create_context(void)
{
    return sys(TWZ_SYS_CONTEXT_CREATE, (uint64_t)&made, 0, 0, 0, 0);
}

static int64_t grant_it(void)
{
    return sys(TWZ_SYS_CONTEXT_GRANT, context.hi, context.lo, made.hi, made.lo, TWZ_READ);
}

static int64_t mask_it(void)
{
    return sys(TWZ_SYS_CONTEXT_MASK, context.hi, context.lo, made.hi, made.lo, TWZ_READ);
}

static int64_t hurry(void)
{
    return sys(TWZ_SYS_CONTEXT_GRANT_GATE, context.hi, context.lo, 0, 1000000, 0);
}

static int64_t create_view(void)
{
    return sys(TWZ_SYS_VIEW_CREATE, 0, 0, (uint64_t)&made, 0, 0);
}

static int64_t copy_view(void)
{
    return sys(TWZ_SYS_VIEW_CREATE, boot.view.hi, boot.view.lo, (uint64_t)&made, 0, 0);
}

static int64_t set_slot(void)
{
    static struct twz_view_entry entry;
    entry = (struct twz_view_entry){
        .view = other, .object = made, .slot = 5000, .range_count = 1, .ranges = {{1, 1, 1, 0}}};
    return sys(TWZ_SYS_VIEW_SET, (uint64_t)&entry, 0, 0, 0, 0);
}

static int64_t create_thread(void)
{
    static struct twz_thread_spec spec;
    spec = (struct twz_thread_spec){.context = bound.context, .entry = (uint64_t)f_exit};
    return sys(TWZ_SYS_THREAD_CREATE, (uint64_t)&spec, (uint64_t)&made, 0, 0, 0);
}

static int64_t bind_thread(void)
{
    static struct twz_bind_spec spec;
    spec = (struct twz_bind_spec){thread, bound.context, bound.stack_low, bound.stack_high,
                                  bound.locator};
    return sys(TWZ_SYS_THREAD_BIND, (uint64_t)&spec, 0, 0, 0, 0);
}

static int64_t look(void)
{
    return sys(TWZ_SYS_THREAD_WAKE, made.hi, made.lo, TWZ_PAGE_SIZE, 1, 0) +
           sys(TWZ_SYS_THREAD_SLEEP, made.hi, made.lo, TWZ_PAGE_SIZE, 1, 0);
}

static const struct operation {
    const char *name;
    void (*before)(void);
    int64_t (*call)(void);
} operations[] = {
    {"OBJECT_CREATE", nothing, create},          {"OBJECT_CREATE of a copy", nothing, create_copy},
    {"OBJECT_COPY", make_object, copy},          {"OBJECT_TIE", make_two, tie},
    {"CONTEXT_CREATE", nothing, create_context}, {"CONTEXT_GRANT", make_context, grant_it},
    {"CONTEXT_MASK", make_context, mask_it},     {"CONTEXT_GRANT_GATE", make_context, hurry},
    {"VIEW_CREATE", nothing, create_view},       {"VIEW_CREATE of a copy", nothing, copy_view},
    {"VIEW_SET", make_view, set_slot},           {"THREAD_CREATE", make_thread, create_thread},
    {"THREAD_BIND", make_thread, bind_thread},   {"THREAD_SLEEP", make_object, look},
};

static struct twz_system_info now(void)
{
    struct twz_system_info info = {0};
    (void)twz_syscall1(TWZ_SYS_SYSTEM_INFO, (uint64_t)&info);
    return info;
}

static void clean(void)
{
    struct twz_id none = {0, 0}, *all[] = {&made, &thread, &other, &context};
    for (unsigned i = 0; i < COUNT(all); i++) {
        if (all[i]->hi != 0)
            delete (*all[i]);
        *all[i] = none;
    }
    if (bound.context.hi == 0)
        return;
    for (unsigned i = 0; i < 2; i++) /* what has started ends */
        twz_syscall0(TWZ_SYS_THREAD_YIELD);
    delete (bound.context);
    unmap(bound.stack_low / TWZ_SLOT_SIZE * TWZ_SLOT_SIZE);
    delete (bound.stack);
    bound = (struct compartment){0};
}

/* One try with the n-th allocation failing (0: none). */
static int64_t try(const struct operation *o, uint64_t mark, uint64_t n, bool *even)
{
    struct twz_system_info before = now();
    o->before();
    allocation = n == 0 ? 0 : MAGIC << 48 | mark << 16 | n;
    int64_t result = o->call();
    allocation = 0;
    clean();
    struct twz_system_info after = now();
    *even = before.frames_free == after.frames_free && before.objects == after.objects &&
            before.threads == after.threads;
    return result;
}

void run(void)
{
    source = object_create();
    source_slot = map(source, 1, 1024, TWZ_READ | TWZ_WRITE);
    *(volatile char *)(source_slot + 2 * TWZ_PAGE_SIZE) = 1;
    *(volatile char *)(source_slot + 555 * TWZ_PAGE_SIZE) = 1;
    struct compartment self = {.context = boot.context};
    (void)publish(&(struct twz_gate_spec){
        .context = self.context, .entry = (uint64_t)g_return, .isolation = TWZ_ISOLATE_BOTH});
    for (unsigned i = 0; i < COUNT(operations); i++) {
        const struct operation *o = &operations[i];
        bool even, all = true, none = false;
        uint64_t n = 0, failed = 0;
        for (unsigned warm = 0; warm < 3; warm++)
            none = try(o, 0, 0, &even) >= 0;
        int64_t result = -TWZ_ENOMEM;
        for (n = 1; result == -TWZ_ENOMEM && n < 200; n++) {
            result = try(o, i + 1, n, &even);
            failed += result == -TWZ_ENOMEM;
            all = all && even;
        }
        check((none || o->call == look) && all && failed > 0 && n < 200, o->name);
        print("# allocations that failed: ");
        print_number(failed);
        print(", each call leaves as much memory and as many objects as there were\n");
    }
}
