/* SPDX-License-Identifier: BSD-2-Clause */
#include "text.h"
#include <ld/layout.h>
#include <twz/sys/types.h>

static bool is_taken(const struct ld_slots *slots, uint32_t slot)
{
    return slots->taken[slot / 64] >> (slot % 64) & 1;
}

static void mark(struct ld_slots *slots, uint32_t slot, uint32_t count, bool taken)
{
    for (uint32_t i = slot; i < slot + count; i++) {
        uint64_t bit = (uint64_t)1 << (i % 64);
        slots->taken[i / 64] = taken ? slots->taken[i / 64] | bit : slots->taken[i / 64] & ~bit;
    }
}

/* Whether all of [slot, slot + count) is free; the range lies in the map. */
static bool is_free(const struct ld_slots *slots, uint32_t slot, uint32_t count)
{
    for (uint32_t i = slot; i < slot + count; i++)
        if (is_taken(slots, i))
            return false;
    return true;
}

/* splitmix64 (Steele, Lea, Flood 2014): any seed gives a sequence of full period. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

enum ld_error ld_slots_init(struct ld_slots *slots, struct ld_memory memory, uint32_t first,
                            uint32_t end, uint64_t seed)
{
    if (first >= end || end > TWZ_SLOT_COUNT)
        return LD_ESLOTS;
    uint64_t *taken = ld_zeroed(&memory, TWZ_SLOT_COUNT / 64, sizeof *taken);
    if (!taken)
        return LD_ENOMEM;
    *slots = (struct ld_slots){taken, first, end, first, seed != 0, seed};
    return LD_OK;
}

/* First fit from `from` on, once around. */
static uint32_t first_fit(const struct ld_slots *slots, uint32_t from, uint32_t count)
{
    uint32_t last = slots->end - count; /* highest start */
    uint32_t starts = last - slots->first + 1;
    for (uint32_t i = 0; i < starts; i++) {
        uint32_t slot = slots->first + (from - slots->first + i) % starts;
        if (is_free(slots, slot, count))
            return slot;
    }
    return LD_NONE;
}

uint32_t ld_slots_take(struct ld_slots *slots, uint32_t count)
{
    if (!count || count > 64 || count > slots->end - slots->first)
        return LD_NONE;
    uint32_t starts = slots->end - slots->first - count + 1;
    uint32_t from = slots->next < slots->first + starts ? slots->next : slots->first;
    if (slots->random)
        from = slots->first + (uint32_t)(draw(&slots->seed) % starts);
    uint32_t slot = first_fit(slots, from, count);
    if (slot != LD_NONE) {
        mark(slots, slot, count, true);
        slots->next = slot + count;
    }
    return slot;
}

bool ld_slots_take_at(struct ld_slots *slots, uint32_t slot, uint32_t count)
{
    if (slot >= TWZ_SLOT_COUNT || count > TWZ_SLOT_COUNT - slot || !is_free(slots, slot, count))
        return false;
    mark(slots, slot, count, true);
    return true;
}

void ld_slots_give_back(struct ld_slots *slots, uint32_t slot, uint32_t count)
{
    if (slot >= TWZ_SLOT_COUNT || count > TWZ_SLOT_COUNT - slot)
        return;
    mark(slots, slot, count, false);
    if (!slots->random && slot >= slots->first && slot < slots->next)
        slots->next = slot; /* lowest free slots first */
}
