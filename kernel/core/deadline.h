/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deadlines of gate calls. An activation carries the time at which it has to have returned; what is
 * above it ends with it. The timer's ticks and the ends of sleeps are the moments at which somebody
 * looks. What the monitor has begun it finishes: neither its activations nor those below them end.
 * And who is active above the one that is late has a moment to come back to it.
 */
#ifndef K_DEADLINE_H
#define K_DEADLINE_H

#include "gate.h"

#define K_NEVER UINT64_MAX

/* When the first of the thread's activations that may end now has to end, or K_NEVER; 0: the thread
 * is deleted, and where it may end. */
uint64_t k_deadline(const struct k_thread *thread);

/* If it has passed, makes `trap`, the user state of the current thread, that of an upcall about the
 * current activation, which says who is late; and does so again when the monitor has ended that
 * one. False: not so. */
bool k_deadline_check(struct k_thread *thread, struct k_trap *trap);

/* Nanoseconds that a call of the gate may take; 0: any number. */
uint64_t k_deadline_of(const struct k_context *caller, const struct k_gate *gate);

/* The call that made the activation may take `most` nanoseconds (0: any number), and what its
 * caller has said by GATE_DEADLINE. */
void k_deadline_set(struct k_activation *activation, uint64_t most);

/* Nanoseconds that a call of the gate from the context may take; 0: no limit. False: no memory. */
bool k_deadline_limit(struct k_context *context, struct k_gate *gate, uint64_t nanoseconds);
void k_deadline_forget(struct k_context *context);

#endif
