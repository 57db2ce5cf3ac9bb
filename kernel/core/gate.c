/* SPDX-License-Identifier: BSD-2-Clause */
#include "gate.h"
#include "alloc.h"
#include "frame.h"
#include "log.h"
#include "overlay.h"
#include "upcall.h"
#include <string.h>

_Static_assert(TWZ_SYS_GATE_BASE == 0x1000 && TWZ_SYS_GATE_RETURN == 41, "entry.S");
_Static_assert(offsetof(struct k_thread, top) == K_THREAD_TOP, "layout.h");
_Static_assert(offsetof(struct k_activation, saved) == 0, "layout.h");
_Static_assert(offsetof(struct k_activation, kind) == K_ACT_KIND, "layout.h");
_Static_assert(offsetof(struct k_activation, stack) == K_ACT_STACK, "layout.h");
_Static_assert(offsetof(struct k_activation, gate) == K_ACT_GATE, "layout.h");
_Static_assert(offsetof(struct k_gate, entry) == K_GATE_ENTRY, "layout.h");
_Static_assert(offsetof(struct k_gate, register_args) == K_GATE_REGISTERS, "layout.h");
_Static_assert(offsetof(struct k_gate, vector_args) == K_GATE_VECTORS, "layout.h");
_Static_assert(offsetof(struct k_gate, returns) == K_GATE_RETURNS, "layout.h");
_Static_assert(sizeof(struct k_activation) == K_ACT_SIZE, "layout.h");
_Static_assert(K_ACTIVATION_GATE == K_ACT_KIND_GATE, "layout.h");

#define K_ALWAYS_INLINE __attribute__((always_inline)) static inline

/* Stack that a callee finds at least: room for its first frames, so that it faults in its own code
 * and not on entry. */
#define STACK_MARGIN 512u
#define RED_ZONE     128u /* below rsp, System V ABI 3.2.2 */

/* Gates are numbered without gaps and never move: a table of pages. */
#define GATES_PER_PAGE 32u
static struct k_gate *pages[TWZ_GATES_MAX / GATES_PER_PAGE];
static uint64_t gate_count;

/* For plain calls: gates by the address of their entry. */
#define BUCKETS 512u
static struct k_gate *entries[BUCKETS];

static struct k_gate **bucket_of(uint64_t entry)
{
    return &entries[(entry / 16 ^ entry / TWZ_SLOT_SIZE) % BUCKETS];
}

_Static_assert(sizeof(struct k_gate) * GATES_PER_PAGE <= 4096, "one frame");

struct k_gate *k_gate_at(uint64_t number)
{
    if (number >= gate_count)
        return NULL;
    return &pages[number / GATES_PER_PAGE][number % GATES_PER_PAGE];
}

int64_t k_gate_publish(struct k_context *context, const struct twz_gate_spec *spec)
{
    if (gate_count == TWZ_GATES_MAX)
        return -TWZ_ELIMIT;
    struct k_gate **page = &pages[gate_count / GATES_PER_PAGE];
    if (*page == NULL)
        *page = k_alloc(sizeof(struct k_gate) * GATES_PER_PAGE);
    if (*page == NULL)
        return -TWZ_ENOMEM;
    struct k_gate *gate = &(*page)[gate_count % GATES_PER_PAGE];
    *gate = (struct k_gate){
        .context = context,
        .entry = spec->entry,
        .register_args = spec->register_args,
        .vector_args = spec->vector_args,
        .returns = spec->returns,
        .buffer_count = spec->buffer_count,
        .stack_args = spec->stack_args,
        .isolation = spec->isolation,
        .number = (uint16_t)gate_count,
        .callbacks = spec->callbacks,
        .flags = (uint8_t)spec->flags,
        .deadline = spec->deadline,
        .frame = spec->frame,
    };
    gate->special = spec->buffer_count > 0 || spec->stack_args > 0 || spec->callbacks != 0 ||
                    spec->deadline != 0 || spec->flags != 0;
    memcpy(gate->buffers, spec->buffers, sizeof gate->buffers);
    memcpy(gate->pointers, spec->pointers, sizeof gate->pointers);
    gate->next = *bucket_of(gate->entry);
    *bucket_of(gate->entry) = gate;
    return (int64_t)gate_count++;
}

void k_gates_bury(const struct k_context *context)
{
    for (uint64_t i = 0; i < gate_count; i++) {
        if (k_gate_at(i)->context == context)
            k_gate_at(i)->context = NULL;
    }
}

void k_gates_confine(const struct k_context *context)
{
    for (uint64_t i = 0; i < gate_count; i++) {
        struct k_gate *gate = k_gate_at(i);
        if (gate->context == context && !k_context_admits_gate(context, gate->entry))
            gate->context = NULL;
    }
}

struct k_gate *k_gate_with_entry(const struct k_gate *gate, uint64_t entry)
{
    struct k_gate *next = gate == NULL ? *bucket_of(entry) : gate->next;
    while (next != NULL && (next->entry != entry || next->context == NULL))
        next = next->next;
    return next;
}

/* ---- Stacks ---- */

bool k_has_stack(const struct k_binding *binding, uint64_t rsp, uint64_t bytes)
{
    return rsp >= binding->stack_low + STACK_MARGIN + bytes;
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

enum k_refusal k_gate_enter(struct k_thread *thread, uint64_t number,
                            struct k_activation *activation)
{
    uint64_t index = number - TWZ_SYS_GATE_BASE;
    if (index >= gate_count)
        return K_NO_GATE;
    if ((thread->context->gates[index / 64] >> index % 64 & 1) == 0)
        return K_NOT_GRANTED;
    struct k_gate *gate = &pages[index / GATES_PER_PAGE][index % GATES_PER_PAGE];
    struct k_context *callee = gate->context;
    if (callee == NULL || callee->status != TWZ_CONTEXT_LIVE)
        return callee != NULL && callee->status == TWZ_CONTEXT_RESTART ? K_RESTART : K_DEAD;
    if (activation > &thread->activations[TWZ_GATE_DEPTH])
        return K_DEPTH;
    uint64_t rsp = activation->saved.rsp;
    if (!k_on_stack(thread->binding, rsp, 8u + gate->stack_args))
        return K_BAD_STACK;
    struct k_binding *binding = k_thread_binding(thread, callee);
    if (binding == NULL)
        return K_NO_BINDING;
    uint64_t free_stack = binding == thread->binding ? below(rsp) : binding->rsp;
    if (!k_has_stack(binding, free_stack, gate->stack_args))
        return K_DEPTH;

    activation->kind = K_ACTIVATION_GATE;
    activation->gate = gate;
    enter(thread, activation, callee, binding, below(rsp));
    if (gate->special || activation->caller_binding->limit != 0) {
        enum k_refusal refusal = k_gate_finish(thread, activation);
        if (refusal != K_ENTERED)
            return refusal;
    }
    clear_arguments(activation->saved.arguments, gate->register_args);
    gate->calls++;
    return K_ENTERED;
}

struct k_results k_gate_return(struct k_thread *thread, uint64_t value, uint64_t value2)
{
    const struct k_gate *gate = leave(thread)->gate;
    thread->binding->status = 0;
    return (struct k_results){.rax = gate->returns & 1 ? value : 0,
                              .rdx = gate->returns & 2 ? value2 : 0};
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
                  ended->gate->returns >> 2);
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

static const struct {
    enum twz_rule rule; /* NONE: not the monitor's business */
    enum twz_error error;
} refusals[] = {
    [K_NO_GATE] = {TWZ_RULE_NO_GATE, TWZ_ENOENT},
    [K_NOT_GRANTED] = {TWZ_RULE_NOT_GRANTED, TWZ_EPERM},
    [K_NOT_ATTACHED] = {TWZ_RULE_NOT_ATTACHED, TWZ_EPERM},
    [K_BAD_STACK] = {TWZ_RULE_BAD_STACK, TWZ_EINVAL},
    [K_BAD_RETURN] = {TWZ_RULE_BAD_RETURN, TWZ_EINVAL},
    [K_NO_BINDING] = {TWZ_RULE_NO_BINDING, TWZ_ENOENT},
    [K_RESTART] = {TWZ_RULE_RESTART, TWZ_EDEAD},
    [K_BAD_POINTER] = {TWZ_RULE_BAD_POINTER, TWZ_EINVAL},
    [K_DEAD] = {TWZ_RULE_NONE, TWZ_EDEAD},
    [K_DEPTH] = {TWZ_RULE_NONE, TWZ_EDEPTH},
    [K_TOO_BIG] = {TWZ_RULE_NONE, TWZ_ETOOBIG},
    [K_FAULT] = {TWZ_RULE_NONE, TWZ_EFAULT},
    [K_BAD_CALLBACK] = {TWZ_RULE_NONE, TWZ_EINVAL},
};

enum twz_error k_gate_refuse(struct k_thread *thread, struct k_trap *trap, enum k_refusal why,
                             struct k_cause cause)
{
    cause.rule = refusals[why].rule;
    cause.access = TWZ_EXECUTE;
    /* The monitor decides for others; its own mistakes come back to it as errors. */
    if (why == K_NO_BINDING && k_thread_is_away(thread, k_gate_at(cause.address)->context)) {
        thread->binding->status = -TWZ_EBUSY;
        return TWZ_EBUSY;
    }
    if (cause.rule == TWZ_RULE_NONE || thread->context == k_monitor) {
        thread->binding->status = -(int64_t)refusals[why].error;
        return refusals[why].error;
    }
    if (why == K_NO_BINDING || why == K_RESTART)
        cause.target = k_gate_at(cause.address)->context->object->id;
    k_upcall(thread, trap, &cause);
    return TWZ_OK;
}

void k_gate_refused(struct k_trap *trap, struct k_activation *activation, uint64_t number,
                    enum k_refusal why)
{
    k_trap_refused(trap, &activation->saved, number);
    enum twz_error error = k_gate_refuse(k_thread_current(), trap, why,
                                         (struct k_cause){.address = number - TWZ_SYS_GATE_BASE});
    if (error != TWZ_OK)
        k_trap_result(trap, -(int64_t)error);
}
