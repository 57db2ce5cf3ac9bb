/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls on threads. */
#include "attach.h"
#include "deadline.h"
#include "frame.h"
#include "gate.h"
#include "schedule.h"
#include "syscall.h"
#include "upcall.h"

#define WORD sizeof(uint32_t)

static bool is_user_address(uint64_t address)
{
    return address / TWZ_SLOT_SIZE < K_SLOTS;
}

int64_t k_sys_THREAD_CREATE(struct k_call *call)
{
    struct twz_thread_spec spec;
    if (!k_copy_from_user(&spec, call->a[0], sizeof spec))
        return -TWZ_EFAULT;
    struct k_context *context = k_call_context(call, spec.context, TWZ_USE);
    if (context == NULL)
        return -(int64_t)call->error;
    if (!is_user_address(spec.entry) || !is_user_address(spec.clear) || spec.clear % WORD != 0)
        return -TWZ_EINVAL;
    /* A new thread is no way out of a context that cannot be left. */
    if (context != call->thread->context && k_is_undetachable(call->thread, call->thread->context))
        return -TWZ_EPERM;
    const struct k_context *before = k_frames_pay(context); /* not whoever makes it */
    struct k_thread *thread = k_thread_create(context, &spec);
    (void)k_frames_pay(before);
    if (thread == NULL)
        return -TWZ_ENOMEM;
    return k_call_give(call, k_attach_inherit(thread, call->thread), thread->object, call->a[1]);
}

int64_t k_sys_THREAD_SELF(struct k_call *call)
{
    struct twz_id id = call->thread->object->id;
    return k_copy_to_user(call->a[0], &id, sizeof id) ? 0 : -TWZ_EFAULT;
}

int64_t k_sys_THREAD_BIND(struct k_call *call)
{
    struct twz_bind_spec spec;
    if (!k_copy_from_user(&spec, call->a[0], sizeof spec))
        return -TWZ_EFAULT;
    struct k_thread *thread = k_call_thread(call, spec.thread, TWZ_WRITE);
    struct k_context *context = thread == NULL ? NULL : k_call_context(call, spec.context, TWZ_USE);
    if (context == NULL)
        return -(int64_t)call->error;
    return -(int64_t)k_thread_bind(thread, context, &spec);
}

int64_t k_sys_THREAD_YIELD(struct k_call *call)
{
    (void)call;
    k_schedule_yield();
    return 0;
}

/* A callee does not own the thread: its exit ends its activation, as an error in its caller. The
 * monitor may end any thread from inside. */
int64_t k_sys_THREAD_EXIT(struct k_call *call)
{
    struct k_thread *thread = call->thread;
    uint8_t kind = k_thread_activation(thread)->kind;
    if (thread->context == k_monitor || (kind == K_ACTIVATION_NONE && thread->upcall_entry == 0))
        k_thread_exit();
    if (kind == K_ACTIVATION_NONE)
        k_upcall(thread, call->trap, &(struct k_cause){.rule = TWZ_RULE_EXIT});
    else
        k_end_activation(thread, call->trap, -TWZ_EEXITED, -TWZ_EEXITED);
    call->replaced = true;
    return 0;
}

int64_t k_sys_THREAD_UPCALL(struct k_call *call)
{
    struct k_thread *thread = k_call_thread(call, k_arg_id(call, 0), TWZ_WRITE);
    if (thread == NULL)
        return -(int64_t)call->error;
    if (!is_user_address(call->a[2]))
        return -TWZ_EINVAL;
    thread->upcall_entry = call->a[2];
    return 0;
}

/* ---- Sleep and wake ---- */

/* A word as the caller names it: a[0], a[1] are an ID or 0, a[2] an offset or address. */
static enum twz_error word_of(struct k_call *call, uint32_t rights, struct k_object **object,
                              uint64_t *offset)
{
    const struct k_root *root = call->thread->binding->root;
    struct twz_id id = k_arg_id(call, 0);
    if (call->a[2] % WORD != 0)
        return TWZ_EINVAL;
    *offset = call->a[2] % TWZ_SLOT_SIZE;
    if (id.hi == 0 && id.lo == 0) {
        if (!k_root_may(root, call->a[2], rights))
            return TWZ_EFAULT;
        *object = k_view_at_address(root->view, call->a[2])->object;
        return TWZ_OK;
    }
    *object = k_call_object(call, id, rights);
    if (*object != NULL && (call->a[2] < TWZ_OBJECT_BASE || call->a[2] >= TWZ_SLOT_SIZE))
        return TWZ_EINVAL;
    if (*object != NULL && call->thread->context != k_monitor &&
        k_object_denies(*object, (uint32_t)(*offset / TWZ_PAGE_SIZE), 1, rights))
        return TWZ_EPERM;
    return call->error;
}

int64_t k_sys_THREAD_SLEEP(struct k_call *call)
{
    struct k_object *object;
    uint64_t offset, expected = call->a[3], deadline = call->a[4];
    enum twz_error error = word_of(call, TWZ_READ, &object, &offset);
    if (error != TWZ_OK)
        return -(int64_t)error;
    k_phys frame = k_object_demand(object, (uint32_t)(offset / TWZ_PAGE_SIZE), false);
    if (frame == 0)
        return object->kind == K_OBJECT_DATA ? -TWZ_ENOMEM : -TWZ_EINVAL;
    const uint32_t *word = (const void *)((const char *)k_direct(frame) + offset % TWZ_PAGE_SIZE);
    if (*word != expected)
        return -TWZ_EAGAIN;
    if (deadline <= k_clock())
        return -TWZ_ETIMEDOUT;
    uint64_t last = k_deadline(call->thread);
    error = k_sleep(object, offset, last < deadline ? last : deadline);
    call->replaced =
        k_thread_check_doom(call->thread, call->trap) || k_deadline_check(call->thread, call->trap);
    return -(int64_t)error;
}

int64_t k_sys_THREAD_WAKE(struct k_call *call)
{
    struct k_object *object;
    uint64_t offset, count = call->a[3];
    enum twz_error error = word_of(call, TWZ_WRITE, &object, &offset);
    if (error != TWZ_OK)
        return -(int64_t)error;
    uint32_t woken = k_wake(object, offset, count > UINT32_MAX ? UINT32_MAX : (uint32_t)count);
    k_schedule_point();
    return woken;
}

int64_t k_sys_THREAD_SCHEDULE(struct k_call *call)
{
    struct k_thread *thread = k_call_thread(call, k_arg_id(call, 0), TWZ_WRITE);
    uint64_t priority = call->a[2], slice = call->a[3];
    if (thread == NULL)
        return -(int64_t)call->error;
    if (priority >= TWZ_PRIORITIES || slice == 0 || slice > TWZ_SLICE_MAX)
        return -TWZ_EINVAL;
    k_schedule_set(thread, (uint32_t)priority, (uint32_t)slice);
    k_schedule_point();
    return 0;
}
