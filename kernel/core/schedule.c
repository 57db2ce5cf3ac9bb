/* SPDX-License-Identifier: BSD-2-Clause */
#include "schedule.h"
#include "log.h"

#define SLEEP_BUCKETS 256u

struct queue {
    struct k_thread *first, *last; /* linked by turn.next */
};

/* Threads that can run, the running one first of its priority. */
static struct queue ready[TWZ_PRIORITIES];
static struct queue sleepers[SLEEP_BUCKETS];
static struct k_thread *timed; /* sleepers with a deadline, the earliest first */

static void append(struct queue *queue, struct k_thread *thread)
{
    thread->turn.next = NULL;
    if (queue->last != NULL)
        queue->last->turn.next = thread;
    else
        queue->first = thread;
    queue->last = thread;
}

static void take_out(struct queue *queue, struct k_thread *thread)
{
    struct k_thread **link = &queue->first, *before = NULL;
    for (; *link != NULL && *link != thread; link = &before->turn.next)
        before = *link;
    if (*link == NULL)
        return;
    *link = thread->turn.next;
    if (queue->last == thread)
        queue->last = before;
}

/* ---- Turns ---- */

void k_schedule_add(struct k_thread *thread)
{
    thread->state->status = TWZ_THREAD_READY;
    thread->turn.left = thread->state->slice;
    append(&ready[thread->state->priority], thread);
}

static struct queue *bucket_of(const struct k_object *object, uint64_t offset)
{
    return &sleepers[((uint64_t)object / sizeof *object ^ offset / 4) % SLEEP_BUCKETS];
}

static void forget_deadline(const struct k_thread *thread)
{
    struct k_thread **link = &timed;
    while (*link != NULL && *link != thread)
        link = &(*link)->turn.timed;
    if (*link != NULL)
        *link = thread->turn.timed;
}

static void leave_sleep(struct k_thread *thread)
{
    struct k_object *object = thread->turn.object;
    take_out(bucket_of(object, thread->turn.offset), thread);
    if (thread->turn.deadline != UINT64_MAX)
        forget_deadline(thread);
    thread->turn.object = NULL;
    k_object_release(object);
}

void k_schedule_remove(struct k_thread *thread)
{
    if (thread->turn.object != NULL)
        leave_sleep(thread);
    else
        take_out(&ready[thread->state->priority], thread);
}

void k_schedule_set(struct k_thread *thread, uint32_t priority, uint32_t slice)
{
    bool can_run = thread->state->status == TWZ_THREAD_READY;
    if (can_run)
        take_out(&ready[thread->state->priority], thread);
    thread->state->priority = priority;
    thread->state->slice = slice;
    if (can_run)
        k_schedule_add(thread);
}

/* NULL: nobody can run. */
static struct k_thread *best(void)
{
    for (unsigned i = TWZ_PRIORITIES; i-- > 0;) {
        if (ready[i].first != NULL)
            return ready[i].first;
    }
    return NULL;
}

/* What others can read of a thread while it does not run. */
static void leave_turn(struct k_thread *thread, uint64_t now)
{
    thread->state->active = thread->context->object->id;
    thread->state->depth = k_thread_depth(thread);
    thread->state->run_time += now - thread->turn.since;
}

static void switch_to(struct k_thread *next)
{
    struct k_thread *before = k_thread_current();
    if (next == before)
        return;
    uint64_t now = k_clock();
    if (before != NULL)
        leave_turn(before, now);
    k_thread_bury();
    next->turn.since = now;
    next->state->switches++;
    k_system.thread_switches++;
    k_thread_switch(before, next);
}

void k_schedule_yield(void)
{
    struct k_thread *current = k_thread_current();
    take_out(&ready[current->state->priority], current);
    k_schedule_add(current);
    switch_to(best());
}

void k_schedule_point(void)
{
    if (k_thread_current()->context != k_monitor)
        switch_to(best());
}

static void wake_expired(void)
{
    uint64_t now = k_clock();
    while (timed != NULL && timed->turn.deadline <= now) {
        struct k_thread *thread = timed;
        thread->turn.timed_out = true;
        k_wake_thread(thread);
    }
}

void k_schedule_next(void)
{
    wake_expired();
    while (best() == NULL) {
        if (timed == NULL) {
            k_log(K_ERROR, "no thread can run, and nobody is left to wake one");
            k_shutdown(K_EXIT_IDLE);
        }
        k_wait();
        wake_expired();
    }
    switch_to(best());
}

void k_schedule_tick(void)
{
    struct k_thread *current = k_thread_current();
    /* Nobody's turn: k_schedule_next() is waiting, and looks at the deadlines itself. */
    if (current == NULL || current->state->status != TWZ_THREAD_READY)
        return;
    wake_expired();
    if (current->turn.left > 0)
        current->turn.left--;
    current->turn.owed = current->context == k_monitor;
    if (current->turn.owed)
        return;
    if (current->turn.left == 0)
        k_schedule_yield();
    else
        switch_to(best());
}

/* ---- Sleep ---- */

static void remember_deadline(struct k_thread *thread)
{
    struct k_thread **link = &timed;
    while (*link != NULL && (*link)->turn.deadline <= thread->turn.deadline)
        link = &(*link)->turn.timed;
    thread->turn.timed = *link;
    *link = thread;
}

enum twz_error k_sleep(struct k_object *object, uint64_t offset, uint64_t deadline)
{
    struct k_thread *thread = k_thread_current();
    k_schedule_remove(thread);
    object->references++;
    thread->state->status = TWZ_THREAD_SLEEPING;
    thread->turn.object = object;
    thread->turn.offset = offset;
    thread->turn.deadline = deadline;
    thread->turn.timed_out = false;
    append(bucket_of(object, offset), thread);
    if (deadline != UINT64_MAX)
        remember_deadline(thread);
    k_schedule_next();
    return thread->turn.timed_out ? TWZ_ETIMEDOUT : TWZ_OK;
}

void k_wake_thread(struct k_thread *thread)
{
    if (thread->turn.object == NULL)
        return;
    leave_sleep(thread);
    k_schedule_add(thread);
}

uint32_t k_wake(const struct k_object *object, uint64_t offset, uint32_t count)
{
    uint32_t woken = 0;
    struct k_thread *next;
    for (struct k_thread *t = bucket_of(object, offset)->first; t != NULL && woken < count;
         t = next) {
        next = t->turn.next;
        if (t->turn.object != object || t->turn.offset != offset)
            continue;
        k_wake_thread(t);
        woken++;
    }
    return woken;
}
