/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where things go: slots, thread-local storage, and the order of constructors. Slots are taken from
 * a map that the caller may share with its own needs (stacks, heaps).
 */
#ifndef LD_LAYOUT_H
#define LD_LAYOUT_H

#include <ld/program.h>

/* Which slots of the address space are taken, one bit each. */
struct ld_slots {
    uint64_t *taken;
    uint32_t first, end; /* only these are handed out: [first, end) */
    uint32_t next;       /* where the deterministic search goes on */
    bool random;         /* pseudo-random slots; otherwise the lowest free ones in order */
    uint64_t seed;       /* of the next random slot */
};

/* Makes a map with all of [first, end) free, end <= TWZ_SLOT_COUNT. Seed 0 hands out the lowest
 * free slots; any other seed random ones, the same seed the same sequence. */
enum ld_error ld_slots_init(struct ld_slots *slots, struct ld_memory memory, uint32_t first,
                            uint32_t end, uint64_t seed) __attribute__((warn_unused_result));
/* Takes `count` consecutive slots (1..64); returns the first or LD_NONE. */
uint32_t ld_slots_take(struct ld_slots *slots, uint32_t count);
/* Takes these; false when one of them is taken already. Works outside [first, end) as well. */
bool ld_slots_take_at(struct ld_slots *slots, uint32_t slot, uint32_t count);
void ld_slots_give_back(struct ld_slots *slots, uint32_t slot, uint32_t count);

/* Assigns slots (a pair per instance; an ET_EXEC program gets 0 and 1), thread-local storage
 * (variant II: blocks below the thread pointer) and the order of constructors. */
enum ld_error ld_program_layout(struct ld_program *program, struct ld_slots *slots)
    __attribute__((warn_unused_result));

/* Address of ELF virtual address `vaddr` of a laid-out instance. */
uint64_t ld_instance_address(const struct ld_instance *instance, uint64_t vaddr);

#endif
