/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The dynamic section, read through PT_DYNAMIC alone: every tag that a dynamic linker acts on,
 * decoded, and every table that it names checked to lie inside the file's bytes of one segment.
 *
 * After twz_elf_dynamic_open() returned TWZ_ELF_OK: tables are whole and in bounds; the string
 * table ends with NUL; DT_NEEDED, DT_SONAME, DT_RPATH and DT_RUNPATH are offsets inside it; hash
 * tables have headers that fit; the number of symbols is known and so many symbols are readable.
 * The contents of symbols, versions and relocations are checked where they are used, or all at once
 * by twz_elf_symbols_check(), twz_elf_versions_check() and twz_elf_relocs_check().
 */
#ifndef TWZELF_DYNAMIC_H
#define TWZELF_DYNAMIC_H

#include <twzelf/file.h>

/* A table in the file: absent when size is 0 and vaddr is 0. */
struct twz_elf_table {
    uint64_t vaddr;
    uint64_t size;      /* bytes */
    uint64_t position;  /* in the source */
    const void *direct; /* where it lies in memory, or NULL. Any alignment. */
};

/* Bits of twz_elf_dynamic.flags, whichever way the file expresses them. */
enum twz_elf_dynamic_flags {
    TWZ_ELF_SYMBOLIC = 1u << 0,   /* DT_SYMBOLIC, DF_SYMBOLIC */
    TWZ_ELF_TEXTREL = 1u << 1,    /* DT_TEXTREL, DF_TEXTREL */
    TWZ_ELF_NOW = 1u << 2,        /* DT_BIND_NOW, DF_BIND_NOW, DF_1_NOW */
    TWZ_ELF_STATIC_TLS = 1u << 3, /* DF_STATIC_TLS */
    TWZ_ELF_ORIGIN = 1u << 4,     /* DF_ORIGIN, DF_1_ORIGIN */
    TWZ_ELF_PIE = 1u << 5,        /* DF_1_PIE */
    TWZ_ELF_NODELETE = 1u << 6,   /* DF_1_NODELETE */
    TWZ_ELF_NODEFLIB = 1u << 7,   /* DF_1_NODEFLIB */
    TWZ_ELF_INITFIRST = 1u << 8,  /* DF_1_INITFIRST */
    TWZ_ELF_NOOPEN = 1u << 9,     /* DF_1_NOOPEN */
    TWZ_ELF_GLOBAL = 1u << 10,    /* DF_1_GLOBAL */
    TWZ_ELF_INTERPOSE = 1u << 11, /* DF_1_INTERPOSE */
};

struct twz_elf_version;
struct twz_elf_dynamic {
    const struct twz_elf_file *file; /* the caller keeps it */
    struct twz_elf_table entries;    /* the dynamic section itself, up to DT_NULL (not included) */
    uint32_t entry_count;
    uint32_t flags;       /* enum twz_elf_dynamic_flags */
    uint64_t raw_flags;   /* DT_FLAGS */
    uint64_t raw_flags_1; /* DT_FLAGS_1 */

    struct twz_elf_table strtab;
    struct twz_elf_table symtab; /* size = symbol_count entries */
    uint32_t symbol_count;       /* entries that may be read, entry 0 included */
    bool symbol_count_exact;     /* false: an upper bound. GNU hash tables do not say how many
                                    undefined symbols there are; the next table bounds them. */

    struct twz_elf_table hash; /* DT_HASH, whole */
    uint32_t hash_buckets;
    uint32_t hash_chains;

    struct twz_elf_table gnu_hash; /* DT_GNU_HASH: header, filter, buckets, chains */
    uint32_t gnu_buckets;
    uint32_t gnu_first;       /* first symbol in the table */
    uint32_t gnu_bloom_words; /* a power of two */
    uint32_t gnu_bloom_shift;
    uint32_t gnu_chains; /* chain words that may be read */

    struct twz_elf_table versym; /* symbol_count halfwords */
    struct twz_elf_table verdef; /* up to the end of its segment's file bytes */
    uint32_t verdef_count;
    struct twz_elf_table verneed; /* likewise */
    uint32_t verneed_count;
    const struct twz_elf_version *versions; /* by index, of a caller who has room for them: see */
    uint32_t version_count;                 /* twz_elf_versions_keep(); else NULL */

    struct twz_elf_table rela;
    struct twz_elf_table rel;
    struct twz_elf_table relr;
    struct twz_elf_table jmprel;
    bool jmprel_is_rela; /* DT_PLTREL */
    uint64_t relacount;  /* DT_RELACOUNT: a hint, not relied on here */

    uint64_t init; /* vaddr of code, 0: none */
    uint64_t fini;
    struct twz_elf_table preinit_array; /* pointers to code, in order; relocated before use */
    struct twz_elf_table init_array;
    struct twz_elf_table fini_array;

    uint64_t pltgot;      /* vaddr, 0: none */
    uint64_t tlsdesc_plt; /* vaddr, 0: none */
    uint64_t tlsdesc_got;

    uint32_t soname; /* offset in strtab, or TWZ_ELF_NONE */
    uint32_t rpath;  /* ignored by linkers when there is a runpath */
    uint32_t runpath;
    uint32_t needed_count;
    uint32_t filter_count; /* DT_FILTER and DT_AUXILIARY */
};

/* Opens file's dynamic section. file must outlive dynamic. A static program has none, or one with
 * p_memsz 0: DYNAMIC_NONE, which is not reported. Errors: READ, DYNAMIC_*, STRTAB_NUL,
 * STRING_OFFSET, HASH_SIZE, GNU_HASH_*. */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_dynamic_open(struct twz_elf_dynamic *dynamic,
                                                        const struct twz_elf_file *file,
                                                        struct twz_elf_diag *diag);

/* Entry `index` < entry_count. END: there is no such entry. */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_dynamic_entry(const struct twz_elf_dynamic *dynamic,
                                                         uint32_t index, Elf64_Dyn *entry);

/* DT_NEEDED in order: start with *cursor = 0; gives an offset for twz_elf_string(). END after the
 * last. */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_needed_next(const struct twz_elf_dynamic *dynamic,
                                                       uint32_t *cursor, uint32_t *name);

/* Likewise DT_FILTER and DT_AUXILIARY: libraries whose definitions come before this one's. An
 * auxiliary one need not be there. */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_filter_next(const struct twz_elf_dynamic *dynamic,
                                                       uint32_t *cursor, uint32_t *name,
                                                       bool *auxiliary);

/* The string at offset in the string table: in place when the source is in memory (buffer may then
 * be NULL), otherwise copied to buffer. NULL when offset is outside the table, when the string does
 * not fit into the buffer, or when the source fails. */
TWZ_ELF_API const char *twz_elf_string(const struct twz_elf_dynamic *dynamic, uint64_t offset,
                                       char *buffer, size_t size);

/* Whether the string at offset equals the length bytes at text. Needs no buffer. */
TWZ_ELF_API bool twz_elf_string_is(const struct twz_elf_dynamic *dynamic, uint64_t offset,
                                   const char *text, size_t length);

/* Copies [offset, offset + length) of a table; false when the range leaves it. */
TWZ_ELF_CHECKED bool twz_elf_table_read(const struct twz_elf_dynamic *dynamic,
                                        const struct twz_elf_table *table, uint64_t offset,
                                        void *buffer, size_t length);

/* Number of pointers in init_array and its kin. The pointers themselves are right only after
 * relocation: read them from memory at array->vaddr plus the bias. */
static inline uint64_t twz_elf_array_count(const struct twz_elf_table *array)
{
    return array->size / sizeof(uint64_t);
}

#endif
