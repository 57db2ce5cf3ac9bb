/* SPDX-License-Identifier: BSD-2-Clause */
/* The monitor's memory: one object of zero pages that come when touched, handed out from its start
 * and never given back. What a program can make the monitor allocate is bounded: per library, gate,
 * thread, slot and compartment, once for each that there can be, and all of it together is less. */
#include "monitor.h"

#define ARENA_SIZE (128ull << 20) /* addresses */

static uint64_t arena_next, arena_end;

static void *arena_allocate(void *context, size_t size, size_t align)
{
    (void)context;
    uint64_t start = (arena_next + align - 1) & ~(uint64_t)(align - 1);
    if (start < arena_next || start > arena_end || size > arena_end - start)
        return NULL;
    arena_next = start + size;
    return (void *)(uintptr_t)start;
}

void mon_memory_init(void)
{
    /* The slot map needs memory itself, so the arena's slot is chosen by hand. */
    uint32_t slot = 16;
    while (slot == mon.boot.text_slot || slot == mon.boot.text_slot + 1 ||
           slot == mon.boot.stack_slot || slot == mon.boot.index_slot)
        slot++;
    struct twz_range range = {
        .first_page = 1, .page_count = ARENA_SIZE / TWZ_PAGE_SIZE, .rights = TWZ_READ | TWZ_WRITE};
    mon_map(slot, mon_object_create(NULL), &range, 1);
    arena_next = mon_slot_address(slot) + TWZ_OBJECT_BASE;
    arena_end = arena_next + ARENA_SIZE;
    mon.memory = (struct ld_memory){.allocate = arena_allocate};

    if (ld_slots_init(&mon.slots, mon.memory, 32, MON_SLOTS_END, 0) != LD_OK)
        mon_stop(MON_STATUS_BROKEN, "no memory for the map of slots");
    const uint32_t own[] = {mon.boot.text_slot, mon.boot.text_slot + 1, mon.boot.stack_slot,
                            mon.boot.index_slot, slot};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        ld_slots_take_at(&mon.slots, own[i], 1);
        mon_note_slot((struct mon_slot){own[i], MON_SLOT_MONITOR, LD_NONE, LD_NONE, 0, NULL});
    }
}

/* Fresh pages are zero, and none is handed out twice. */
void *mon_allocate(size_t size)
{
    void *memory = arena_allocate(NULL, size, 16);
    if (memory == NULL)
        mon_stop(MON_STATUS_BROKEN, "no memory for %zu bytes", size);
    return memory;
}
