/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ties: a child lives as long as the last of its parents. A tie alone deletes: when the last parent
 * is gone, the child goes, and what is tied to the child in turn. Until then deleting the child
 * waits. Ties never form a circle, so nothing keeps itself alive.
 *
 * A data object, a context or a view is gone when its deletion takes effect, even if slots still
 * show its bytes; a thread is gone when it ends.
 */
#ifndef K_TIE_H
#define K_TIE_H

#include "object.h"

/* Ties `child`, a data object, to `parent`. TWZ_EINVAL: it is not data, or the parent is one that
 * never goes, or a circle would form; TWZ_ENOENT: the parent is a thread that has ended;
 * TWZ_EEXIST; TWZ_ELIMIT: it has TWZ_TIES_MAX parents; TWZ_ENOMEM. */
enum twz_error k_tie(struct k_object *child, struct k_object *parent);

/* The object is gone: unties it on both sides, and deletes children that have no parent left. */
void k_tie_cut(struct k_object *object);

uint32_t k_tie_parents(const struct k_object *object);

#endif
