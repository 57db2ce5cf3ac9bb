/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Upcalls: whatever a compartment does that it has no right to, the monitor hears of, on its own
 * stack of the same thread; the interrupted code waits, complete with its registers. Faults of the
 * monitor end the machine.
 */
#ifndef K_UPCALL_H
#define K_UPCALL_H

#include "thread.h"

struct k_cause {
    enum twz_rule rule;
    uint32_t vector;
    uint64_t address;
    uint32_t access;
    struct twz_id
        target; /* TWZ_RULE_NO_BINDING, RESTART: the context; else filled in from `address` */
};

/*
 * Makes `trap`, the user state of the current thread, that of the monitor's upcall entry. When the
 * monitor cannot be called (no entry, no binding, too many upcalls, no memory), ends the faulting
 * activation with an error instead; without one, ends the thread.
 */
void k_upcall(struct k_thread *thread, struct k_trap *trap, const struct k_cause *cause);

/* UPCALL_RETURN. On success `trap` is what goes on. */
enum twz_error k_upcall_return(struct k_thread *thread, struct k_trap *trap, uint64_t action,
                               uint64_t value);

#endif
