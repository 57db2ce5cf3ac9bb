/* SPDX-License-Identifier: BSD-2-Clause */
#include "thread.h"
#include "attach.h"
#include "frame.h"
#include "gate.h"
#include "overlay.h"
#include "schedule.h"
#include "tie.h"

static struct k_thread *all_threads;
static struct k_thread *corpse; /* has ended on its own kernel stack, which is still in use */

/* ---- Life ---- */

struct k_thread *k_thread_create(struct k_context *home, const struct twz_thread_spec *spec)
{
    k_thread_bury();
    struct k_thread *thread = k_thread_memory();
    if (thread == NULL)
        return NULL;
    thread->object = k_object_create(K_OBJECT_THREAD, thread);
    if (thread->object == NULL) {
        k_thread_memory_free(thread);
        return NULL;
    }
    thread->state = k_object_state_page(thread->object, 1);
    *thread->state = (struct twz_thread_state){
        .id = thread->object->id,
        .status = TWZ_THREAD_NEW,
        .priority = TWZ_PRIORITY_DEFAULT,
        .slice = 1,
        .home = home->object->id,
        .active = home->object->id,
    };
    thread->context = home;
    thread->home = home;
    thread->entry = spec->entry;
    thread->argument = spec->argument;
    thread->argument2 = spec->argument2;
    thread->clear = spec->clear;
    thread->top = &thread->activations[1];
    k_vectors_init(&thread->vectors);
    thread->all_next = all_threads;
    all_threads = thread;
    k_system.threads++;
    return thread;
}

static void release(struct k_thread *thread)
{
    for (unsigned i = 0; i < K_BINDING_TABLES; i++) {
        if (thread->bindings[i] != NULL)
            k_frame_drop((uint64_t)thread->bindings[i] - (uint64_t)k_direct(0));
    }
    k_thread_memory_free(thread);
}

/* Who waits for the end of the thread: at the word that its creator named, and at its status. */
static void tell(struct k_thread *thread)
{
    static const uint32_t zero = 0;
    const struct k_mapping *mapping =
        thread->clear == 0 ? NULL : k_view_at_address(thread->home->root.view, thread->clear);
    if (mapping != NULL && k_root_write(&thread->home->root, thread->clear, &zero, sizeof zero))
        k_wake(mapping->object, thread->clear % TWZ_SLOT_SIZE, UINT32_MAX);
    k_wake(thread->object, TWZ_OBJECT_BASE + offsetof(struct twz_thread_state, status), UINT32_MAX);
}

static void end(struct k_thread *thread)
{
    for (struct k_activation *a = &thread->activations[1]; a < thread->top; a++) {
        if (a->kind == K_ACTIVATION_BECOME)
            a->became->users--;
        if (a->overlay != NULL)
            k_overlay_drop(a);
    }
    struct k_thread **link = &all_threads;
    while (*link != thread)
        link = &(*link)->all_next;
    *link = thread->all_next;
    k_system.threads--;
    k_schedule_remove(thread);
    thread->state->status = TWZ_THREAD_EXITED;
    thread->object->state = NULL;
    tell(thread);
    k_tie_cut(thread->object);
}

static bool is_called(const struct k_thread *thread)
{
    bool called = false;
    for (const struct k_activation *a = &thread->activations[1]; a < thread->top; a++)
        called |= a->kind != K_ACTIVATION_RAISED && a->kind != K_ACTIVATION_BECOME;
    return called;
}

int64_t k_thread_delete(struct k_thread *thread)
{
    if (is_called(thread)) {
        thread->doomed = thread->turn.owed = true;
        if (thread->context == thread->home)
            k_wake_thread(thread);
        return 1;
    }
    if (thread == k_thread_current())
        return -TWZ_EBUSY;
    struct k_object *object = thread->object;
    end(thread);
    release(thread);
    k_object_delete(object);
    return 0;
}

bool k_thread_check_doom(struct k_thread *thread, struct k_trap *trap)
{
    if (!thread->doomed)
        return false;
    if (!is_called(thread))
        k_thread_exit();
    bool ends = thread->context == thread->home;
    if (ends)
        k_end_activation(thread, trap, -TWZ_EDEAD, -TWZ_EDEAD);
    thread->turn.owed = true;
    return ends;
}

void k_thread_bury(void)
{
    if (corpse == NULL || corpse == k_thread_current())
        return;
    if (corpse->doomed)
        k_object_delete(corpse->object);
    release(corpse);
    corpse = NULL;
}

void k_thread_exit(void)
{
    struct k_thread *thread = k_thread_current();
    k_thread_bury();
    end(thread);
    corpse = thread;
    k_schedule_next();
    __builtin_unreachable();
}

static void start(struct k_thread *thread)
{
    /* As if the entry had been called: 16-byte aligned before the return address. */
    const uint64_t arguments[6] = {thread->argument, thread->argument2};
    k_trap_call(k_thread_trap(thread), thread->entry, thread->binding->rsp - 8, arguments);
    k_thread_prepare(thread);
    k_schedule_add(thread);
}

/* Whether every page of [low, high), in one slot, gives the context all of `rights`: one look per
 * range, so that a large stack takes no longer than a small one. */
static bool all_pages(const struct k_context *context, uint64_t low, uint64_t high, uint32_t rights)
{
    enum twz_rule rule = TWZ_RULE_NONE;
    while (low < high && rule == TWZ_RULE_NONE) {
        k_root_rights(&context->root, low, rights, &rule);
        const struct k_mapping *mapping = k_view_at_address(context->root.view, low);
        if (rule == TWZ_RULE_NONE)
            low += k_ranges_left(k_root_ranges(&context->root, mapping),
                                 (uint32_t)(low % TWZ_SLOT_SIZE / TWZ_PAGE_SIZE)) *
                   TWZ_PAGE_SIZE;
    }
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
    uint32_t rights = k_root_rights(&context->root, spec->locator, TWZ_READ, &rule);
    const struct k_mapping *mapping = k_view_at_address(context->root.view, spec->locator);
    uint32_t page = (uint32_t)(spec->locator % TWZ_SLOT_SIZE / TWZ_PAGE_SIZE);
    return rights == TWZ_READ && k_object_denied(mapping->object, page) == 0 ? TWZ_OK : TWZ_EPERM;
}

enum twz_error k_thread_bind(struct k_thread *thread, struct k_context *context,
                             const struct twz_bind_spec *spec)
{
    if (k_thread_binding(thread, context) != NULL || k_thread_is_away(thread, context))
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
                                  .root = &context->root,
                                  .space = context->root.space.root};
    binding->rsp = k_stack_start(binding);
    binding->bound =
        k_write_return(context, binding->rsp, k_view_return_address(context->root.view));
    if (!binding->bound)
        return TWZ_ENOMEM;
    if (thread->state->status == TWZ_THREAD_NEW && thread->home == context) {
        thread->binding = binding;
        start(thread);
    }
    return TWZ_OK;
}

bool k_thread_uses(const struct k_thread *thread, const struct k_context *context)
{
    bool uses = thread->context == context;
    for (const struct k_activation *a = &thread->activations[1]; a < thread->top; a++)
        uses |= a->caller == context;
    return uses || k_is_undetachable(thread, context);
}

bool k_threads_use(const struct k_context *context)
{
    bool uses = false;
    for (const struct k_thread *t = all_threads; t != NULL; t = t->all_next)
        uses |= k_thread_uses(t, context);
    return uses;
}

void k_threads_unbind(const struct k_context *context)
{
    for (struct k_thread *t = all_threads; t != NULL; t = t->all_next) {
        struct k_binding *binding = k_thread_binding(t, context);
        if (binding != NULL)
            binding->bound = false;
        k_detach(t, context);
    }
}
