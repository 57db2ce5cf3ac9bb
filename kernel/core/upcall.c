/* SPDX-License-Identifier: BSD-2-Clause */
#include "upcall.h"
#include "deadline.h"
#include "log.h"

static const char *const rule_texts[] = {
#define X(name, text) [name] = text,
    TWZ_RULES(X)
#undef X
};

/* What the upcall entry finds at its stack pointer, as if it had been called. */
struct upcall_frame {
    uint64_t return_address; /* 0: it must not return */
    struct twz_upcall upcall;
    uint64_t pad;
};
_Static_assert(sizeof(struct upcall_frame) % 16 == 8, "the upcall is 16-byte aligned");

/* The monitor cannot hear of it: the compartment's caller gets an error, or the thread ends. */
static void give_up(struct k_thread *thread, struct k_trap *trap, const struct k_cause *cause)
{
    k_log(K_WARNING, "no upcall possible for: %s (address %lx)", rule_texts[cause->rule],
          cause->address);
    uint8_t kind = k_thread_activation(thread)->kind;
    if (kind == K_ACTIVATION_NONE || kind == K_ACTIVATION_UPCALL)
        k_thread_exit();
    int64_t error = cause->rule == TWZ_RULE_DEADLINE ? -TWZ_ETIMEDOUT : -TWZ_ECALLEE;
    k_end_activation(thread, trap, error, error);
}

static struct twz_id object_at(const struct k_root *root, uint64_t address)
{
    const struct k_mapping *mapping = k_view_at_address(root->view, address);
    return mapping != NULL ? mapping->object->id : (struct twz_id){0, 0};
}

static void describe(const struct k_thread *thread, const struct k_trap *trap,
                     const struct k_cause *cause, struct twz_upcall *upcall)
{
    *upcall = (struct twz_upcall){
        .rule = cause->rule,
        .vector = cause->vector,
        .address = cause->address,
        .access = cause->access,
        .depth = k_thread_depth(thread),
        .thread = thread->object->id,
        .context = thread->context->object->id,
        .target = cause->target,
    };
    if (cause->rule >= TWZ_RULE_NO_PAGE && cause->rule <= TWZ_RULE_NO_EXECUTE)
        upcall->target = object_at(thread->binding->root, cause->address);
    k_trap_registers(trap, &upcall->regs);
}

void k_upcall(struct k_thread *thread, struct k_trap *trap, const struct k_cause *cause)
{
    if (thread->context == k_monitor)
        k_panic(trap, "the first program: %s (vector %u, address %lx, access %u)",
                rule_texts[cause->rule], cause->vector, cause->address, cause->access);
    thread->context->state->faults += cause->rule != TWZ_RULE_EXIT;
    struct k_binding *binding = k_thread_binding(thread, k_monitor);
    struct upcall_frame frame = {0};
    if (thread->upcall_entry == 0 || binding == NULL || thread->upcalls == K_UPCALLS_MAX ||
        !k_has_stack(binding, binding->rsp, sizeof frame)) {
        give_up(thread, trap, cause);
        return;
    }
    describe(thread, trap, cause, &frame.upcall);
    uint64_t stack = binding->rsp - sizeof frame;
    if (!k_root_write(&k_monitor->root, stack, &frame, sizeof frame)) {
        give_up(thread, trap, cause);
        return;
    }
    struct k_interrupted *interrupted = &thread->interrupted[thread->upcalls++];
    interrupted->trap = *trap;
    k_vectors_save(&interrupted->vectors);
    k_vectors_clear();
    struct k_activation *activation = thread->top;
    activation->kind = K_ACTIVATION_UPCALL;
    activation->interrupted = interrupted;
    k_enter(thread, activation, k_monitor, binding, k_trap_stack(trap));
    k_trap_start(trap, thread->upcall_entry, stack, stack + offsetof(struct upcall_frame, upcall));
}

/* Back to the interrupted code. */
static void leave_upcall(struct k_thread *thread, struct k_trap *trap)
{
    const struct k_interrupted *interrupted = thread->top[-1].interrupted;
    *trap = interrupted->trap;
    k_vectors_load(&interrupted->vectors);
    thread->upcalls--;
    k_leave(thread);
}

enum twz_error k_upcall_return(struct k_thread *thread, struct k_trap *trap, uint64_t action,
                               uint64_t value)
{
    const struct k_activation *activation = &thread->top[-1];
    if (activation->kind != K_ACTIVATION_UPCALL)
        return TWZ_EINVAL;
    const struct k_trap *interrupted = &activation->interrupted->trap;
    bool is_error = value > 0 && value <= INT32_MAX;
    switch (action) {
    case TWZ_UPCALL_RESUME:
        if (!k_trap_returns(interrupted))
            return TWZ_EINVAL;
        leave_upcall(thread, trap);
        if (k_trap_is_syscall(trap))
            k_trap_retry(trap);
        return TWZ_OK;
    case TWZ_UPCALL_REFUSE:
        if (!k_trap_is_syscall(interrupted) || !is_error)
            return TWZ_EINVAL;
        leave_upcall(thread, trap);
        thread->binding->status = -(int64_t)value;
        k_trap_result(trap, -(int64_t)value);
        return TWZ_OK;
    case TWZ_UPCALL_UNWIND:
        if (!is_error)
            return TWZ_EINVAL;
        leave_upcall(thread, trap);
        if (k_thread_activation(thread)->kind == K_ACTIVATION_NONE)
            k_thread_exit();
        k_end_activation(thread, trap, -(int64_t)value, -(int64_t)value);
        (void)k_deadline_check(thread, trap);
        return TWZ_OK;
    case TWZ_UPCALL_EXIT:
        k_thread_exit();
    default:
        return TWZ_EINVAL;
    }
}
