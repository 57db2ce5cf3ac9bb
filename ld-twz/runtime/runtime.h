/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of libtwzrt share. */
#ifndef TWZ_RUNTIME_H
#define TWZ_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>
#include <twz/rt/state.h>

/* The compartment's record, set before anything else of the compartment runs. */
extern const struct twz_rt_state *twz_rt_own_state __attribute__((visibility("hidden")));

/* Calls what atexit() registered, then the destructors, once. */
__attribute__((visibility("hidden"))) void twz_rt_finish(void);

/* Between threads of the compartment. A lock is a word that starts as 0; not recursive. */
__attribute__((visibility("hidden"))) void twz_rt_lock(uint32_t *lock);
__attribute__((visibility("hidden"))) void twz_rt_unlock(uint32_t *lock);

/* Takes [end - size, end) from malloc's reach, for who hands out the heap from its upper end down.
 * False: malloc has it already. */
__attribute__((visibility("hidden"))) bool twz_rt_heap_take_top(uint64_t end, uint64_t size);

#endif
