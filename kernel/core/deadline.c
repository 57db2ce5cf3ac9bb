/* SPDX-License-Identifier: BSD-2-Clause */
#include "deadline.h"
#include "alloc.h"
#include "upcall.h"

#define NANOSECONDS 1000ull /* of a microsecond */

/* Who happens to be active when somebody's time is up, further down, is not the one who is late,
 * and would be left with whatever it was in the middle of. So it may finish within this, or within
 * a deadline of its own. */
#define GRACE 200000000ull /* nanoseconds */

_Static_assert(K_LIMITS_PER * sizeof(uint64_t) == TWZ_PAGE_SIZE, "one frame per table");

/* Of the activations that may end now, the one that has to end first, and when; and whether the
 * time of any is up. One that waits for others ends with them: not before the moment they have, nor
 * before the time of their own. */
struct late {
    const struct k_activation *first;
    uint64_t ends;
    bool overdue;
};
static struct late find_late(const struct k_thread *thread, uint64_t now)
{
    struct late late = {.ends = K_NEVER};
    uint64_t own = 0;
    const struct k_activation *active = k_thread_activation(thread);
    for (const struct k_activation *a = thread->top - 1;
         a->kind != K_ACTIVATION_NONE && a->callee != k_monitor; a--) {
        uint64_t ends = a->deadline;
        if (ends == 0)
            continue;
        if (a != active && __builtin_add_overflow(ends, GRACE, &ends))
            ends = K_NEVER;
        if (ends < own)
            ends = own;
        if (ends < late.ends) {
            late.ends = ends;
            late.first = a;
        }
        if (a->deadline > own)
            own = a->deadline;
        late.overdue |= a->deadline <= now;
    }
    return late;
}

uint64_t k_deadline(const struct k_thread *thread)
{
    return thread->doomed && thread->context == thread->home ? 0 : find_late(thread, 0).ends;
}

bool k_deadline_check(struct k_thread *thread, struct k_trap *trap)
{
    uint64_t now = k_clock();
    struct late late = find_late(thread, now);
    if (late.first == NULL || late.ends > now) {
        /* Where somebody waits whose time is up, the next return is followed by a tick at once. */
        thread->turn.owed |= late.overdue;
        return false;
    }
    k_upcall(
        thread, trap,
        &(struct k_cause){.rule = TWZ_RULE_DEADLINE, .target = late.first->callee->object->id});
    return true;
}

static uint64_t limit_of(const struct k_context *context, const struct k_gate *gate)
{
    const uint64_t *table = context->limits[gate->number / K_LIMITS_PER];
    return table == NULL ? 0 : table[gate->number % K_LIMITS_PER];
}

static uint64_t shorter(uint64_t a, uint64_t b)
{
    return a == 0 ? b : b == 0 || a < b ? a : b;
}

uint64_t k_deadline_of(const struct k_context *caller, const struct k_gate *gate)
{
    return shorter(gate->spec.deadline, limit_of(caller, gate));
}

void k_deadline_set(struct k_activation *activation, uint64_t most)
{
    struct k_binding *own = activation->caller_binding;
    most = shorter(most, own->limit * NANOSECONDS);
    own->limit = 0;
    if (most != 0 && __builtin_add_overflow(k_clock(), most, &activation->deadline))
        activation->deadline = K_NEVER;
}

bool k_deadline_limit(struct k_context *context, struct k_gate *gate, uint64_t nanoseconds)
{
    uint64_t **table = &context->limits[gate->number / K_LIMITS_PER];
    if (*table == NULL && nanoseconds == 0)
        return true;
    if (*table == NULL)
        *table = k_alloc(TWZ_PAGE_SIZE);
    if (*table == NULL)
        return false;
    (*table)[gate->number % K_LIMITS_PER] = nanoseconds;
    gate->special |= nanoseconds != 0;
    return true;
}

void k_deadline_forget(struct k_context *context)
{
    for (unsigned i = 0; i < sizeof context->limits / sizeof context->limits[0]; i++)
        k_free(context->limits[i], TWZ_PAGE_SIZE);
}
