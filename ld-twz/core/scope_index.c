/* SPDX-License-Identifier: BSD-2-Clause */
#include "scope_index.h"
#include "state.h"

struct entry {
    uint32_t hash; /* lowest bit set: the chain uses it as its end mark */
    uint32_t next; /* entry of the same bucket that comes later in scope order, or LD_NONE */
    uint32_t position;
};

struct ld_index {
    const uint32_t *scope;
    uint32_t *ends; /* by position: what a symbol and its entry add up to */
    uint32_t *heads;
    uint32_t mask;
    struct entry *entries;
    uint32_t *always; /* positions of instances that are not entered, ascending */
    uint32_t always_count;
};

/* The chain words of a module, or NULL. */
static const unsigned char *chains(const struct ld_module *module, uint32_t *count)
{
    const struct twz_elf_dynamic *dynamic = &module->dynamic;
    *count = 0;
    if (!module->has_dynamic || !dynamic->gnu_hash.direct ||
        dynamic->symbol_count <= dynamic->gnu_first)
        return NULL;
    uint64_t start =
        16 + (uint64_t)dynamic->gnu_bloom_words * 8 + (uint64_t)dynamic->gnu_buckets * 4;
    *count = dynamic->symbol_count - dynamic->gnu_first;
    if (*count > dynamic->gnu_chains)
        *count = dynamic->gnu_chains;
    if (start > dynamic->gnu_hash.size || *count > (dynamic->gnu_hash.size - start) / 4)
        *count =
            start > dynamic->gnu_hash.size ? 0 : (uint32_t)((dynamic->gnu_hash.size - start) / 4);
    return (const unsigned char *)dynamic->gnu_hash.direct + start;
}

/* Enters one module's names. All is entered from the last to the first, each in front, so that
 * every chain ends up in scope order. */
static uint32_t enter(struct ld_index *index, uint32_t used, const struct ld_module *module,
                      uint32_t position)
{
    uint32_t count, word;
    const unsigned char *words = chains(module, &count);
    index->ends[position] = used + count - 1 + module->dynamic.gnu_first;
    for (uint32_t i = count; i-- > 0;) {
        __builtin_memcpy(&word, words + (size_t)i * 4, 4);
        word |= 1;
        uint32_t *head = &index->heads[word >> 1 & index->mask];
        index->entries[used] = (struct entry){word, *head, position};
        *head = used++;
    }
    return used;
}

/* How many names there are to enter: none when so little is asked for that asking the libraries in
 * turn, half of them for each reference, is less work. False: too many. */
static bool count_names(const struct ld_program *program, const struct ld_compartment *compartment,
                        uint32_t *total)
{
    uint64_t names = 0, references = 0;
    for (uint32_t i = 0; i < compartment->scope_count; i++) {
        const struct ld_module *module = program->instances[compartment->scope[i]]->module;
        uint32_t count;
        (void)chains(module, &count);
        names += count;
        references += ld_module_references_max(module);
    }
    *total = references * compartment->scope_count / 2 < names ? 0 : (uint32_t)names;
    return names <= UINT32_MAX / 4;
}

struct ld_index *ld_index_make(const struct ld_program *program,
                               const struct ld_compartment *compartment)
{
    const struct ld_memory *memory = ld_base_of(program); /* of use to loads at run time as well */
    struct ld_index *index = ld_zeroed(memory, 1, sizeof *index);
    uint32_t total, count, size = 64;
    if (!index || !count_names(program, compartment, &total))
        return NULL;
    while (size < total)
        size *= 2;
    index->scope = compartment->scope;
    index->mask = size - 1;
    index->heads = memory->allocate(memory->context, size * sizeof *index->heads, 16);
    index->entries =
        memory->allocate(memory->context, (total ? total : 1) * sizeof *index->entries, 16);
    index->always = ld_zeroed(memory, compartment->scope_count, sizeof *index->always);
    index->ends = ld_zeroed(memory, compartment->scope_count, sizeof *index->ends);
    if (!index->ends || !index->heads || !index->entries || !index->always)
        return NULL;
    __builtin_memset(index->heads, 0xff, size * sizeof *index->heads);
    for (uint32_t i = 0; i < compartment->scope_count; i++)
        if (!total || !chains(program->instances[compartment->scope[i]]->module, &count))
            index->always[index->always_count++] = i;
    uint32_t used = 0;
    for (uint32_t i = compartment->scope_count; total && i-- > 0;)
        used = enter(index, used, program->instances[compartment->scope[i]]->module, i);
    return index;
}

void ld_index_expect(const struct ld_index *index, uint32_t hash)
{
    __builtin_prefetch(&index->heads[hash >> 1 & index->mask]);
}

void ld_index_expect_entry(const struct ld_index *index, uint32_t hash)
{
    uint32_t first = index->heads[hash >> 1 & index->mask];
    if (first != LD_NONE)
        __builtin_prefetch(&index->entries[first]);
}

void ld_index_start(const struct ld_index *index, uint32_t hash, const struct twz_elf_want *want,
                    struct ld_index_cursor *cursor)
{
    *cursor = (struct ld_index_cursor){
        .next = index->heads[hash >> 1 & index->mask], .hash = hash | 1, .want = want};
}

bool ld_index_next(const struct ld_index *index, struct ld_index_cursor *cursor,
                   struct ld_candidate *candidate)
{
    while (cursor->next != LD_NONE && index->entries[cursor->next].hash != cursor->hash &&
           twz_elf_patient(cursor->want, cursor->links++))
        cursor->next = index->entries[cursor->next].next;
    if (cursor->next != LD_NONE && (index->entries[cursor->next].hash != cursor->hash ||
                                    !twz_elf_patient(cursor->want, cursor->links++)))
        cursor->next = LD_NONE;
    uint32_t position = cursor->next == LD_NONE ? LD_NONE : index->entries[cursor->next].position;
    if (cursor->rest < index->always_count && index->always[cursor->rest] < position) {
        *candidate = (struct ld_candidate){index->scope[index->always[cursor->rest++]], LD_NONE};
        return true;
    }
    if (position == LD_NONE)
        return false;
    *candidate =
        (struct ld_candidate){index->scope[position], index->ends[position] - cursor->next};
    cursor->next = index->entries[cursor->next].next;
    return true;
}
