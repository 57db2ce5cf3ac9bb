/* SPDX-License-Identifier: BSD-2-Clause */
#include "internal.h"
#include <twzelf/symbol.h>

enum twz_elf_error twz_elf_symbol(const struct twz_elf_dynamic *dynamic, uint32_t index,
                                  struct twz_elf_symbol *symbol)
{
    if (index >= dynamic->symbol_count)
        return TWZ_ELF_SYMBOL_INDEX;
    symbol->index = index;
    return table_get(dynamic, &dynamic->symtab, (uint64_t)index * sizeof symbol->sym, &symbol->sym,
                     sizeof symbol->sym)
               ? TWZ_ELF_OK
               : TWZ_ELF_READ;
}

bool twz_elf_symbol_exported(const struct twz_elf_symbol *symbol)
{
    const unsigned type = twz_elf_symbol_type(symbol);
    const unsigned binding = twz_elf_symbol_binding(symbol);
    const unsigned visibility = twz_elf_symbol_visibility(symbol);
    if (twz_elf_symbol_undefined(symbol))
        return false;
    if (symbol->sym.st_value == 0 && symbol->sym.st_shndx != SHN_ABS && type != STT_TLS)
        return false;
    if (type > STT_FUNC && type != STT_COMMON && type != STT_TLS && type != STT_GNU_IFUNC)
        return false;
    if (binding != STB_GLOBAL && binding != STB_WEAK && binding != STB_GNU_UNIQUE)
        return false;
    return visibility == STV_DEFAULT || visibility == STV_PROTECTED;
}

/* A value may be one past the end of its segment: labels such as _end. */
static bool value_in_segment(const struct twz_elf_file *file, uint64_t value)
{
    return twz_elf_segment_at(file, value, 0) != NULL;
}

static bool check_symbol(struct check *check, const struct twz_elf_dynamic *d,
                         const struct twz_elf_symbol *symbol)
{
    const Elf64_Sym *sym = &symbol->sym;
    const struct twz_elf_segment *tls = &d->file->tls;
    if (sym->st_name >= d->strtab.size && !refuse(check, TWZ_ELF_SYMBOL_NAME, TWZ_ELF_AT_SYMBOL,
                                                  symbol->index, sym->st_name, d->strtab.size, 0))
        return false;
    if (!twz_elf_symbol_exported(symbol) || sym->st_shndx >= SHN_LORESERVE)
        return true;
    if (twz_elf_symbol_type(symbol) == STT_TLS) {
        if (twz_elf_has(tls) && twz_elf_within(sym->st_value, sym->st_size, 0, tls->memsz))
            return true;
        return refuse(check, TWZ_ELF_SYMBOL_TLS, TWZ_ELF_AT_SYMBOL, symbol->index, sym->st_value,
                      sym->st_size, twz_elf_has(tls) ? tls->memsz : 0);
    }
    if (value_in_segment(d->file, sym->st_value))
        return true;
    return refuse(check, TWZ_ELF_SYMBOL_VALUE, TWZ_ELF_AT_SYMBOL, symbol->index, sym->st_value,
                  sym->st_size, 0);
}

static bool check_symbols(struct check *check, const struct twz_elf_dynamic *d)
{
    uint32_t count = d->symbol_count;
    if (!d->symbol_count_exact && count > d->gnu_first)
        count = d->gnu_first;
    struct window window;
    window_open(&window, d, &d->symtab);
    for (uint32_t i = 0; i < count; i++) {
        struct twz_elf_symbol symbol = {.index = i};
        const uint64_t offset = (uint64_t)i * sizeof symbol.sym;
        const void *p = window_at(&window, offset, sizeof symbol.sym);
        if (!p) {
            refuse(check, TWZ_ELF_READ, TWZ_ELF_AT_SYMBOL, i, d->symtab.position + offset,
                   sizeof symbol.sym, 0);
            return false;
        }
        memcpy(&symbol.sym, p, sizeof symbol.sym);
        if (!check_symbol(check, d, &symbol))
            return false;
    }
    return true;
}

/* In a sound table each symbol is in one chain, so all chains together have at most as many links
 * as there are symbols; that bound also finds loops, in linear time. */
static bool check_sysv_hash(struct check *check, const struct twz_elf_dynamic *d)
{
    struct window buckets;
    uint32_t links = 0;
    window_open(&buckets, d, &d->hash);
    for (uint32_t i = 0; i < d->hash_buckets; i++) {
        const void *p = window_at(&buckets, 8 + (uint64_t)i * 4, 4);
        uint32_t index;
        if (!p) {
            refuse(check, TWZ_ELF_READ, TWZ_ELF_AT_HASH, i, d->hash.position, 4, 0);
            return false;
        }
        for (index = load32(p); index != STN_UNDEF; links++) {
            if (index >= d->hash_chains)
                return refuse(check, TWZ_ELF_HASH_INDEX, TWZ_ELF_AT_HASH, i, index, d->hash_chains,
                              0);
            if (links >= d->hash_chains)
                return refuse(check, TWZ_ELF_HASH_LOOP, TWZ_ELF_AT_HASH, i, d->hash_chains, 0, 0);
            const uint64_t chain = 8 + ((uint64_t)d->hash_buckets + index) * 4;
            if (!table_get(d, &d->hash, chain, &index, sizeof index)) {
                refuse(check, TWZ_ELF_READ, TWZ_ELF_AT_HASH, i, d->hash.position + chain, 4, 0);
                return false;
            }
        }
    }
    return true;
}

/* Likewise: chains lie behind each other, so all of them together are as long as the array. */
static bool check_gnu_hash(struct check *check, const struct twz_elf_dynamic *d)
{
    const uint64_t buckets = 16 + (uint64_t)d->gnu_bloom_words * 8;
    const uint64_t chains = buckets + (uint64_t)d->gnu_buckets * 4;
    struct window bucket_window, chain_window;
    uint32_t links = 0;
    window_open(&bucket_window, d, &d->gnu_hash);
    window_open(&chain_window, d, &d->gnu_hash);
    for (uint32_t i = 0; i < d->gnu_buckets; i++) {
        const void *p = window_at(&bucket_window, buckets + (uint64_t)i * 4, 4);
        const uint32_t first = p ? load32(p) : 0;
        if (p && first == 0)
            continue;
        if (p && (first < d->gnu_first || first - d->gnu_first >= d->gnu_chains)) {
            if (!refuse(check, TWZ_ELF_GNU_HASH_BUCKET, TWZ_ELF_AT_GNU_HASH, i, first, d->gnu_first,
                        (uint64_t)d->gnu_first + d->gnu_chains))
                return false;
            continue;
        }
        for (uint64_t link = first - d->gnu_first; p; link++) {
            p = window_at(&chain_window, chains + link * 4, 4);
            if (p && ++links > d->gnu_chains)
                return refuse(check, TWZ_ELF_GNU_HASH_CHAIN, TWZ_ELF_AT_GNU_HASH, i, first, 0, 0);
            if (p && (load32(p) & 1))
                break;
        }
        if (!p) {
            refuse(check, TWZ_ELF_READ, TWZ_ELF_AT_GNU_HASH, i, d->gnu_hash.position, 4, 0);
            return false;
        }
    }
    return true;
}

enum twz_elf_error twz_elf_symbols_check(const struct twz_elf_dynamic *dynamic,
                                         struct twz_elf_diag *diag)
{
    struct check check = {.diag = diag};
    if (check_symbols(&check, dynamic) && check_sysv_hash(&check, dynamic))
        check_gnu_hash(&check, dynamic);
    return check.result;
}
