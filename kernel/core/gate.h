/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Gates and every other change of context. k_enter() and k_leave() are the only places where a
 * thread's active context changes; k_gate_enter() is the one validator of a gate call, whichever of
 * the two ways it came:
 *
 *   by the stub that ld-twz binds    the active context was granted the gate
 *   by a plain call of its entry     the active context was granted the gate, and the thread is
 *                                    attached to the gate's context
 *
 * The path of a gate call allocates nothing, waits for nothing, and its length is bounded.
 *
 * The levels of isolation differ in what the callee sees of its caller's stack: overlay.h.
 */
#ifndef K_GATE_H
#define K_GATE_H

#include "thread.h"
#include "upcall.h"

struct k_gate {
    struct twz_gate_spec spec; /* as it was published */
    struct k_context *context; /* of the callee; NULL: deleted */
    struct k_gate *next;       /* of the same bucket of entries */
    uint64_t calls;
    uint16_t number;
    bool special; /* k_gate_finish() has something to do */
};

/* Makes a gate. Its number, or a negated error. The spec was checked but for memory and limits. */
int64_t k_gate_publish(struct k_context *context, const struct twz_gate_spec *spec);

struct k_gate *k_gate_at(uint64_t number); /* NULL: there is none */

/* The end of all gates into a context, or of those where it no longer admits them. */
void k_gates_bury(const struct k_context *context, bool all);

/* The next gate after `gate` (NULL: the first) with this entry; NULL: no more. Deleted ones are
 * left out. */
struct k_gate *k_gate_with_entry(const struct k_gate *gate, uint64_t entry);

/*
 * A gate call that did not happen: the enum twz_rule that the monitor decides about, or the negated
 * enum twz_error that the caller gets. 0: it did.
 */
typedef int k_refusal;

/* From assembly (entry.S). `activation` is thread->top and holds the caller's state. On success the
 * callee is active and starts at activation->gate->spec.entry, on activation->stack. */
k_refusal k_gate_enter(struct k_thread *thread, uint64_t number, struct k_activation *activation);
void k_gate_refused(struct k_trap *trap, struct k_activation *activation, uint64_t number,
                    k_refusal why);

/* demands.c: the rest of an entry that is not the simplest. Leaves again if it refuses. */
k_refusal k_gate_finish(struct k_thread *thread, struct k_activation *activation);

/* Calls the monitor, with what `cause` says beside the rule, or returns the error that the caller
 * is to get. */
enum twz_error k_gate_refuse(struct k_thread *thread, struct k_trap *trap, k_refusal why,
                             struct k_cause cause);

/*
 * Plain calls (plain_call.c): the fetch of an instruction at fault->address is against the active
 * context's rights, and that is the instruction pointer. False: it is neither the entry of a gate
 * nor the return from one. Else `trap` is what goes on: the callee, the caller, or the monitor.
 */
bool k_plain_call(struct k_thread *thread, struct k_trap *trap, const struct k_cause *fault);

struct k_results {
    uint64_t rax, rdx;
};
/* From assembly, when the current activation is a gate's. The caller is active afterwards; the
 * activation stays readable at thread->top. */
struct k_results k_gate_return(struct k_thread *thread, uint64_t value, uint64_t value2);

/*
 * Suspends the active context and activates `callee`, whose binding is `binding`. The caller filled
 * in activation->saved and kind. Whoever comes back into the suspended context meanwhile starts
 * below `rsp`, its stack pointer, if that is on its stack. Sets activation->stack to the top of the
 * callee's free stack, 16-byte aligned.
 */
void k_enter(struct k_thread *thread, struct k_activation *activation, struct k_context *callee,
             struct k_binding *binding, uint64_t rsp);

/* Ends the current activation: its caller is active again. */
void k_leave(struct k_thread *thread);

/* Changes the view that the pair's thread sees from the context, when it is next activated. */
void k_set_root(struct k_binding *binding, struct k_context *context, struct k_root *root);

/* Where the pair's free stack starts while code with stack pointer `rsp` is suspended. */
uint64_t k_stack_below(const struct k_binding *binding, uint64_t rsp);

/*
 * What every callee finds at its stack pointer: an address to which `ret` returns (from
 * CONTEXT_CALL, from a plain call of a gate, or by TWZ_STUB_RETURN), and 8 bytes more, so that the
 * stack stays aligned. At the start of an unused stack such words lie from the beginning.
 */
#define K_RETURN_SIZE 16u
static inline uint64_t k_stack_start(const struct k_binding *binding)
{
    return binding->stack_high - K_RETURN_SIZE;
}
static inline bool k_write_return(struct k_context *context, uint64_t stack, uint64_t address)
{
    const uint64_t words[K_RETURN_SIZE / sizeof(uint64_t)] = {address};
    return k_root_write(&context->root, stack, words, sizeof words);
}

/* Whether `bytes` at rsp are on the pair's stack. */
static inline bool k_on_stack(const struct k_binding *binding, uint64_t rsp, uint64_t bytes)
{
    return rsp >= binding->stack_low && rsp <= binding->stack_high &&
           binding->stack_high - rsp >= bytes;
}

/* Whether a new activation of the pair has enough stack to be worth starting. */
bool k_has_stack(const struct k_binding *binding, uint64_t rsp, uint64_t bytes);

/* Ends the current activation, which is a gate call, from C: `trap` becomes the caller's. Rights
 * that it raised are dropped. */
void k_gate_end(struct k_thread *thread, struct k_trap *trap, const uint64_t values[2]);

/* The same for any activation that is not an upcall, with the result of a call that failed or of
 * CONTEXT_CALL: `trap` becomes the caller's. */
void k_end_activation(struct k_thread *thread, struct k_trap *trap, int64_t status, int64_t value);

#endif
