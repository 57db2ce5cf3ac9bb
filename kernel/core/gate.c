/* SPDX-License-Identifier: BSD-2-Clause */
#include "gate.h"
#include "alloc.h"
#include "overlay.h"
#include "upcall.h"
#include <string.h>

_Static_assert(TWZ_SYS_GATE_BASE == 0x1000 && TWZ_SYS_GATE_RETURN == 41, "entry.S");
_Static_assert(offsetof(struct k_thread, top) == K_THREAD_TOP, "layout.h");
_Static_assert(offsetof(struct k_activation, saved) == 0, "layout.h");
_Static_assert(offsetof(struct k_activation, kind) == K_ACT_KIND, "layout.h");
_Static_assert(offsetof(struct k_activation, stack) == K_ACT_STACK, "layout.h");
_Static_assert(offsetof(struct k_activation, gate) == K_ACT_GATE, "layout.h");
_Static_assert(offsetof(struct k_gate, spec.entry) == K_GATE_ENTRY, "layout.h");
_Static_assert(offsetof(struct k_gate, spec.register_args) == K_GATE_REGISTERS, "layout.h");
_Static_assert(offsetof(struct k_gate, spec.vector_args) == K_GATE_VECTORS, "layout.h");
_Static_assert(offsetof(struct k_gate, spec.returns) == K_GATE_RETURNS, "layout.h");
_Static_assert(sizeof(struct k_activation) == K_ACT_SIZE, "layout.h");
_Static_assert(K_ACTIVATION_GATE == K_ACT_KIND_GATE, "layout.h");

#define K_ALWAYS_INLINE __attribute__((always_inline)) static inline

/* Of its stack, what a callee finds free at least: 1 / STACK_SHARE. Who calls it again and again,
 * out of its own calls back, gets an error and does not make it overflow. */
#define STACK_SHARE 4u
#define RED_ZONE    128u /* below rsp, System V ABI 3.2.2 */

/* Gates are numbered without gaps and never move. */
static struct k_gate *gates[TWZ_GATES_MAX];
static uint64_t gate_count;

/* For plain calls: gates by the address of their entry. */
#define BUCKETS 512u
static struct k_gate *entries[BUCKETS];

static struct k_gate **bucket_of(uint64_t entry)
{
    return &entries[(entry / 16 ^ entry / TWZ_SLOT_SIZE) % BUCKETS];
}

struct k_gate *k_gate_at(uint64_t number)
{
    return number < gate_count ? gates[number] : NULL;
}

int64_t k_gate_publish(struct k_context *context, const struct twz_gate_spec *spec)
{
    if (gate_count == TWZ_GATES_MAX)
        return -TWZ_ELIMIT;
    struct k_gate *gate = k_alloc(sizeof *gate);
    if (gate == NULL)
        return -TWZ_ENOMEM;
    gate->spec = *spec;
    gate->context = context;
    gate->number = (uint16_t)gate_count;
    gate->special = spec->buffer_count > 0 || spec->stack_args > 0 || spec->callbacks != 0 ||
                    spec->deadline != 0 || spec->flags != 0;
    gate->next = *bucket_of(spec->entry);
    *bucket_of(spec->entry) = gate;
    gates[gate_count] = gate;
    return (int64_t)gate_count++;
}

void k_gates_bury(const struct k_context *context, bool all)
{
    for (uint64_t i = 0; i < gate_count; i++) {
        struct k_gate *gate = k_gate_at(i);
        if (gate->context == context && (all || !k_context_admits_gate(context, gate->spec.entry)))
            gate->context = NULL;
    }
}

struct k_gate *k_gate_with_entry(const struct k_gate *gate, uint64_t entry)
{
    struct k_gate *next = gate == NULL ? *bucket_of(entry) : gate->next;
    while (next != NULL && (next->spec.entry != entry || next->context == NULL))
        next = next->next;
    return next;
}

/* ---- Stacks ---- */

bool k_has_stack(const struct k_binding *binding, uint64_t rsp, uint64_t bytes)
{
    uint64_t share = (binding->stack_high - binding->stack_low) / STACK_SHARE;
    return rsp >= binding->stack_low + share + bytes;
}

/* ---- Change of context ---- */

/* The one place where a thread gets another context. Inline: it is half of the gate path. */
K_ALWAYS_INLINE void change_context(struct k_thread *thread, struct k_context *context,
                                    struct k_binding *binding)
{
    thread->context = context;
    thread->binding = binding;
    k_activate(binding->space, binding->locator);
}

K_ALWAYS_INLINE void enter(struct k_thread *thread, struct k_activation *activation,
                           struct k_context *callee, struct k_binding *binding, uint64_t suspended)
{
    struct k_binding *own = thread->binding;
    activation->caller = thread->context;
    activation->callee = callee;
    activation->caller_binding = own;
    activation->caller_rsp = own->rsp;
    own->rsp = suspended;
    activation->stack = binding->rsp; /* after the line above: the two may be the same */
    activation->deadline = 0;
    activation->overlay = NULL;
    if (callee->overlays != 0)
        k_overlays_hide(thread, callee);
    callee->state->calls_in++;
    thread->top = activation + 1;
    change_context(thread, callee, binding);
}

K_ALWAYS_INLINE struct k_activation *leave(struct k_thread *thread)
{
    struct k_activation *activation = --thread->top;
    if (activation->overlay != NULL)
        k_overlay_drop(activation);
    activation->caller_binding->rsp = activation->caller_rsp;
    change_context(thread, activation->caller, activation->caller_binding);
    if (thread->turn.owed) {
        thread->turn.owed = false;
        k_interrupt_soon();
    }
    return activation;
}

static inline uint64_t below(uint64_t rsp)
{
    return (rsp - RED_ZONE) & ~15ull;
}

uint64_t k_stack_below(const struct k_binding *binding, uint64_t rsp)
{
    return k_on_stack(binding, rsp, 0) ? below(rsp) : binding->rsp;
}

void k_enter(struct k_thread *thread, struct k_activation *activation, struct k_context *callee,
             struct k_binding *binding, uint64_t rsp)
{
    enter(thread, activation, callee, binding, k_stack_below(thread->binding, rsp));
}

void k_leave(struct k_thread *thread)
{
    leave(thread);
}

K_ALWAYS_INLINE void clear_arguments(uint64_t *arguments, unsigned declared)
{
    switch (declared) {
    case 0:
        arguments[0] = 0; /* fall through */
    case 1:
        arguments[1] = 0; /* fall through */
    case 2:
        arguments[2] = 0; /* fall through */
    case 3:
        arguments[3] = 0; /* fall through */
    case 4:
        arguments[4] = 0; /* fall through */
    case 5:
        arguments[5] = 0;
    }
}

k_refusal k_gate_enter(struct k_thread *thread, uint64_t number, struct k_activation *activation)
{
    uint64_t index = number - TWZ_SYS_GATE_BASE;
    if (index >= gate_count)
        return TWZ_RULE_NO_GATE;
    if (!k_context_may_call(thread->context, (uint32_t)index))
        return TWZ_RULE_NOT_GRANTED;
    struct k_gate *gate = gates[index];
    struct k_context *callee = gate->context;
    if (callee == NULL || callee->status == TWZ_CONTEXT_DEAD)
        return -TWZ_EDEAD;
    if (callee->status == TWZ_CONTEXT_RESTART)
        return TWZ_RULE_RESTART;
    if (activation > &thread->activations[TWZ_GATE_DEPTH])
        return -TWZ_EDEPTH;
    uint64_t rsp = activation->saved.rsp;
    if (!k_on_stack(thread->binding, rsp, 8u + gate->spec.stack_args))
        return TWZ_RULE_BAD_STACK;
    struct k_binding *binding = k_thread_binding(thread, callee);
    if (binding == NULL)
        return TWZ_RULE_NO_BINDING;
    uint64_t free_stack = binding == thread->binding ? below(rsp) : binding->rsp;
    if (!k_has_stack(binding, free_stack, gate->spec.stack_args))
        return -TWZ_EDEPTH;

    activation->kind = K_ACTIVATION_GATE;
    activation->gate = gate;
    enter(thread, activation, callee, binding, below(rsp));
    if (gate->special || activation->caller_binding->limit != 0 ||
        activation->stack != k_stack_start(binding)) {
        k_refusal refusal = k_gate_finish(thread, activation);
        if (refusal != 0)
            return refusal;
    }
    clear_arguments(activation->saved.arguments, gate->spec.register_args);
    gate->calls++;
    return 0;
}

struct k_results k_gate_return(struct k_thread *thread, uint64_t value, uint64_t value2)
{
    const struct k_gate *gate = leave(thread)->gate;
    thread->binding->status = 0;
    return (struct k_results){.rax = gate->spec.returns & 1 ? value : 0,
                              .rdx = gate->spec.returns & 2 ? value2 : 0};
}

void k_set_root(struct k_binding *binding, struct k_context *context, struct k_root *root)
{
    binding->root = root;
    binding->space = root->space.root;
    binding->bound = root == &context->root;
    binding->away = !binding->bound;
}

static void drop_raised(struct k_thread *thread)
{
    while (thread->top[-1].kind == K_ACTIVATION_RAISED)
        k_leave(thread);
}

void k_gate_end(struct k_thread *thread, struct k_trap *trap, const uint64_t values[2])
{
    drop_raised(thread);
    struct k_results results = k_gate_return(thread, values[0], values[1]);
    const struct k_activation *ended = thread->top;
    k_trap_return(trap, &ended->saved, (uint64_t[]){results.rax, results.rdx},
                  ended->gate->spec.returns >> 2);
}

void k_end_activation(struct k_thread *thread, struct k_trap *trap, int64_t status, int64_t value)
{
    drop_raised(thread);
    const struct k_activation *ended = thread->top - 1;
    if (ended->kind == K_ACTIVATION_BECOME) {
        ended->became->users--;
        k_set_root(ended->caller_binding, ended->caller, ended->previous);
    }
    k_leave(thread);
    thread->binding->status = status;
    k_trap_resume(trap, &ended->saved, !k_is_gate_call(ended), value);
}

/* ---- Refusals ---- */

/* What the monitor gets where others are stopped: its own mistakes come back to it as errors. */
static enum twz_error error_of(k_refusal why)
{
    return why == TWZ_RULE_NO_GATE || why == TWZ_RULE_NO_BINDING         ? TWZ_ENOENT
           : why == TWZ_RULE_NOT_GRANTED || why == TWZ_RULE_NOT_ATTACHED ? TWZ_EPERM
           : why == TWZ_RULE_RESTART                                     ? TWZ_EDEAD
                                                                         : TWZ_EINVAL;
}

enum twz_error k_gate_refuse(struct k_thread *thread, struct k_trap *trap, k_refusal why,
                             struct k_cause cause)
{
    enum twz_error error = TWZ_OK;
    if (why == TWZ_RULE_NO_BINDING && k_thread_is_away(thread, k_gate_at(cause.address)->context))
        error = TWZ_EBUSY;
    else if (why < 0)
        error = (enum twz_error) - why;
    else if (thread->context == k_monitor)
        error = error_of(why);
    if (error != TWZ_OK) {
        thread->binding->status = -(int64_t)error;
        return error;
    }
    cause.rule = (enum twz_rule)why;
    cause.access = TWZ_EXECUTE;
    if (why == TWZ_RULE_NO_BINDING || why == TWZ_RULE_RESTART)
        cause.target = k_gate_at(cause.address)->context->object->id;
    k_upcall(thread, trap, &cause);
    return TWZ_OK;
}

void k_gate_refused(struct k_trap *trap, struct k_activation *activation, uint64_t number,
                    k_refusal why)
{
    k_trap_refused(trap, &activation->saved, number);
    enum twz_error error = k_gate_refuse(k_thread_current(), trap, why,
                                         (struct k_cause){.address = number - TWZ_SYS_GATE_BASE});
    if (error != TWZ_OK)
        k_trap_result(trap, -(int64_t)error);
}
