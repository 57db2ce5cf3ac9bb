/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The second way into a gate, without a stub: a function call to the address of its entry. The
 * caller may not execute there, so the fetch of the first instruction faults with the instruction
 * pointer at exactly that address. A fault on data, on the second page of an instruction or one
 * byte beside an entry is none of this. Everything else is decided by k_gate_enter(), as for stubs.
 *
 * The caller pushed the return address itself, or jumped and left there whatever it likes. It is
 * taken only if the caller may execute there and the callee may not. The callee finds it on top of
 * its own stack, where a function expects it. So `ret`, were it the first instruction, leads out of
 * what the callee may execute: to a second fault, which is the return when the stack pointer is
 * where the kernel knows it has to be. The kernel uses the address and stack pointer that it has
 * kept, not these.
 */
#include "attach.h"
#include "gate.h"

/* Which of the gates with this entry the thread may call; they can be those of several contexts.
 * Else *found is one that it may not call. */
static k_refusal choose(const struct k_thread *thread, uint64_t entry, struct k_gate **found)
{
    k_refusal why = TWZ_RULE_NO_GATE;
    for (struct k_gate *gate = k_gate_with_entry(NULL, entry); gate != NULL;
         gate = k_gate_with_entry(gate, entry)) {
        /* Who cannot execute its own entry is not helped by a gate; and in another view the address
         * means something else. */
        if (gate->context == thread->context ||
            gate->context->root.view != thread->binding->root->view)
            continue;
        bool granted = k_context_may_call(thread->context, gate->number);
        if (granted || why == TWZ_RULE_NO_GATE) {
            *found = gate;
            why = granted ? TWZ_RULE_NOT_ATTACHED : TWZ_RULE_NOT_GRANTED;
        }
        if (granted && k_is_attached(thread, gate->context))
            return 0;
    }
    return why;
}

/* The validator saw the stack pointer at the return address; what the caller expects afterwards is
 * the state behind a `ret`. */
static k_refusal call(struct k_thread *thread, struct k_trap *trap, const struct k_gate *gate,
                      uint64_t *back)
{
    struct k_activation *activation = thread->top;
    k_trap_save(trap, &activation->saved);
    if (!k_on_stack(thread->binding, activation->saved.rsp, sizeof *back) ||
        !k_copy_from_user(back, activation->saved.rsp, sizeof *back))
        return TWZ_RULE_BAD_STACK;
    if (!k_root_may(thread->binding->root, *back, TWZ_EXECUTE) ||
        k_root_may(&gate->context->root, *back, TWZ_EXECUTE))
        return TWZ_RULE_BAD_RETURN;
    k_refusal refusal = k_gate_enter(thread, TWZ_SYS_GATE_BASE + gate->number, activation);
    activation->saved.rip = *back;
    activation->saved.rsp += sizeof *back;
    if (refusal != 0)
        return refusal;
    activation->kind = K_ACTIVATION_PLAIN;
    if (activation->stack == k_stack_start(thread->binding)) /* what lies there stays */
        activation->stack -= K_RETURN_SIZE;
    if (!k_write_return(gate->context, activation->stack, *back)) {
        k_leave(thread);
        return -TWZ_ENOMEM;
    }
    k_vectors_keep((1u << gate->spec.vector_args) - 1);
    k_trap_call(trap, gate->spec.entry, activation->stack, activation->saved.arguments);
    return 0;
}

static bool is_return(const struct k_thread *thread, const struct k_trap *trap, uint64_t address)
{
    const struct k_activation *current = thread->top - 1;
    return current->kind == K_ACTIVATION_PLAIN && address == current->saved.rip &&
           k_trap_stack(trap) == current->stack + sizeof(uint64_t);
}

bool k_plain_call(struct k_thread *thread, struct k_trap *trap, const struct k_cause *fault)
{
    if (thread->context == k_monitor)
        return false;
    if (is_return(thread, trap, fault->address)) {
        uint64_t values[2];
        k_trap_values(trap, values);
        k_gate_end(thread, trap, values);
        return true;
    }
    struct k_gate *gate = NULL;
    uint64_t back = 0;
    k_refusal why = choose(thread, fault->address, &gate);
    if (why == TWZ_RULE_NO_GATE)
        return false;
    if (why == 0)
        why = call(thread, trap, gate, &back);
    if (why == 0)
        return true;
    struct k_cause cause = *fault;
    cause.address = why == TWZ_RULE_BAD_RETURN ? back : gate->number;
    enum twz_error error = k_gate_refuse(thread, trap, why, cause);
    if (error != TWZ_OK) /* as if the gate had returned it */
        k_trap_resume(trap, &thread->top->saved, false, -(int64_t)error);
    return true;
}
