/* SPDX-License-Identifier: BSD-2-Clause */
/* Runtime ABI, core: how a compartment starts and ends, and how its last gate call went. */
#ifndef TWZ_RT_CORE_H
#define TWZ_RT_CORE_H

#include <twz/gate.h>
#include <twz/rt/abi.h>

/* In the program's own compartment: runs what twz_rt_at_exit() registered, then the destructors,
 * and ends the program with `status` (0..127). In another one: ends the gate call that is running
 * there with TWZ_EEXITED, and nothing else, because the compartment goes on. */
TWZ_RT_API __attribute__((noreturn)) void twz_rt_exit(int status);

/* Ends the same way at once, with a report on the console: compartment, reason (at most 256 bytes,
 * or NULL). The policy says what becomes of the compartment. */
TWZ_RT_API __attribute__((noreturn)) void twz_rt_abort(const char *reason);

/* Registers a function to be called when the program ends, last registered first; in compartments
 * other than its own, by nobody.
 * TWZ_ELIMIT: there are 32 already. */
TWZ_RT_API int64_t twz_rt_at_exit(void (*function)(void));

/* twz_rt_gate_status() is declared in <twz/gate.h>. */

/* The next gate call of this thread in this compartment ends after so many nanoseconds (at the next
 * tick of the timer) with TWZ_ETIMEDOUT, whatever the callee does; 0 takes that back. The policy
 * can set deadlines as well; the earliest holds. The policy of the callee's compartment says what
 * becomes of it then, as after a fault. For main alone: the calls of other compartments end at the
 * deadlines of the policy, because ending a call is a power over the callee. */
TWZ_RT_API void twz_rt_gate_deadline(uint64_t nanoseconds);

/* The same under the names that C code knows: part of libtwzc.a, or of libc where that is linked.
 */
TWZ_RT_API __attribute__((noreturn)) void exit(int status);
TWZ_RT_API __attribute__((noreturn)) void abort(void);
TWZ_RT_API int atexit(void (*function)(void));

/* For longjmp(), with the stack pointers to go to and to come from: aborts when the way leads out
 * of the gate call that is running, into frames of another one or of none. */
TWZ_RT_API void twz_rt_check_jump(uint64_t to, uint64_t from);

#endif
