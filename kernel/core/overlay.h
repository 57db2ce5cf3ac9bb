/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the callee of a gate of level TWZ_ISOLATE_CALLEE sees of its caller's stack: the bytes of
 * the caller's current activation that the gate declares, at their own addresses, as they were at
 * the first touch; zeros elsewhere in these pages. It is an object that the monitor gives when that
 * first touch traps. What the callee writes there is in that object, and gone when it returns.
 *
 * Translations of an overlay are in the callee's address space, where other threads of the callee
 * can use them as well: they have the same rights. A second activation of the same callee hides
 * those of the first, which come back when they are touched again.
 */
#ifndef K_OVERLAY_H
#define K_OVERLAY_H

#include "gate.h"

/* A fault on data at `address` in the current activation, which is against `rule`. TWZ_RULE_NONE:
 * the instruction can be done again. TWZ_RULE_CALLER_STACK: the monitor has to give an object. Else
 * TWZ_RULE_NO_MEMORY, or the same rule: it is nothing that the gate shows. */
enum twz_rule k_overlay_touch(struct k_thread *thread, uint64_t address, enum twz_rule rule);

/* Fills `object`, which must be an empty data object, and makes it the overlay of the activation.
 * TWZ_OK, TWZ_ENOMEM, TWZ_EFAULT (the caller could not read these bytes itself), TWZ_EINVAL or
 * TWZ_EEXIST. */
enum twz_error k_overlay_give(struct k_activation *activation, struct k_object *object);

/* The activation ends; or its callee is entered again. */
void k_overlay_drop(struct k_activation *activation);
void k_overlays_hide(struct k_thread *thread, const struct k_context *callee);

#endif
