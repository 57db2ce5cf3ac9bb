/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Symbol versions: DT_VERSYM gives each symbol an index; DT_VERDEF says which versions the file
 * defines, DT_VERNEED which versions it needs and from whom. Chains are followed forwards only and
 * never further than their announced number, so that they end. Source: LSB Core, "Symbol
 * Versioning"; matching as in glibc's do-lookup.h.
 */
#ifndef TWZELF_VERSION_H
#define TWZELF_VERSION_H

#include <twzelf/symbol.h>

/* A version that the file defines (file == TWZ_ELF_NONE) or needs. */
struct twz_elf_version {
    uint32_t name;  /* offset in strtab */
    uint32_t hash;  /* SysV hash of the name, as the file claims */
    uint16_t index; /* as in DT_VERSYM, without the hidden bit */
    uint16_t flags; /* VER_FLG_BASE, VER_FLG_WEAK */
    uint32_t file;  /* needed: offset in strtab of the library's name */
    bool hidden;    /* needed: only a definition of just this version will do */
};

/* Where an iteration stands. Start with all zero. */
struct twz_elf_version_cursor {
    uint64_t offset;    /* of the current record in its table */
    uint64_t auxiliary; /* of the next auxiliary record; 0: go to the next record */
    uint32_t record;    /* records begun */
    uint32_t taken;     /* auxiliary records of the current record taken */
    uint64_t total;     /* auxiliary records of all records taken */
    uint32_t file;
};

/* Versions that the file defines, in order, without their predecessors. END after the last.
 * Errors: READ, VERSION_RECORD, VERSION_REVISION, VERSION_COUNT. */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_verdef_next(const struct twz_elf_dynamic *dynamic,
                                                       struct twz_elf_version_cursor *cursor,
                                                       struct twz_elf_version *version);

/* Versions that the file needs, file by file. Likewise. */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_verneed_next(const struct twz_elf_dynamic *dynamic,
                                                        struct twz_elf_version_cursor *cursor,
                                                        struct twz_elf_version *version);

/* DT_VERSYM of a symbol: index and hidden bit (0x8000); 1 (global) when the file has no versions.
 * SYMBOL_INDEX, READ. */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_versym(const struct twz_elf_dynamic *dynamic,
                                                  uint32_t symbol, uint16_t *versym);

/* The version of a symbol, defined or needed. END: it has none (index 0 or 1, or no versions).
 * hidden: for a definition, that it is not the default. VERSION_INDEX when the index has no record.
 * Time O(versions), or O(1) after twz_elf_versions_keep(). */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_symbol_version(const struct twz_elf_dynamic *dynamic,
                                                          const struct twz_elf_symbol *symbol,
                                                          struct twz_elf_version *version);

/* One more than the highest index that a record gives; 0: no versions, or records that cannot be
 * read. */
TWZ_ELF_API uint32_t twz_elf_versions_count(const struct twz_elf_dynamic *dynamic);

/* Fills `versions`, count elements, with the file's versions by index and lets `dynamic` use them
 * from now on; they must stay as long. Versions with a higher index are left out: there are none
 * when count is what twz_elf_versions_count() says. */
TWZ_ELF_API void twz_elf_versions_keep(struct twz_elf_dynamic *dynamic,
                                       struct twz_elf_version *versions, uint32_t count);

/* Checks all records, names, hashes and every symbol's index, in linear time. Errors: VERSION_*,
 * READ. */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_versions_check(const struct twz_elf_dynamic *dynamic,
                                                          struct twz_elf_diag *diag);

#endif
