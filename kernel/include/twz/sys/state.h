/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel state objects: what the kernel knows of a thread or a view, as an object like any other.
 * Who has TWZ_READ on it maps it (pages from 1 on, read-only) and reads it without entering the
 * kernel; only the kernel writes it.
 */
#ifndef TWZ_SYS_STATE_H
#define TWZ_SYS_STATE_H

#include <twz/sys/types.h>

enum twz_thread_status {
    TWZ_THREAD_NEW = 0,      /* not started: its first context is not bound */
    TWZ_THREAD_READY = 1,    /* it runs, or will when it is its turn */
    TWZ_THREAD_SLEEPING = 2, /* THREAD_SLEEP */
    TWZ_THREAD_EXITED = 3,   /* for good. Changes to `status` wake the sleepers of this word */
};

/* Page 1 of a thread's repr object. Fields marked * are as of when it ran last. */
struct twz_thread_state {
    struct twz_id id;
    uint32_t status; /* enum twz_thread_status */
    uint32_t priority;
    uint32_t slice;       /* ticks */
    uint32_t depth;       /* * activations: calls of gates and upcalls that have not returned */
    struct twz_id home;   /* the context that it started in */
    struct twz_id active; /* * the context that it is in */
    uint64_t switches;    /* how often it got its turn */
    uint64_t run_time;    /* * nanoseconds that it ran */
};
_Static_assert(offsetof(struct twz_thread_state, status) == 16, "ABI");
_Static_assert(offsetof(struct twz_thread_state, active) == 48, "ABI");
_Static_assert(sizeof(struct twz_thread_state) == 80, "ABI");

/* Page 1 of a context's object. */
struct twz_context_state {
    struct twz_id id;
    struct twz_id view;    /* its own, in which it is entered */
    uint32_t status;       /* enum twz_context_status */
    uint32_t capabilities; /* and masks that it holds */
    uint64_t calls_in;     /* activations so far */
    uint64_t faults;       /* upcalls caused by it so far */
};
_Static_assert(offsetof(struct twz_context_state, status) == 32, "ABI");
_Static_assert(sizeof(struct twz_context_state) == 56, "ABI");

/* Page 1 of a view's object. */
struct twz_view_state {
    struct twz_id id;
    uint32_t slots; /* that are not empty */
    uint32_t reserved;
};
_Static_assert(sizeof(struct twz_view_state) == 24, "ABI");

/* From page 2 on: one for each slot, in order. A page is not there before one of its slots was
 * used.
 */
struct twz_view_slot {
    struct twz_id object; /* zero: the slot is empty */
    uint32_t rights;      /* that any of its ranges has */
    uint32_t changes;     /* how often it was changed */
    uint64_t reserved;
};
_Static_assert(sizeof(struct twz_view_slot) == 32, "ABI");
#define TWZ_VIEW_SLOT_OFFSET(slot) (2 * TWZ_PAGE_SIZE + (slot) * sizeof(struct twz_view_slot))

#endif
