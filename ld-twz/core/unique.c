/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * STB_GNU_UNIQUE: one definition per name in a compartment, whatever versions and DT_SYMBOLIC say.
 * The first definition that something binds to is it (glibc, elf/dl-lookup.c, do_lookup_unique).
 */
#include "state.h"

static struct ld_unique *slot_of(struct ld_unique *table, uint32_t size, const char *name,
                                 uint32_t hash)
{
    uint32_t at = hash & (size - 1);
    while (table[at].name && (table[at].hash != hash || !ld_equal(table[at].name, name)))
        at = (at + 1) & (size - 1);
    return &table[at];
}

/* Keeps at least half of the table free. */
static bool make_room(const struct ld_memory *memory, struct ld_group *group)
{
    if (group->unique_count < group->unique_size / 2)
        return true;
    uint32_t size = group->unique_size ? group->unique_size * 2 : 64;
    struct ld_unique *table = ld_zeroed(memory, size, sizeof *table);
    if (!table)
        return false;
    for (uint32_t i = 0; i < group->unique_size; i++)
        if (group->unique[i].name)
            *slot_of(table, size, group->unique[i].name, group->unique[i].hash) = group->unique[i];
    group->unique = table;
    group->unique_size = size;
    return true;
}

enum ld_error ld_unique_settle(struct ld_query *query, uint32_t *instance,
                               struct twz_elf_symbol *symbol)
{
    struct ld_program *program = query->program;
    struct ld_group *group = &program->state->groups[query->from->compartment];
    bool copies = query->class == LD_CLASS_COPY;
    if (!make_room(ld_base_of(program), group))
        return LD_ENOMEM;
    struct ld_unique *known =
        slot_of(group->unique, group->unique_size, query->name.text, query->name.gnu);
    if (!known->name && query->settles) {
        /* A copy in the program becomes the one definition for those that come later. */
        *known = (struct ld_unique){.name = query->name.text,
                                    .hash = query->name.gnu,
                                    .instance = copies ? query->from->index : *instance,
                                    .symbol = copies ? query->reference : symbol->index};
        group->unique_count++;
        program->instances[known->instance]->permanent = true;
    } else if (known->name && !copies &&
               ld_module_symbol(program->instances[known->instance]->module, known->symbol,
                                symbol)) {
        *instance = known->instance;
    }
    return LD_OK;
}
