/* SPDX-License-Identifier: BSD-2-Clause */
/* The thread's vector in the compartment that this is compiled into. */
#ifndef VECTOR_H
#define VECTOR_H

#include "pages.h"
#include <twz/rt/info.h>
#include <twz/rt/state.h>
#include <twz/rt/thread.h>

/* The monitor lays locators out behind the record, by the number of the thread. */
#define VECTOR_LOCATORS 0x100000ull

static inline uint64_t vector_word(uint32_t what)
{
    struct twz_rt_info info;
    twz_rt_info(&info);
    uint64_t record = (uintptr_t)info.compartment - offsetof(struct twz_rt_state, name);
    return what == PAGES_BLOCK    ? (uintptr_t)twz_rt_thread_self()
           : what == PAGES_RECORD ? record
                                  : (record & ~(TWZ_SLOT_SIZE - 1)) + VECTOR_LOCATORS +
                                        twz_rt_thread_number() * TWZ_PAGE_SIZE;
}

#endif
