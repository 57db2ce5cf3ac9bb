/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of libtwzrt share. */
#ifndef TWZ_RUNTIME_H
#define TWZ_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>
#include <twz/rt/state.h>

/* The compartment's record, set before anything else of the compartment runs. */
extern const struct twz_rt_state *twz_rt_own_state __attribute__((visibility("hidden")));

/* Whether an entry of the record's table is in use. */
static inline bool twz_rt_is_library(const struct twz_rt_library *entry)
{
    return entry->tls_align != 0;
}

/* Calls what atexit() registered, then the destructors, once. */
__attribute__((visibility("hidden"))) void twz_rt_finish(void);

/* Calls a constructor or destructor. */
__attribute__((visibility("hidden"))) void twz_rt_call(uint64_t function);

/* dl.c: constructors of the libraries from entry `first` - 1 on; the monitor calls it as well.
 * Destructors of everything that was loaded after the start. */
__attribute__((visibility("default"))) void twz_rt_library_start(uint64_t first);
__attribute__((visibility("hidden"))) void twz_rt_libraries_finish(void);
__attribute__((visibility("hidden"))) int64_t
twz_rt_dl_open_from(const char *name, const char *compartment, uint32_t flags, const void *caller,
                    uint64_t *handle);

/* thread.c: frees the calling thread's block of a module that goes; all blocks made later. */
__attribute__((visibility("hidden"))) void twz_rt_thread_forget(uint32_t module);
__attribute__((visibility("hidden"))) void twz_rt_thread_forget_all(void);

/* Between threads of the compartment. A lock is a word that starts as 0; not recursive. */
__attribute__((visibility("hidden"))) void twz_rt_lock(uint32_t *lock);
__attribute__((visibility("hidden"))) void twz_rt_unlock(uint32_t *lock);

/* The heap's first bytes count, for each thread by its number, what it is in the middle of: the
 * allocator, files. If one is ended there, the monitor knows that this is not to be used again, and
 * that its lock stays taken. Thread blocks have to be there. */
__attribute__((visibility("hidden"))) void twz_rt_inside(int more);

/* Takes [end - size, end) from malloc's reach, for who hands out the heap from its upper end down.
 * False: malloc has it already. */
__attribute__((visibility("hidden"))) bool twz_rt_heap_take_top(uint64_t end, uint64_t size);

#endif
