/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the common gate has none of: bounded buffers, stack arguments, callbacks, demands on the
 * caller's pointers, deadlines, a callee that is suspended further down. The callee is active
 * already, and nothing of it has run.
 */
#include "deadline.h"
#include "gate.h"

/* Lengths within the gate's bounds, and no range that wraps around. Addresses are checked when they
 * are used, with the caller's rights. */
static k_refusal check_buffers(const struct k_gate *gate, const uint64_t *arguments)
{
    for (unsigned i = 0; i < gate->spec.buffer_count; i++) {
        const struct twz_gate_buffer *buffer = &gate->spec.buffers[i];
        uint64_t length = arguments[buffer->length_register], end;
        if (length > buffer->max_length)
            return -TWZ_ETOOBIG;
        if (__builtin_add_overflow(arguments[buffer->pointer_register], length, &end))
            return -TWZ_EFAULT;
    }
    return 0;
}

/* Declared stack arguments lie above the return address of the call to the stub. */
static k_refusal copy_stack_arguments(struct k_activation *activation)
{
    uint16_t bytes = activation->gate->spec.stack_args;
    if (bytes == 0)
        return 0;
    activation->stack = (activation->stack - bytes) & ~15ull;
    return k_root_copy(&activation->callee->root, activation->stack,
                       activation->caller_binding->root, activation->saved.rsp + 8, bytes,
                       false) == TWZ_OK
               ? 0
               : -TWZ_EFAULT;
}

/* Where the callee's stack is in use further up, a `ret` would find whatever lies there. */
static k_refusal push_return(const struct k_thread *thread, struct k_activation *activation)
{
    if (activation->stack == k_stack_start(thread->binding))
        return 0;
    activation->stack -= K_RETURN_SIZE;
    return k_write_return(activation->callee, activation->stack,
                          k_view_return_address(activation->callee->root.view))
               ? 0
               : -TWZ_ENOMEM;
}

/* ---- Callbacks ---- */

/* The gate of the caller's own that an address means, by its stub or by its entry. */
static const struct k_gate *callback_at(const struct k_activation *activation, uint64_t address)
{
    uint64_t offset = address - activation->caller_binding->root->view->stubs;
    const struct k_gate *gate =
        offset % TWZ_STUB_SIZE == 0 ? k_gate_at(offset / TWZ_STUB_SIZE) : NULL;
    if (gate == NULL)
        gate = k_gate_with_entry(NULL, address);
    while (gate != NULL && gate->context != activation->caller)
        gate = k_gate_with_entry(gate, address);
    return gate;
}

/* A callback is a gate of the caller's that the callee was granted, or 0. The callee gets the
 * address of its stub. */
static k_refusal check_callbacks(struct k_activation *activation)
{
    uint64_t stubs = activation->callee->root.view->stubs;
    for (unsigned i = 0; i < 6; i++) {
        uint64_t *address = &activation->saved.arguments[i];
        if ((activation->gate->spec.callbacks >> i & 1) == 0 || *address == 0)
            continue;
        const struct k_gate *gate = callback_at(activation, *address);
        if (gate == NULL || !k_context_may_call(activation->callee, gate->number))
            return -TWZ_EINVAL;
        *address = stubs + gate->number * TWZ_STUB_SIZE;
    }
    return 0;
}

/* ---- Pointers ---- */

static bool has_rights(const struct k_root *root, uint64_t address, uint8_t required,
                       uint8_t refused)
{
    uint32_t rights = k_root_rights(root, address, TWZ_READ, NULL);
    return (rights & required) == required && (rights & refused) == 0;
}

static k_refusal check_pointers(const struct k_thread *thread,
                                const struct k_activation *activation)
{
    const struct k_gate *gate = activation->gate;
    const uint64_t pointers[TWZ_POINTERS] = {
        [TWZ_POINTER_STACK] = activation->saved.rsp,
        [TWZ_POINTER_BASE] = activation->saved.kept.rbp,
        [TWZ_POINTER_THREAD] = activation->caller_binding->locator,
        [TWZ_POINTER_UPCALL] = thread->upcall_entry,
    };
    for (unsigned i = 0; i < TWZ_POINTERS && (gate->spec.flags & TWZ_GATE_MASKS) != 0; i++) {
        const struct twz_pointer_masks *m = &gate->spec.pointers[i];
        if (i == TWZ_POINTER_BASE && pointers[i] == 0)
            continue;
        if (!has_rights(activation->caller_binding->root, pointers[i], m->required_in_caller,
                        m->refused_in_caller) ||
            !has_rights(&activation->callee->root, pointers[i], m->required_in_callee,
                        m->refused_in_callee))
            return TWZ_RULE_BAD_POINTER;
    }
    return 0;
}

k_refusal k_gate_finish(struct k_thread *thread, struct k_activation *activation)
{
    k_refusal refusal = check_pointers(thread, activation);
    if (refusal == 0)
        refusal = check_buffers(activation->gate, activation->saved.arguments);
    if (refusal == 0)
        refusal = check_callbacks(activation);
    if (refusal == 0)
        refusal = copy_stack_arguments(activation);
    if (refusal == 0)
        refusal = push_return(thread, activation);
    if (refusal == 0)
        k_deadline_set(activation, k_deadline_of(activation->caller, activation->gate));
    else
        k_leave(thread);
    return refusal;
}
