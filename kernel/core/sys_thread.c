/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls on threads. */
#include "gate.h"
#include "log.h"
#include "syscall.h"

static bool is_user_address(uint64_t address)
{
    return address / TWZ_SLOT_SIZE < K_SLOTS;
}

int64_t k_sys_THREAD_CREATE(struct k_call *call)
{
    struct twz_thread_spec spec;
    if (!k_call_is_system(call))
        return -TWZ_EPERM;
    if (!k_copy_from_user(&spec, call->a[0], sizeof spec))
        return -TWZ_EFAULT;
    enum twz_error error;
    struct k_context *context = k_call_context(call, spec.context, TWZ_USE, &error);
    if (context == NULL)
        return -(int64_t)error;
    if (!is_user_address(spec.entry))
        return -TWZ_EINVAL;
    struct k_thread *thread = k_thread_create(context, spec.entry, spec.argument);
    if (thread == NULL)
        return -TWZ_ENOMEM;
    error = k_context_grant(call->thread->context, thread->object, TWZ_RIGHTS_ALL);
    if (error == TWZ_OK &&
        !k_copy_to_user(call->a[1], &thread->object->id, sizeof thread->object->id))
        error = TWZ_EFAULT;
    if (error != TWZ_OK)
        k_thread_destroy(thread);
    return -(int64_t)error;
}

int64_t k_sys_THREAD_BIND(struct k_call *call)
{
    struct twz_bind_spec spec;
    if (!k_copy_from_user(&spec, call->a[0], sizeof spec))
        return -TWZ_EFAULT;
    enum twz_error error;
    struct k_thread *thread = k_call_thread(call, spec.thread, TWZ_WRITE, &error);
    struct k_context *context =
        thread == NULL ? NULL : k_call_context(call, spec.context, TWZ_USE, &error);
    if (context == NULL)
        return -(int64_t)error;
    return -(int64_t)k_thread_bind(thread, context, &spec);
}

int64_t k_sys_THREAD_YIELD(struct k_call *call)
{
    (void)call;
    k_thread_yield();
    return 0;
}

/* A callee does not own the thread: its exit ends its activation, as an error in its caller. The
 * monitor may end any thread from inside. */
int64_t k_sys_THREAD_EXIT(struct k_call *call)
{
    uint8_t kind = call->thread->top[-1].kind;
    if (kind == K_ACTIVATION_NONE || call->thread->context == k_monitor)
        k_thread_exit();
    k_end_activation(call->thread, call->trap, -TWZ_EEXITED, -TWZ_EEXITED);
    call->replaced = true;
    return 0;
}

int64_t k_sys_THREAD_UPCALL(struct k_call *call)
{
    enum twz_error error;
    struct k_thread *thread = k_call_thread(call, k_arg_id(call, 0), TWZ_WRITE, &error);
    if (thread == NULL)
        return -(int64_t)error;
    if (!is_user_address(call->a[2]))
        return -TWZ_EINVAL;
    thread->upcall_entry = call->a[2];
    return 0;
}
