/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who runs: of the threads that can, one of the highest priority, in turns. The timer's ticks end
 * turns and deadlines. A thread in the monitor's context is never preempted, which makes the
 * monitor one critical section: it does not wait while it is inconsistent.
 *
 * Threads sleep on a 32-bit word of an object. The kernel is not preempted between the comparison
 * of the word and k_sleep(), so that no wake is lost.
 */
#ifndef K_SCHEDULE_H
#define K_SCHEDULE_H

#include "thread.h"

/* The thread can run, or no longer. */
void k_schedule_add(struct k_thread *thread);
void k_schedule_remove(struct k_thread *thread);

/* Effective when the thread gets its next turn. */
void k_schedule_set(struct k_thread *thread, uint32_t priority, uint32_t slice);

/* Goes on with another thread of the same priority, if there is one, or of a higher one. */
void k_schedule_yield(void);

/* A thread of higher priority may be ready now: goes on with it, unless the monitor is active. */
void k_schedule_point(void);

/* Goes on with whoever can run, waiting until somebody can. The current thread cannot. When nobody
 * ever will, ends the machine with K_EXIT_IDLE. */
void k_schedule_next(void);

/* The timer's interrupt. */
void k_schedule_tick(void);

/* The current thread sleeps on a word until somebody wakes it or the deadline (nanoseconds of
 * k_clock(), UINT64_MAX: none) has passed: TWZ_ETIMEDOUT. */
enum twz_error k_sleep(struct k_object *object, uint64_t offset, uint64_t deadline);

/* Wakes the thread if it sleeps. */
void k_wake_thread(struct k_thread *thread);

/* Wakes at most `count` sleepers of a word, the oldest first. Returns how many. */
uint32_t k_wake(const struct k_object *object, uint64_t offset, uint32_t count);

#endif
