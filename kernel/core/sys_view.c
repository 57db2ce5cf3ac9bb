/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls on views as objects. Those on the view that the calling thread is in are in
 * sys_context.c. */
#include "gate.h"
#include "syscall.h"

int64_t k_sys_VIEW_CREATE(struct k_call *call)
{
    struct twz_id source_id = k_arg_id(call, 0);
    const struct k_view *source = NULL;
    if (source_id.hi != 0 || source_id.lo != 0)
        source = k_call_view(call, source_id, TWZ_READ);
    if (call->error != TWZ_OK)
        return -(int64_t)call->error;
    struct k_view *view = source != NULL ? k_view_copy(source) : k_view_create();
    return view == NULL ? -TWZ_ENOMEM : k_call_give(call, TWZ_OK, view->object, call->a[2]);
}

int64_t k_sys_VIEW_SET(struct k_call *call)
{
    struct twz_view_entry entry;
    if (!k_copy_from_user(&entry, call->a[0], sizeof entry))
        return -TWZ_EFAULT;
    struct k_view *view = k_call_view(call, entry.view, TWZ_WRITE);
    if (view == NULL)
        return -(int64_t)call->error;
    if (entry.slot >= K_SLOTS || entry.range_count > TWZ_RANGES_MAX)
        return -TWZ_EINVAL;
    if (entry.object.hi == 0 && entry.object.lo == 0)
        return -(int64_t)k_view_unmap(view, entry.slot);
    struct k_object *object = k_call_object(call, entry.object, 0);
    if (object == NULL)
        return -(int64_t)call->error;
    return -(int64_t)k_view_replace(view, entry.slot, object, entry.ranges, entry.range_count);
}

/* ---- Become ---- */

/* The thread sees `root` from now on; the rest of the activation is the caller's business. */
static void enter(struct k_call *call, struct k_root *root)
{
    struct k_thread *thread = call->thread;
    struct k_activation *activation = thread->top;
    activation->kind = K_ACTIVATION_BECOME;
    activation->previous = thread->binding->root;
    activation->became = root;
    root->users++;
    k_trap_save(call->trap, &activation->saved);
    k_set_root(thread->binding, thread->context, root);
    k_enter(thread, activation, thread->context, thread->binding, k_trap_stack(call->trap));
}

/* On success the entry runs in the view and call->trap is its start. Whatever can be wrong with it
 * is found before anything changes. */
static enum twz_error become(struct k_call *call)
{
    struct twz_become_spec spec;
    struct k_thread *thread = call->thread;
    if (!k_copy_from_user(&spec, call->a[0], sizeof spec))
        return TWZ_EFAULT;
    struct k_view *view = k_call_view(call, spec.view, TWZ_USE);
    if (view == NULL)
        return call->error;
    if (thread->context == k_monitor)
        return TWZ_EINVAL;
    if (thread->top > &thread->activations[TWZ_GATE_DEPTH])
        return TWZ_EDEPTH;
    uint64_t back = k_view_return_address(view);
    if (back == 0)
        return TWZ_ENOENT;
    struct k_root *root = k_root_at(view, thread->context);
    if (root == NULL)
        return TWZ_ENOMEM;
    uint64_t stack = k_stack_below(thread->binding, k_trap_stack(call->trap)) - sizeof back;
    if (!k_root_may(root, spec.entry, TWZ_EXECUTE) || !k_root_may(root, stack, TWZ_WRITE))
        return TWZ_EPERM;
    if (!k_has_stack(thread->binding, stack, 0) || !k_root_write(root, stack, &back, sizeof back))
        return TWZ_EDEPTH;
    enter(call, root);
    k_vectors_clear();
    k_trap_start(call->trap, spec.entry, stack, spec.argument);
    return TWZ_OK;
}

int64_t k_sys_VIEW_BECOME(struct k_call *call)
{
    return k_call_started(call, become(call));
}
