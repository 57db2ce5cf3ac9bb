/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls on gates, calls and upcalls. The gate call itself is in gate.c. */
#include "deadline.h"
#include "gate.h"
#include "overlay.h"
#include "syscall.h"
#include "upcall.h"

static bool buffers_are_valid(const struct twz_gate_spec *spec)
{
    for (unsigned i = 0; i < spec->buffer_count; i++) {
        const struct twz_gate_buffer *b = &spec->buffers[i];
        if (b->pointer_register >= spec->register_args ||
            b->length_register >= spec->register_args ||
            (spec->callbacks >> b->pointer_register | spec->callbacks >> b->length_register) & 1 ||
            b->pointer_register == b->length_register || b->direction < TWZ_BUFFER_IN ||
            b->direction > TWZ_BUFFER_INOUT || b->max_length > TWZ_SLOT_SIZE)
            return false;
    }
    return true;
}

static bool spec_is_valid(const struct twz_gate_spec *spec)
{
    return spec->isolation > TWZ_ISOLATE_NONE && spec->isolation <= TWZ_ISOLATE_BOTH &&
           spec->register_args <= 6 && spec->vector_args <= 8 && spec->returns <= 0xf &&
           spec->stack_args <= TWZ_STACK_ARGS_MAX && spec->stack_args % 8 == 0 &&
           spec->buffer_count <= TWZ_GATE_BUFFERS && buffers_are_valid(spec) &&
           spec->callbacks >> spec->register_args == 0 && spec->frame <= TWZ_FRAME_MAX &&
           (spec->flags & ~(uint32_t)TWZ_GATE_MASKS) == 0;
}

int64_t k_sys_GATE_PUBLISH(struct k_call *call)
{
    struct twz_gate_spec spec;
    if (!k_copy_from_user(&spec, call->a[0], sizeof spec))
        return -TWZ_EFAULT;
    struct k_context *context = k_call_context(call, spec.context, TWZ_USE);
    if (context == NULL)
        return -(int64_t)call->error;
    if (!spec_is_valid(&spec))
        return -TWZ_EINVAL;
    enum twz_rule rule;
    k_root_rights(&context->root, spec.entry, TWZ_EXECUTE, &rule);
    if (rule != TWZ_RULE_NONE)
        return rule == TWZ_RULE_KERNEL_ADDRESS ? -TWZ_EINVAL : -TWZ_EPERM;
    if (!k_context_admits_gate(context, spec.entry))
        return -TWZ_EPERM;
    return k_gate_publish(context, &spec);
}

int64_t k_sys_GATE_INFO(struct k_call *call)
{
    const struct k_gate *gate = k_gate_at(call->a[0]);
    if (gate == NULL)
        return -TWZ_ENOENT;
    struct twz_gate_info info = {.spec = gate->spec, .calls = gate->calls};
    if (gate->context == NULL)
        info.spec.context = (struct twz_id){0, 0};
    return k_copy_to_user(call->a[1], &info, sizeof info) ? 0 : -TWZ_EFAULT;
}

/* ---- Inside an activation ---- */

/* The fast path (entry.S) has dealt with the common case, a gate that was called by its stub. */
int64_t k_sys_GATE_RETURN(struct k_call *call)
{
    struct k_thread *thread = call->thread;
    uint8_t kind = k_thread_activation(call->thread)->kind;
    if (kind == K_ACTIVATION_GATE || kind == K_ACTIVATION_PLAIN)
        k_gate_end(thread, call->trap, (uint64_t[]){call->a[0], call->a[1]});
    else if (kind == K_ACTIVATION_CALL || kind == K_ACTIVATION_BECOME)
        k_end_activation(thread, call->trap, 0, (int64_t)call->a[0]);
    else if (thread->context == k_monitor) /* which ends an upcall with UPCALL_RETURN */
        return -TWZ_EINVAL;
    else
        k_upcall(thread, call->trap, &(struct k_cause){.rule = TWZ_RULE_NO_RETURN});
    call->replaced = true;
    return 0;
}

/* The caller's buffer `index` from `offset`, for a copy in `direction`. */
static enum twz_error buffer_at(const struct k_call *call, enum twz_buffer_direction direction,
                                uint64_t *address)
{
    const struct k_activation *activation = k_thread_activation(call->thread);
    uint64_t index = call->a[0], offset = call->a[2], length = call->a[3], end;
    if (!k_is_gate_call(activation) || index >= activation->gate->spec.buffer_count)
        return TWZ_EINVAL;
    const struct twz_gate_buffer *buffer = &activation->gate->spec.buffers[index];
    const uint64_t *arguments = activation->saved.arguments;
    if ((buffer->direction & direction) == 0 || __builtin_add_overflow(offset, length, &end) ||
        end > arguments[buffer->length_register])
        return TWZ_EINVAL;
    /* pointer + length does not wrap: k_gate_enter() saw to it. */
    *address = arguments[buffer->pointer_register] + offset;
    return TWZ_OK;
}

static int64_t copy_buffer(const struct k_call *call, enum twz_buffer_direction direction)
{
    uint64_t theirs, mine = call->a[1], length = call->a[3];
    enum twz_error error = buffer_at(call, direction, &theirs);
    if (error != TWZ_OK)
        return -(int64_t)error;
    struct k_root *own = call->thread->binding->root;
    struct k_root *caller = k_thread_activation(call->thread)->caller_binding->root;
    return -(int64_t)(direction == TWZ_BUFFER_IN
                          ? k_root_copy(own, mine, caller, theirs, length, true)
                          : k_root_copy(caller, theirs, own, mine, length, true));
}

int64_t k_sys_GATE_COPY_IN(struct k_call *call)
{
    return copy_buffer(call, TWZ_BUFFER_IN);
}

int64_t k_sys_GATE_COPY_OUT(struct k_call *call)
{
    return copy_buffer(call, TWZ_BUFFER_OUT);
}

int64_t k_sys_GATE_CALLER(struct k_call *call)
{
    const struct k_activation *activation = k_thread_activation(call->thread);
    if (activation->kind == K_ACTIVATION_NONE)
        return -TWZ_ENOENT;
    const struct k_object *caller = activation->caller->object;
    return k_copy_to_user(call->a[0], &caller->id, sizeof caller->id) ? 0 : -TWZ_EFAULT;
}

int64_t k_sys_GATE_STATUS(struct k_call *call)
{
    return call->thread->binding->status;
}

int64_t k_sys_GATE_STACK(struct k_call *call)
{
    const struct k_activation *running = k_thread_activation(call->thread);
    return running->kind == K_ACTIVATION_NONE ? 0 : (int64_t)running->stack;
}

/* For the activation that an upcall interrupted. */
int64_t k_sys_GATE_OVERLAY(struct k_call *call)
{
    struct k_object *object = k_call_object(call, k_arg_id(call, 0), TWZ_WRITE);
    if (object == NULL)
        return -(int64_t)call->error;
    struct k_activation *upcall = k_thread_activation(call->thread);
    if (upcall->kind != K_ACTIVATION_UPCALL)
        return -TWZ_EINVAL;
    return -(int64_t)k_overlay_give(k_unraised(upcall - 1), object);
}

int64_t k_sys_GATE_DEADLINE(struct k_call *call)
{
    if (call->thread->context->hurries_nobody)
        return -TWZ_EPERM;
    uint64_t microseconds = call->a[0] / 1000 + (call->a[0] % 1000 != 0);
    call->thread->binding->limit = microseconds > UINT32_MAX ? 0 : (uint32_t)microseconds;
    return 0;
}

/* ---- The monitor's privileges ---- */

/* On success the callee is active and call->trap is its start. */
static enum twz_error call_context(struct k_call *call)
{
    struct twz_call_spec spec;
    struct k_thread *thread = call->thread;
    if (!k_copy_from_user(&spec, call->a[0], sizeof spec))
        return TWZ_EFAULT;
    struct k_context *context = k_call_context(call, spec.context, TWZ_USE);
    if (context == NULL)
        return call->error;
    if (spec.entry / TWZ_SLOT_SIZE >= K_SLOTS)
        return TWZ_EINVAL;
    struct k_activation *activation = thread->top;
    struct k_binding *binding = k_thread_binding(thread, context);
    uint64_t back = k_view_return_address(context->root.view);
    if (binding == NULL || back == 0)
        return TWZ_ENOENT;
    if (context->status == TWZ_CONTEXT_DEAD)
        return TWZ_EDEAD;
    if (activation > &thread->activations[TWZ_GATE_DEPTH])
        return TWZ_EDEPTH;

    activation->kind = K_ACTIVATION_CALL;
    k_trap_save(call->trap, &activation->saved);
    k_enter(thread, activation, context, binding, k_trap_stack(call->trap));
    k_deadline_set(activation, 0);
    uint64_t stack = activation->stack - sizeof back;
    bool room = k_has_stack(binding, activation->stack, 0);
    if (!room || !k_root_write(&context->root, stack, &back, sizeof back)) {
        k_leave(thread);
        return room ? TWZ_ENOMEM : TWZ_EDEPTH;
    }
    k_vectors_clear();
    k_trap_start(call->trap, spec.entry, stack, spec.argument);
    return TWZ_OK;
}

int64_t k_sys_CONTEXT_CALL(struct k_call *call)
{
    return k_call_started(call, call_context(call));
}

int64_t k_sys_UPCALL_RETURN(struct k_call *call)
{
    enum twz_error error = k_upcall_return(call->thread, call->trap, call->a[0], call->a[1]);
    call->replaced = error == TWZ_OK;
    return -(int64_t)error;
}

/* Ends the gate that the monitor is in and the activation that called it. */
int64_t k_sys_GATE_UNWIND(struct k_call *call)
{
    uint64_t error = call->a[0];
    struct k_thread *thread = call->thread;
    struct k_activation *own = k_thread_activation(call->thread);
    if (!k_is_gate_call(own) || error > INT32_MAX)
        return -TWZ_EINVAL;
    const struct k_activation *caller = k_unraised(own - 1);
    if (caller->kind == K_ACTIVATION_NONE || caller->kind == K_ACTIVATION_UPCALL)
        return -TWZ_EINVAL;
    k_leave(thread);
    int64_t failure = -(int64_t)error;
    k_end_activation(thread, call->trap, failure, error != 0 ? failure : (int64_t)call->a[1]);
    call->replaced = true;
    return 0;
}
