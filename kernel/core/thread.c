/* SPDX-License-Identifier: BSD-2-Clause */
#include "thread.h"
#include "frame.h"
#include "log.h"

/* Threads that can run, the running one first. Round robin: whoever yields goes to the end. */
static struct k_thread *run_first, *run_last;
static struct k_thread *all_threads;

static void enqueue(struct k_thread *thread)
{
    thread->next = NULL;
    if (run_last != NULL)
        run_last->next = thread;
    else
        run_first = thread;
    run_last = thread;
}

static void dequeue(struct k_thread *thread)
{
    struct k_thread **link = &run_first, *before = NULL;
    for (; *link != NULL && *link != thread; link = &before->next)
        before = *link;
    if (*link == NULL)
        return;
    *link = thread->next;
    if (run_last == thread)
        run_last = before;
}

/* ---- Life ---- */

struct k_thread *k_thread_create(struct k_context *context, uint64_t entry, uint64_t argument)
{
    struct k_thread *thread = k_thread_memory();
    if (thread == NULL)
        return NULL;
    thread->object = k_object_create(K_OBJECT_THREAD, thread);
    if (thread->object == NULL) {
        k_thread_memory_free(thread);
        return NULL;
    }
    thread->context = context;
    thread->entry = entry;
    thread->argument = argument;
    thread->top = &thread->activations[1];
    k_vectors_init(&thread->vectors);
    thread->all_next = all_threads;
    all_threads = thread;
    return thread;
}

void k_thread_destroy(struct k_thread *thread)
{
    k_assert(thread != k_thread_current());
    dequeue(thread);
    struct k_thread **link = &all_threads;
    while (*link != thread)
        link = &(*link)->all_next;
    *link = thread->all_next;
    for (unsigned i = 0; i < K_BINDING_TABLES; i++) {
        if (thread->bindings[i] != NULL)
            k_frame_drop((uint64_t)thread->bindings[i] - (uint64_t)k_direct(0));
    }
    k_object_delete(thread->object);
    k_thread_memory_free(thread);
}

static void start(struct k_thread *thread)
{
    /* As if the entry had been called: 16-byte aligned before the return address. */
    k_trap_start(k_thread_trap(thread), thread->entry, thread->binding->rsp - 8, thread->argument);
    k_thread_prepare(thread);
    thread->started = true;
    enqueue(thread);
}

/* Whether every page of [low, high) gives the context all of `rights`. */
static bool all_pages(const struct k_context *context, uint64_t low, uint64_t high, uint32_t rights)
{
    enum twz_rule rule = TWZ_RULE_NONE;
    for (uint64_t at = low; at < high && rule == TWZ_RULE_NONE; at += TWZ_PAGE_SIZE)
        k_effective_rights(context, at, rights, &rule);
    return rule == TWZ_RULE_NONE;
}

static enum twz_error check_bind(const struct k_context *context, const struct twz_bind_spec *spec)
{
    uint64_t low = spec->stack_low, high = spec->stack_high;
    if (low % TWZ_PAGE_SIZE != 0 || high % TWZ_PAGE_SIZE != 0 || low >= high ||
        spec->locator % TWZ_PAGE_SIZE != 0 || low / TWZ_SLOT_SIZE != (high - 1) / TWZ_SLOT_SIZE)
        return TWZ_EINVAL;
    if (!all_pages(context, low, high, TWZ_READ | TWZ_WRITE))
        return TWZ_EPERM;
    enum twz_rule rule;
    uint32_t rights = k_effective_rights(context, spec->locator, TWZ_READ, &rule);
    return rights == TWZ_READ ? TWZ_OK : TWZ_EPERM;
}

enum twz_error k_thread_bind(struct k_thread *thread, struct k_context *context,
                             const struct twz_bind_spec *spec)
{
    if (k_thread_binding(thread, context) != NULL)
        return TWZ_EEXIST;
    enum twz_error error = check_bind(context, spec);
    if (error != TWZ_OK)
        return error;
    struct k_binding **table = &thread->bindings[context->index / K_BINDINGS_PER];
    if (*table == NULL) {
        k_phys frame = k_frame_alloc(K_FRAME_KERNEL);
        if (frame == 0)
            return TWZ_ENOMEM;
        *table = k_direct(frame);
    }
    struct k_binding *binding = &(*table)[context->index % K_BINDINGS_PER];
    *binding = (struct k_binding){.stack_low = spec->stack_low,
                                  .stack_high = spec->stack_high,
                                  .locator = spec->locator,
                                  .rsp = spec->stack_high,
                                  .bound = true};
    if (!thread->started && thread->context == context) {
        thread->binding = binding;
        start(thread);
    }
    return TWZ_OK;
}

static bool uses_context(const struct k_thread *thread, const struct k_context *context)
{
    if (thread->exited)
        return false;
    bool uses = thread->context == context;
    for (const struct k_activation *a = &thread->activations[1]; a < thread->top; a++)
        uses |= a->caller == context;
    return uses;
}

bool k_threads_use(const struct k_context *context)
{
    bool uses = false;
    for (const struct k_thread *t = all_threads; t != NULL; t = t->all_next)
        uses |= uses_context(t, context);
    return uses;
}

void k_threads_unbind(const struct k_context *context)
{
    for (struct k_thread *t = all_threads; t != NULL; t = t->all_next) {
        struct k_binding *binding = k_thread_binding(t, context);
        if (binding != NULL)
            binding->bound = false;
    }
}

/* ---- Scheduling ---- */

static void switch_to(struct k_thread *next)
{
    struct k_thread *before = k_thread_current();
    if (next != before)
        k_thread_switch(before, next);
}

void k_thread_yield(void)
{
    dequeue(k_thread_current());
    enqueue(k_thread_current());
    switch_to(run_first);
}

void k_thread_preempt(void)
{
    struct k_thread *current = k_thread_current();
    if (current != NULL && current->context != k_monitor && !current->exited)
        k_thread_yield();
}

void k_thread_exit(void)
{
    dequeue(k_thread_current());
    k_thread_current()->exited = true;
    /* Nothing can wake a thread yet, so an empty queue stays empty. */
    if (run_first == NULL) {
        k_log(K_ERROR, "the last thread that could run has ended");
        k_shutdown(K_EXIT_IDLE);
    }
    switch_to(run_first);
    __builtin_unreachable();
}

void k_thread_run_first(void)
{
    switch_to(run_first);
    __builtin_unreachable();
}
