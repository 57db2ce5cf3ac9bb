/* SPDX-License-Identifier: BSD-2-Clause */
#include "scope_index.h"
#include "state.h"

struct entry {
    uint32_t hash; /* lowest bit set: the chain uses it as its end mark */
    uint32_t position;
    uint32_t next; /* entry of the same bucket with the same or a higher position, or LD_NONE */
};

struct ld_index {
    const uint32_t *scope;
    uint32_t *heads;
    uint32_t mask;
    struct entry *entries;
    uint32_t *always; /* positions of instances without DT_GNU_HASH, ascending */
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

/* Enters one module's names. Positions are entered from the last to the first, each in front, so
 * that every chain ends up in scope order. */
static uint32_t enter(struct ld_index *index, uint32_t used, const struct ld_module *module,
                      uint32_t position)
{
    uint32_t count, word;
    const unsigned char *words = chains(module, &count);
    for (uint32_t i = 0; i < count; i++) {
        __builtin_memcpy(&word, words + (size_t)i * 4, 4);
        word |= 1;
        uint32_t *head = &index->heads[word >> 1 & index->mask];
        index->entries[used] = (struct entry){word, position, *head};
        *head = used++;
    }
    return used;
}

struct ld_index *ld_index_make(const struct ld_program *program,
                               const struct ld_compartment *compartment)
{
    const struct ld_memory *memory = ld_base_of(program); /* of use to loads at run time as well */
    struct ld_index *index = ld_zeroed(memory, 1, sizeof *index);
    uint32_t total = 0, count, size = 64;
    for (uint32_t i = 0; i < compartment->scope_count; i++) {
        chains(program->instances[compartment->scope[i]]->module, &count);
        if (__builtin_add_overflow(total, count, &total) || total > UINT32_MAX / 4)
            return NULL;
    }
    while (size < total)
        size *= 2;
    if (!index)
        return NULL;
    index->scope = compartment->scope;
    index->mask = size - 1;
    index->heads = memory->allocate(memory->context, size * sizeof *index->heads, 16);
    index->entries =
        memory->allocate(memory->context, (total ? total : 1) * sizeof *index->entries, 16);
    index->always = ld_zeroed(memory, compartment->scope_count, sizeof *index->always);
    if (!index->heads || !index->entries || !index->always)
        return NULL;
    __builtin_memset(index->heads, 0xff, size * sizeof *index->heads);
    for (uint32_t i = 0; i < compartment->scope_count; i++)
        if (!chains(program->instances[compartment->scope[i]]->module, &count))
            index->always[index->always_count++] = i;
    uint32_t used = 0;
    for (uint32_t i = compartment->scope_count; i-- > 0;)
        used = enter(index, used, program->instances[compartment->scope[i]]->module, i);
    return index;
}

void ld_index_start(const struct ld_index *index, uint32_t hash, struct ld_index_cursor *cursor)
{
    *cursor = (struct ld_index_cursor){
        .next = index->heads[hash >> 1 & index->mask], .hash = hash | 1, .last = LD_NONE};
}

bool ld_index_next(const struct ld_index *index, struct ld_index_cursor *cursor, uint32_t *instance)
{
    uint32_t indexed = LD_NONE, other = LD_NONE;
    for (; cursor->next != LD_NONE; cursor->next = index->entries[cursor->next].next) {
        const struct entry *entry = &index->entries[cursor->next];
        if (entry->hash == cursor->hash && entry->position != cursor->last) {
            indexed = entry->position;
            break;
        }
    }
    if (cursor->rest < index->always_count)
        other = index->always[cursor->rest];
    if (indexed == LD_NONE && other == LD_NONE)
        return false;
    if (other < indexed) {
        cursor->rest++;
        *instance = index->scope[other];
        return true;
    }
    cursor->last = indexed;
    cursor->next = index->entries[cursor->next].next;
    *instance = index->scope[indexed];
    return true;
}
