/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runtime ABI, threads: starting them, waiting for them and for words in memory; and the thread
 * block of a thread in this compartment, to which word 0 of the thread's locator page points.
 * Thread-local storage lies below it (variant II of the TLS ABI), the C library's own record in it.
 *
 * A thread starts in the compartment that starts it. When it calls gates it gets a stack and a
 * thread block in every compartment that it comes to; all of that goes when it ends.
 */
#ifndef TWZ_RT_THREAD_H
#define TWZ_RT_THREAD_H

#include <twz/rt/abi.h>

#define TWZ_RT_THREAD_SIZE 512u

/* A thread for C code. The memory is the caller's and must stay until the thread is joined. */
struct twz_rt_task {
    int64_t (*function)(void *argument);
    void *argument;
    size_t stack_size; /* bytes; 0: as the policy has it for the compartment */
    int64_t result;    /* what the function returned; -TWZ_EEXITED if it did not */
    uint32_t running;  /* becomes 0, and wakes its sleepers, when the thread is gone */
};

/* Starts it. The stack lies between guard pages. TWZ_ELIMIT: the compartment has as many threads as
 * it may have; TWZ_ENOMEM. */
TWZ_RT_API int64_t twz_rt_thread_start(struct twz_rt_task *task);
/* Waits for its end. Returns task->result. */
TWZ_RT_API int64_t twz_rt_thread_join(struct twz_rt_task *task);

/* A thread for who brings everything along, as a C library does. */
struct twz_rt_thread_spec {
    void (*entry)(void *argument); /* must not return: twz_rt_thread_exit() */
    void *argument;
    void *stack;                 /* lowest byte, page aligned, or NULL: the monitor makes one */
    size_t stack_size;           /* bytes, whole pages; 0: as the policy has it */
    struct twz_rt_thread *block; /* from twz_rt_thread_init(), or NULL: the monitor makes one */
    uint32_t *clear;             /* NULL, or as `running` above: only then may the stack go */
};

/* Returns the number (> 0) of the new thread, unique among those that run. Errors as above. */
TWZ_RT_API int64_t twz_rt_thread_spawn(const struct twz_rt_thread_spec *spec);
/* Ends the calling thread. In a gate's callee it ends the call: the caller gets TWZ_EEXITED. */
TWZ_RT_API __attribute__((noreturn)) void twz_rt_thread_exit(void);
/* The calling thread's number; the first thread has 0. */
TWZ_RT_API uint32_t twz_rt_thread_number(void);
TWZ_RT_API void twz_rt_thread_yield(void);

/* Waits until a wake of the same word, from any compartment that has the memory as well. Returns
 * 0; -TWZ_EAGAIN: the word is not `expected`; -TWZ_ETIMEDOUT: twz_rt_clock() has reached `deadline`
 * (UINT64_MAX: none). Comparing and falling asleep are one step with regard to wakes. */
TWZ_RT_API int64_t twz_rt_futex_wait(const uint32_t *word, uint32_t expected, uint64_t deadline);
/* Wakes at most `count` sleepers, the longest sleeping first. Returns how many. */
TWZ_RT_API int64_t twz_rt_futex_wake(const uint32_t *word, uint32_t count);

struct twz_rt_thread {
    struct twz_rt_thread *self;
    uint64_t *dtv; /* [0]: number of TLS modules; [n]: address of module n's block */
    unsigned char library[TWZ_RT_THREAD_SIZE - 56]; /* the C library's, zero at first */
    struct twz_rt_thread *next;                     /* of the threads that can be sent signals */
    uint64_t signals_blocked;                       /* bit n - 1: signal n; see <twz/rt/linux.h> */
    uint64_t signals_pending;
    uint64_t arrived; /* what twz_rt_on_arrival() asked for is done */
    uint64_t number;  /* twz_rt_thread_number() */
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

/* Calls the function in every thread of another compartment when it first comes here, before the
 * gate does anything: its thread block is as the monitor made it. One function; NULL: none. */
TWZ_RT_API void twz_rt_on_arrival(void (*function)(void));

/* Called by compiled code: the address of a thread-local variable. index[0] is the number of its
 * TLS module, index[1] its offset there (TLS ABI, general dynamic). */
TWZ_RT_API void *__tls_get_addr(size_t *index);

#endif
