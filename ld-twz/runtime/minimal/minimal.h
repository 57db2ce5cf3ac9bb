/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The minimal runtime: the runtime's own sources, and behind them, in place of the monitor, the few
 * files of this directory. The kernel starts the program itself, as the only program, with all
 * rights; what elsewhere is a gate of the monitor (<twz/monitor_gates.h>) is a plain function here,
 * over the kernel's system calls. Linked into the program: libtwzmin.a.
 */
#ifndef TWZ_MINIMAL_H
#define TWZ_MINIMAL_H

#include <stdbool.h>
#include <twz/sys/call.h>

#pragma GCC visibility push(hidden)

extern const struct twz_boot_info *twz_min_boot;

/* A slot with nothing in it; 0: there is none left. */
uint32_t twz_min_take_slot(void);
/* Empties it. */
void twz_min_give_slot(uint32_t slot);

/* An object in a slot of its own, with these ranges. 0 or a negated error. */
int64_t twz_min_map(struct twz_id object, const struct twz_range *ranges, uint32_t count,
                    uint32_t *slot);
/* The same for a new object. */
int64_t twz_min_create(const struct twz_range *ranges, uint32_t count, struct twz_id *object,
                       uint32_t *slot);

static inline uint64_t twz_min_address(uint32_t slot)
{
    return slot * TWZ_SLOT_SIZE;
}

static inline struct twz_range twz_min_pages(uint64_t offset, uint64_t size, uint32_t rights)
{
    return (struct twz_range){
        .first_page = (uint32_t)(offset / TWZ_PAGE_SIZE),
        .page_count = (uint32_t)((size + TWZ_PAGE_SIZE - 1) / TWZ_PAGE_SIZE),
        .rights = rights,
    };
}

/* The ranges of an object of `length` bytes: these, and at its end where its extensions are.
 * Returns how many. */
uint32_t twz_min_ranges(uint64_t length, uint32_t rights, struct twz_range ranges[2]);

/* What the thread pointer leads to. */
struct twz_min_locator {
    uint64_t block; /* struct twz_rt_thread */
    uint64_t state; /* struct twz_rt_state */
    uint64_t unused[3];
    uint64_t canary;
};

void twz_min_locator_write(struct twz_min_locator *locator, const void *block);

#pragma GCC visibility pop

#endif
