/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Symbol lookup by name and version in one file, through DT_GNU_HASH or else DT_HASH. The caller
 * hashes a name once and asks many files (those without DT_GNU_HASH, which are rare, hash it
 * again). Chains are bounded by the table: one without an end is followed to the end of the table
 * and no further. A caller who looks up many names in a table that may have been made to waste time
 * bounds all of it by want->patience.
 */
#ifndef TWZELF_HASH_H
#define TWZELF_HASH_H

#include <twzelf/version.h>

TWZ_ELF_API uint32_t twz_elf_hash_gnu(const char *text, size_t length);
TWZ_ELF_API uint32_t twz_elf_hash_sysv(const char *text, size_t length);

/* Continues a SysV hash: hash_sysv(ab) = more(hash_sysv(a), b). */
TWZ_ELF_API uint32_t twz_elf_hash_sysv_more(uint32_t hash, const char *text, size_t length);

/* A name to look for. The text stays the caller's. */
struct twz_elf_name {
    const char *text;
    size_t length; /* bytes, without NUL */
    uint32_t gnu;
};

static inline struct twz_elf_name twz_elf_name(const char *text, size_t length)
{
    return (struct twz_elf_name){text, length, twz_elf_hash_gnu(text, length)};
}

/* The name that ends with the NUL of `text`, in one pass over it. */
TWZ_ELF_API struct twz_elf_name twz_elf_name_of(const char *text);

/* What a reference asks for beyond the name. */
struct twz_elf_want {
    const char *version; /* NULL: no version */
    size_t version_length;
    uint32_t version_hash; /* SysV hash of version */
    bool hidden;           /* vna_other's hidden bit: unversioned definitions do not match */
    bool canonical_plt;    /* an undefined symbol with a value counts: the address that a
                              non-PIC executable gave the function (not for JUMP_SLOT) */
    uint64_t *patience;    /* NULL, or how many symbols beyond TWZ_ELF_CHAIN_USUAL of a chain may
                              still be looked at in all lookups together; with 0 such chains end */
};

#define TWZ_ELF_CHAIN_USUAL 32u /* symbols: what linkers make is far shorter */

/* Whether one more link of a chain may be followed, `links` having been. */
static inline bool twz_elf_patient(const struct twz_elf_want *want, uint32_t links)
{
    if (links < TWZ_ELF_CHAIN_USUAL || !want || !want->patience)
        return true;
    return *want->patience != 0 && (*want->patience)--;
}

/*
 * Finds an exported definition of `name`. want may be NULL: no version. Rules (glibc's):
 * - a file without DT_VERSYM matches every version;
 * - with a version: the definition has that version, or is unversioned (index 0 or 1, not hidden)
 *   while want->hidden is false;
 * - without: an unversioned or base definition (index <= 2), else the only default one.
 * END: there is none. READ: the source failed.
 */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_lookup(const struct twz_elf_dynamic *dynamic,
                                                  const struct twz_elf_name *name,
                                                  const struct twz_elf_want *want,
                                                  struct twz_elf_symbol *symbol);

/*
 * The same search for a caller who knows by himself which symbols may have the name's hash, such as
 * one who keeps an index of many files: set dynamic, name and want, the rest to zero; try the
 * symbols in ascending order until one is OK (END: go on); else ask for the end.
 */
struct twz_elf_search {
    const struct twz_elf_dynamic *dynamic;
    const struct twz_elf_name *name;
    const struct twz_elf_want *want;
    struct twz_elf_symbol newest; /* the first default definition met without a wanted version */
    uint32_t defaults;            /* how many there were */
};
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_search_try(struct twz_elf_search *search, uint32_t index,
                                                      struct twz_elf_symbol *symbol);
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_search_end(const struct twz_elf_search *search,
                                                      struct twz_elf_symbol *symbol);

#endif
