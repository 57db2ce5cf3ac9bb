/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dynamic symbols by index, and the questions that a linker asks of them. Values are bounded by the
 * symbol count of <twzelf/dynamic.h>; names by the string table, each time.
 */
#ifndef TWZELF_SYMBOL_H
#define TWZELF_SYMBOL_H

#include <twzelf/dynamic.h>

struct twz_elf_symbol {
    uint32_t index;
    Elf64_Sym sym; /* name: offset for twz_elf_string() */
};

static inline unsigned twz_elf_symbol_type(const struct twz_elf_symbol *symbol)
{
    return ELF64_ST_TYPE(symbol->sym.st_info);
}

static inline unsigned twz_elf_symbol_binding(const struct twz_elf_symbol *symbol)
{
    return ELF64_ST_BIND(symbol->sym.st_info);
}

static inline unsigned twz_elf_symbol_visibility(const struct twz_elf_symbol *symbol)
{
    return ELF64_ST_VISIBILITY(symbol->sym.st_other);
}

static inline bool twz_elf_symbol_undefined(const struct twz_elf_symbol *symbol)
{
    return symbol->sym.st_shndx == SHN_UNDEF;
}

/* Symbol `index`. SYMBOL_INDEX when it is not below symbol_count, READ when the source fails. */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_symbol(const struct twz_elf_dynamic *dynamic,
                                                  uint32_t index, struct twz_elf_symbol *symbol);

/* The symbol's name, as twz_elf_string() gives it. */
static inline const char *twz_elf_symbol_name(const struct twz_elf_dynamic *dynamic,
                                              const struct twz_elf_symbol *symbol, char *buffer,
                                              size_t size)
{
    return twz_elf_string(dynamic, symbol->sym.st_name, buffer, size);
}

/* Whether the symbol can satisfy a reference from another library: defined, of a type that names
 * something, global, weak or unique, not hidden or internal, and not of value 0 unless absolute or
 * thread-local (as glibc's lookup has it). */
TWZ_ELF_API bool twz_elf_symbol_exported(const struct twz_elf_symbol *symbol);

/* Checks every symbol and both hash tables: names in the string table, values of defined symbols
 * inside a segment (one past the end is allowed: labels) or PT_TLS, buckets and chains in bounds
 * and with an end. Time O(symbols). Errors: SYMBOL_*, HASH_*, GNU_HASH_*, READ. Symbols past the
 * exact count (see symbol_count_exact) are not looked at unless a hash table reaches them. */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_symbols_check(const struct twz_elf_dynamic *dynamic,
                                                         struct twz_elf_diag *diag);

#endif
