/* SPDX-License-Identifier: BSD-2-Clause */
/* Attachments, and the system calls by which a thread gets at the rights of other contexts and
 * drops them. */
#include "attach.h"
#include "gate.h"
#include "syscall.h"

enum twz_error k_attach(struct k_thread *thread, struct k_context *context, bool undetachable)
{
    struct k_attachments *a = &thread->attachments;
    uint32_t word = context->index / 64;
    uint64_t bit = 1ull << context->index % 64;
    if (context == k_monitor)
        return TWZ_EPERM;
    if ((a->attached[word] & bit) == 0) {
        if (a->count == TWZ_ATTACHMENTS_MAX)
            return TWZ_ELIMIT;
        a->attached[word] |= bit;
        a->count++;
    }
    if (undetachable)
        a->undetachable[word] |= bit;
    return TWZ_OK;
}

void k_detach(struct k_thread *thread, const struct k_context *context)
{
    struct k_attachments *a = &thread->attachments;
    uint64_t bit = 1ull << context->index % 64;
    if (!k_is_attached(thread, context))
        return;
    a->attached[context->index / 64] &= ~bit;
    a->undetachable[context->index / 64] &= ~bit;
    a->count--;
}

enum twz_error k_attach_inherit(struct k_thread *thread, const struct k_thread *maker)
{
    thread->attachments = maker->attachments;
    if (thread->context == k_monitor)
        return TWZ_OK;
    return k_attach(thread, thread->context, false);
}

/* The thread that an ID at a[first] means: the calling one when it is zero, else one that the
 * active context may write. */
static struct k_thread *thread_at(struct k_call *call, unsigned first)
{
    struct twz_id id = k_arg_id(call, first);
    if (id.hi == 0 && id.lo == 0)
        return call->thread;
    return k_call_thread(call, id, TWZ_WRITE);
}

int64_t k_sys_CONTEXT_ATTACH(struct k_call *call)
{
    uint64_t flags = call->a[2];
    if ((flags & ~(uint64_t)TWZ_ATTACH_UNDETACHABLE) != 0)
        return -TWZ_EINVAL;
    struct k_context *context = k_call_context(call, k_arg_id(call, 0), TWZ_USE);
    struct k_thread *thread = context == NULL ? NULL : thread_at(call, 3);
    if (thread == NULL)
        return -(int64_t)call->error;
    return -(int64_t)k_attach(thread, context, flags & TWZ_ATTACH_UNDETACHABLE);
}

/* The context that an ID names, whatever rights the active context has on it: for those who are
 * attached to it already. */
static struct k_context *attached_at(const struct k_call *call, const struct k_thread *thread)
{
    const struct k_object *object = k_object_find(k_arg_id(call, 0));
    if (object == NULL || object->kind != K_OBJECT_CONTEXT || object->state == NULL ||
        !k_is_attached(thread, object->state))
        return NULL;
    return object->state;
}

int64_t k_sys_CONTEXT_DETACH(struct k_call *call)
{
    struct k_thread *thread = thread_at(call, 2);
    if (thread == NULL)
        return -(int64_t)call->error;
    const struct k_context *context = attached_at(call, thread);
    if (context == NULL)
        return -TWZ_ENOENT;
    if (k_is_undetachable(thread, context))
        return -TWZ_EPERM;
    if (k_thread_uses(thread, context))
        return -TWZ_EBUSY;
    k_detach(thread, context);
    return 0;
}

/* What the thread is attached to undetachably it does not leave by its own will either. */
int64_t k_sys_CONTEXT_ACTIVATE(struct k_call *call)
{
    struct k_thread *thread = call->thread;
    struct k_activation *activation = thread->top;
    if (thread->context == k_monitor || k_is_undetachable(thread, thread->context))
        return -TWZ_EPERM;
    const struct k_object *object = k_object_find(k_arg_id(call, 0));
    if (object == thread->context->object)
        return 0;
    if (activation[-1].kind == K_ACTIVATION_RAISED && activation[-1].caller->object == object) {
        k_leave(thread);
        return 0;
    }
    struct k_context *context = k_call_context(call, k_arg_id(call, 0), TWZ_USE);
    if (context == NULL)
        return -(int64_t)call->error;
    if (!k_is_attached(thread, context))
        return -TWZ_EPERM;
    struct k_binding *binding = k_thread_binding(thread, context);
    if (binding == NULL)
        return -TWZ_ENOENT;
    if (context->status != TWZ_CONTEXT_LIVE)
        return -TWZ_EDEAD;
    if (activation > &thread->activations[TWZ_GATE_DEPTH])
        return -TWZ_EDEPTH;
    activation->kind = K_ACTIVATION_RAISED;
    k_enter(thread, activation, context, binding, k_trap_stack(call->trap));
    return 0;
}
