/* SPDX-License-Identifier: BSD-2-Clause */
#include "deadline.h"
#include "alloc.h"
#include "upcall.h"

#define NANOSECONDS 1000ull /* of a microsecond */

/* Who happens to be active when somebody's time is up, further down, is not the one who is late,
 * and would be left with whatever it was in the middle of. So it may finish within this. */
#define GRACE 200000000ull /* nanoseconds */

_Static_assert(K_LIMITS_PER * sizeof(uint64_t) == TWZ_PAGE_SIZE, "one frame per table");

uint64_t k_deadline(const struct k_thread *thread)
{
    uint64_t earliest = K_NEVER;
    const struct k_activation *active = k_thread_activation(thread);
    for (const struct k_activation *a = thread->top - 1;
         a->kind != K_ACTIVATION_NONE && a->callee != k_monitor; a--) {
        uint64_t ends = a->deadline;
        if (a != active && ends != 0 && __builtin_add_overflow(ends, GRACE, &ends))
            ends = K_NEVER;
        if (ends != 0 && ends < earliest)
            earliest = ends;
    }
    return earliest;
}

/* Whether the time of an activation that waits for the active one is up. */
static bool is_late(const struct k_thread *thread, uint64_t now)
{
    uint64_t deadline = k_deadline(thread);
    return deadline != K_NEVER && deadline > GRACE && deadline - GRACE <= now;
}

bool k_deadline_check(struct k_thread *thread, struct k_trap *trap)
{
    uint64_t deadline = k_deadline(thread), now = k_clock();
    if (deadline == K_NEVER || deadline > now) {
        /* The next return is followed by a tick at once. */
        thread->turn.owed |= is_late(thread, now);
        return false;
    }
    k_upcall(thread, trap, &(struct k_cause){.rule = TWZ_RULE_DEADLINE});
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

void k_deadline_set(struct k_activation *activation)
{
    const struct k_gate *gate = activation->gate;
    struct k_binding *own = activation->caller_binding;
    uint64_t most = shorter(gate->spec.deadline, own->limit * NANOSECONDS);
    most = shorter(most, limit_of(activation->caller, gate));
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
