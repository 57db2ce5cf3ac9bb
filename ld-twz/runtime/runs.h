/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A range of addresses as a list of runs in order, without gaps: what is free (state 0), and what
 * is in use, by a state that the owner gives it. Neighbours never have the same state. The list
 * lies in the private heap, away from the memory that it is about.
 */
#ifndef TWZ_RUNS_H
#define TWZ_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct twz_rt_run {
    uint64_t start, end;
    uint64_t state;
};

struct twz_rt_runs {
    struct twz_rt_run *list;
    size_t count, room;
};

#pragma GCC visibility push(hidden)
/* Room for two runs more. False: no memory. */
bool twz_rt_runs_reserve(struct twz_rt_runs *runs);
/* Adds a run in front of all others, which ends where they start. There must be room. */
void twz_rt_runs_extend(struct twz_rt_runs *runs, uint64_t start, uint64_t state);
/* Index of the run that `address` lies in. There must be one. */
size_t twz_rt_runs_at(const struct twz_rt_runs *runs, uint64_t address);
/* Gives [start, end), which lies in the range, a state. False: no memory for the list; a part may
 * have it already. */
bool twz_rt_runs_set(struct twz_rt_runs *runs, uint64_t start, uint64_t end, uint64_t state);
/* The smallest free run with `size` bytes from a multiple of `align` on, or NULL. */
const struct twz_rt_run *twz_rt_runs_find(const struct twz_rt_runs *runs, uint64_t size,
                                          uint64_t align);
#pragma GCC visibility pop

#endif
