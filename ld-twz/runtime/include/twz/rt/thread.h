/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runtime ABI, threads: the thread block of a thread in this compartment, to which word 0 of the
 * thread's locator page points. Thread-local storage lies below it (variant II of the TLS ABI), the
 * C library's own record in it.
 */
#ifndef TWZ_RT_THREAD_H
#define TWZ_RT_THREAD_H

#include <twz/rt/abi.h>

#define TWZ_RT_THREAD_SIZE 512u

struct twz_rt_thread {
    struct twz_rt_thread *self;
    uint64_t *dtv; /* [0]: number of TLS modules; [n]: address of module n's block */
    unsigned char library[TWZ_RT_THREAD_SIZE - 16]; /* the C library's, zero at first */
};
_Static_assert(sizeof(struct twz_rt_thread) == TWZ_RT_THREAD_SIZE, "ABI");

/* Bytes that a thread block takes with everything around it, wherever it is put. */
TWZ_RT_API size_t twz_rt_thread_bytes(void);
/* Makes one in zeroed memory of `size` >= twz_rt_thread_bytes() bytes; returns where it is. */
TWZ_RT_API struct twz_rt_thread *twz_rt_thread_init(void *memory, size_t size);
/* Gives its thread-local storage the initial contents once more. */
TWZ_RT_API void twz_rt_thread_reset(struct twz_rt_thread *thread);
/* The calling thread's own. */
TWZ_RT_API struct twz_rt_thread *twz_rt_thread_self(void);

/* Called by compiled code: the address of a thread-local variable. index[0] is the number of its
 * TLS module, index[1] its offset there (TLS ABI, general dynamic). */
TWZ_RT_API void *__tls_get_addr(size_t *index);

#endif
