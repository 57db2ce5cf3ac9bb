/* SPDX-License-Identifier: BSD-2-Clause */
/* Gates by name and by entry, so that a question about one costs the same whatever their number:
 * chains of gates with the same bucket, in the order of gates. */
#include "state.h"

#define BUCKETS 1024u

struct chains {
    uint16_t first[BUCKETS]; /* gate + 1, or 0 */
    uint16_t next[LD_GATES_MAX];
};
_Static_assert(LD_GATES_MAX < UINT16_MAX, "numbers of gates");

struct ld_gate_index {
    struct chains names, entries;
};

static uint32_t bucket_of_entry(uint32_t instance, uint64_t entry)
{
    return (uint32_t)((entry + instance) * UINT64_C(0x9e3779b97f4a7c15) >> 54) % BUCKETS;
}

/* Where the number of the first gate of that bucket stands that is not before `gate`. */
static uint16_t *place_of(struct chains *chains, uint32_t bucket, uint32_t gate)
{
    uint16_t *place = &chains->first[bucket];
    while (*place && *place - 1u < gate)
        place = &chains->next[*place - 1u];
    return place;
}

static void enter(struct chains *chains, uint32_t bucket, uint32_t gate)
{
    uint16_t *place = place_of(chains, bucket, gate);
    chains->next[gate] = *place;
    *place = (uint16_t)(gate + 1);
}

static void leave(struct chains *chains, uint32_t bucket, uint32_t gate)
{
    uint16_t *place = place_of(chains, bucket, gate);
    if (*place == gate + 1)
        *place = chains->next[gate];
}

enum ld_error ld_gate_enter(struct ld_program *program, uint32_t gate)
{
    struct ld_state *state = program->state;
    const struct ld_gate *entered = &program->gates[gate];
    if (!state->gate_index &&
        !(state->gate_index = ld_zeroed(ld_base_of(program), 1, sizeof *state->gate_index)))
        return LD_ENOMEM;
    if (entered->pattern)
        state->pattern_end = gate + 1;
    else
        enter(&state->gate_index->names, entered->hash % BUCKETS, gate);
    if (entered->instance != LD_NONE)
        enter(&state->gate_index->entries, bucket_of_entry(entered->instance, entered->entry),
              gate);
    return LD_OK;
}

void ld_gate_leave(struct ld_program *program, uint32_t gate)
{
    const struct ld_gate *left = &program->gates[gate];
    struct ld_gate_index *index = program->state->gate_index;
    leave(&index->names, left->hash % BUCKETS, gate);
    leave(&index->entries, bucket_of_entry(left->instance, left->entry), gate);
}

const struct ld_gate *ld_gate_next(const struct ld_program *program,
                                   const struct twz_elf_name *name, struct ld_gate_cursor *cursor)
{
    const struct ld_state *state = program->state;
    const struct twz_elf_want want = {.patience = &program->state->patience};
    while (cursor->pattern < state->pattern_end) {
        const struct ld_gate *gate = &program->gates[cursor->pattern++];
        if (gate->pattern && ld_glob_match(gate->name, name->text))
            return gate;
    }
    if (!state->gate_index)
        return NULL;
    const struct chains *names = &state->gate_index->names;
    uint16_t next =
        cursor->gate ? names->next[cursor->gate - 1] : names->first[name->gnu % BUCKETS];
    for (; next && twz_elf_patient(&want, cursor->links++); next = names->next[next - 1]) {
        const struct ld_gate *gate = &program->gates[next - 1];
        if (gate->hash == name->gnu && ld_equal(gate->name, name->text)) {
            cursor->gate = next;
            return gate;
        }
    }
    return NULL;
}

const struct ld_gate *ld_gate_at(const struct ld_program *program, uint32_t instance,
                                 uint64_t entry, bool demanding)
{
    const struct ld_gate_index *index = program->state->gate_index;
    if (!index)
        return NULL;
    uint16_t at = index->entries.first[bucket_of_entry(instance, entry)];
    for (; at; at = index->entries.next[at - 1]) {
        const struct ld_gate *gate = &program->gates[at - 1];
        if (gate->instance == instance && gate->entry == entry &&
            (!demanding || gate->own_isolation))
            return gate;
    }
    return NULL;
}
