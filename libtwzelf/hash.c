/* SPDX-License-Identifier: BSD-2-Clause */
#include "internal.h"
#include <twzelf/hash.h>

#define HIDDEN 0x8000u

/* Four bytes of a GNU hash in one step: the multiplications do not wait for each other. */
static uint32_t hash_four(uint32_t hash, const uint8_t *p)
{
    return hash * (33u * 33 * 33 * 33) + p[0] * (33u * 33 * 33) + p[1] * (33u * 33) + p[2] * 33u +
           p[3];
}

uint32_t twz_elf_hash_gnu(const char *text, size_t length)
{
    const uint8_t *p = (const uint8_t *)text;
    uint32_t hash = 5381;
    for (; length >= 4; length -= 4, p += 4)
        hash = hash_four(hash, p);
    while (length--)
        hash = hash * 33 + *p++;
    return hash;
}

struct twz_elf_name twz_elf_name_of(const char *text)
{
    const uint8_t *p = (const uint8_t *)text;
    uint32_t hash = 5381;
    for (; p[0] && p[1] && p[2] && p[3]; p += 4)
        hash = hash_four(hash, p);
    while (*p)
        hash = hash * 33 + *p++;
    return (struct twz_elf_name){text, (size_t)(p - (const uint8_t *)text), hash};
}

uint32_t twz_elf_hash_sysv_more(uint32_t hash, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        hash = (hash << 4) + (uint8_t)text[i];
        hash ^= hash >> 24 & 0xf0;
        hash &= 0x0fffffff;
    }
    return hash;
}

uint32_t twz_elf_hash_sysv(const char *text, size_t length)
{
    return twz_elf_hash_sysv_more(0, text, length);
}

/* Whether a definition with this DT_VERSYM satisfies a reference to a version. */
static enum twz_elf_error version_matches(const struct twz_elf_search *s,
                                          const struct twz_elf_symbol *symbol, uint16_t versym,
                                          bool *matches)
{
    const struct twz_elf_dynamic *d = s->dynamic;
    struct twz_elf_version version;
    const enum twz_elf_error error = twz_elf_symbol_version(d, symbol, &version);
    if (error == TWZ_ELF_OK) {
        *matches = version.hash == s->want->version_hash &&
                   twz_elf_string_is(d, version.name, s->want->version, s->want->version_length);
        return TWZ_ELF_OK;
    }
    /* Unversioned, or an index without a record, which glibc treats alike. */
    *matches = !s->want->hidden && !(versym & HIDDEN);
    return error == TWZ_ELF_READ ? error : TWZ_ELF_OK;
}

enum twz_elf_error twz_elf_search_try(struct twz_elf_search *s, uint32_t index,
                                      struct twz_elf_symbol *symbol)
{
    const struct twz_elf_dynamic *d = s->dynamic;
    enum twz_elf_error error = twz_elf_symbol(d, index, symbol);
    if (error != TWZ_ELF_OK)
        return error == TWZ_ELF_READ ? error : TWZ_ELF_END;
    const bool canonical = s->want && s->want->canonical_plt && twz_elf_symbol_undefined(symbol) &&
                           symbol->sym.st_value != 0;
    if (!canonical && !twz_elf_symbol_exported(symbol))
        return TWZ_ELF_END;
    if (!twz_elf_string_is(d, symbol->sym.st_name, s->name->text, s->name->length))
        return TWZ_ELF_END;
    if (d->versym.size == 0)
        return TWZ_ELF_OK;
    uint16_t versym;
    if ((error = twz_elf_versym(d, index, &versym)) != TWZ_ELF_OK)
        return error;
    if (s->want && s->want->version) {
        bool matches;
        if ((error = version_matches(s, symbol, versym, &matches)) != TWZ_ELF_OK)
            return error;
        return matches ? TWZ_ELF_OK : TWZ_ELF_END;
    }
    if ((versym & ~HIDDEN) <= 2)
        return TWZ_ELF_OK;
    if (!(versym & HIDDEN) && s->defaults++ == 0)
        s->newest = *symbol;
    return TWZ_ELF_END;
}

enum twz_elf_error twz_elf_search_end(const struct twz_elf_search *s, struct twz_elf_symbol *symbol)
{
    if (s->defaults != 1)
        return TWZ_ELF_END;
    *symbol = s->newest;
    return TWZ_ELF_OK;
}

static enum twz_elf_error lookup_gnu(struct twz_elf_search *s, struct twz_elf_symbol *symbol)
{
    const struct twz_elf_dynamic *d = s->dynamic;
    const struct twz_elf_table *table = &d->gnu_hash;
    const uint32_t hash = s->name->gnu;
    const uint64_t buckets = 16 + (uint64_t)d->gnu_bloom_words * 8;
    const uint64_t chains = buckets + (uint64_t)d->gnu_buckets * 4;
    if (d->gnu_buckets == 0 || d->gnu_chains == 0)
        return TWZ_ELF_END;
    uint64_t word;
    if (!table_get(d, table, 16 + (uint64_t)(hash / 64 & (d->gnu_bloom_words - 1)) * 8, &word,
                   sizeof word))
        return TWZ_ELF_READ;
    if (!(word >> (hash % 64) & word >> ((hash >> d->gnu_bloom_shift) % 64) & 1))
        return TWZ_ELF_END;
    uint32_t index;
    if (!table_get(d, table, buckets + (uint64_t)(hash % d->gnu_buckets) * 4, &index, sizeof index))
        return TWZ_ELF_READ;
    if (index < d->gnu_first)
        return TWZ_ELF_END;
    const uint32_t start = index;
    for (; index - d->gnu_first < d->gnu_chains && twz_elf_patient(s->want, index - start);
         index++) {
        uint32_t link;
        if (!table_get(d, table, chains + (uint64_t)(index - d->gnu_first) * 4, &link, sizeof link))
            return TWZ_ELF_READ;
        if ((link | 1) == (hash | 1)) {
            const enum twz_elf_error error = twz_elf_search_try(s, index, symbol);
            if (error != TWZ_ELF_END)
                return error;
        }
        if (link & 1)
            break;
    }
    return TWZ_ELF_END;
}

static enum twz_elf_error lookup_sysv(struct twz_elf_search *s, struct twz_elf_symbol *symbol)
{
    const struct twz_elf_dynamic *d = s->dynamic;
    if (d->hash_buckets == 0)
        return TWZ_ELF_END;
    uint32_t index;
    uint64_t offset =
        8 + (uint64_t)(twz_elf_hash_sysv(s->name->text, s->name->length) % d->hash_buckets) * 4;
    for (uint32_t links = 0; links <= d->hash_chains && twz_elf_patient(s->want, links); links++) {
        if (!table_get(d, &d->hash, offset, &index, sizeof index))
            return TWZ_ELF_READ;
        if (index == STN_UNDEF || index >= d->hash_chains)
            return TWZ_ELF_END;
        const enum twz_elf_error error = twz_elf_search_try(s, index, symbol);
        if (error != TWZ_ELF_END)
            return error;
        offset = 8 + ((uint64_t)d->hash_buckets + index) * 4;
    }
    return TWZ_ELF_END;
}

enum twz_elf_error twz_elf_lookup(const struct twz_elf_dynamic *dynamic,
                                  const struct twz_elf_name *name, const struct twz_elf_want *want,
                                  struct twz_elf_symbol *symbol)
{
    struct twz_elf_search s = {.dynamic = dynamic, .name = name, .want = want};
    const enum twz_elf_error error =
        dynamic->gnu_hash.size ? lookup_gnu(&s, symbol) : lookup_sysv(&s, symbol);
    return error == TWZ_ELF_END ? twz_elf_search_end(&s, symbol) : error;
}
