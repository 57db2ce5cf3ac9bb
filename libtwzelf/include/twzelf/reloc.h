/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Relocation, as a table of flags per machine (reloc_x86_64.c, reloc_aarch64.c) and one engine.
 * Three passes, each complete in itself:
 *
 *   twz_elf_relocs_check()  checks every entry of every table and writes nothing
 *   twz_elf_relocate()      applies them to a data segment in memory
 *   twz_elf_relocs_emit()   hands each write to a callback, for whoever applies it elsewhere
 *
 * Relocations are read from the file's bytes, not from the memory that is being written. Every
 * write is checked against the writable segment again, so an unchecked file cannot make them leave
 * it. Order: RELR, REL, RELA, JMPREL; IRELATIVE and definitions that are IFUNCs after everything
 * else, because resolvers may use relocated data.
 */
#ifndef TWZELF_RELOC_H
#define TWZELF_RELOC_H

#include <twzelf/symbol.h>

/* What a relocation type computes: the sum of the parts below, written in `width` bytes. S: the
 * symbol's address, A: addend, B: load bias, P: address of the target (gABI 5, psABI 4.4). */
enum twz_elf_rule_flags {
    TWZ_ELF_RULE_S = 1u << 0,
    TWZ_ELF_RULE_A = 1u << 1,
    TWZ_ELF_RULE_B = 1u << 2,
    TWZ_ELF_RULE_P = 1u << 3,         /* minus P */
    TWZ_ELF_RULE_Z = 1u << 4,         /* the symbol's size instead of S */
    TWZ_ELF_RULE_DTPMOD = 1u << 5,    /* the module's TLS ID */
    TWZ_ELF_RULE_DTPOFF = 1u << 6,    /* S relative to the module's TLS block */
    TWZ_ELF_RULE_TPOFF = 1u << 7,     /* S relative to the thread pointer */
    TWZ_ELF_RULE_TLSDESC = 1u << 8,   /* two words */
    TWZ_ELF_RULE_CALL = 1u << 9,      /* the result of calling B + A (IRELATIVE) */
    TWZ_ELF_RULE_COPY = 1u << 10,     /* the symbol's bytes */
    TWZ_ELF_RULE_SIGNED = 1u << 11,   /* must fit as a signed number of `width` */
    TWZ_ELF_RULE_UNSIGNED = 1u << 12, /* must fit as an unsigned number of `width` */
    TWZ_ELF_RULE_NONE = 1u << 13,     /* nothing to do */
    TWZ_ELF_RULE_SLOT = 1u << 14,     /* a procedure linkage slot: functions only */
};

struct twz_elf_rule {
    uint16_t flags;   /* 0: no dynamic relocation of this type exists */
    uint16_t width;   /* bytes written; 16 for TLSDESC, 0 for COPY: the symbol's size */
    const char *name; /* without the machine's prefix */
};

/* One machine. */
struct twz_elf_arch {
    uint16_t machine;   /* EM_* */
    const char *name;   /* "x86_64" */
    const char *prefix; /* of relocation names: "R_X86_64_" */
    uint32_t relative;  /* type number of RELATIVE */
    struct {
        uint32_t first; /* type number of rules[0] */
        uint32_t count;
        const struct twz_elf_rule *rules;
    } spans[3];
};

TWZ_ELF_API extern const struct twz_elf_arch twz_elf_arch_x86_64;
TWZ_ELF_API extern const struct twz_elf_arch twz_elf_arch_aarch64;

/* The machine of EM_* number `machine`, or NULL. */
TWZ_ELF_API const struct twz_elf_arch *twz_elf_arch(uint16_t machine);

/* The rule of a type, or NULL: not a dynamic relocation. */
TWZ_ELF_API const struct twz_elf_rule *twz_elf_rule(const struct twz_elf_arch *arch, uint32_t type);

/* The tables, in the order in which they are applied. */
enum twz_elf_reloc_table {
    TWZ_ELF_TABLE_RELR,
    TWZ_ELF_TABLE_REL,
    TWZ_ELF_TABLE_RELA,
    TWZ_ELF_TABLE_JMPREL,
    TWZ_ELF_TABLES
};

struct twz_elf_reloc {
    enum twz_elf_reloc_table table;
    uint64_t index;  /* in its table; of a RELR target, the entry that names it */
    uint64_t target; /* vaddr */
    uint32_t type;
    uint32_t symbol; /* 0: none */
    int64_t addend;
    bool addend_in_place; /* REL and RELR: addend is not filled in, but stands at the target */
};

/* Where an iteration stands. Start with all zero. */
struct twz_elf_reloc_cursor {
    enum twz_elf_reloc_table table;
    uint64_t index;
    uint64_t next;   /* RELR: address of the next word */
    uint64_t bitmap; /* RELR: bits not yet taken */
    uint64_t where;  /* RELR: address of the bitmap's lowest remaining bit */
    bool started;    /* RELR: an address was seen */
};

/* Every relocation of every table; RELR entries one word at a time, with the machine's RELATIVE as
 * type. Nothing is checked but the encoding. END after the last. Errors: READ, RELR_*. */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_reloc_next(const struct twz_elf_dynamic *dynamic,
                                                      struct twz_elf_reloc_cursor *cursor,
                                                      struct twz_elf_reloc *reloc);

/* What twz_elf_relocs_check() accepts beyond the basics. */
enum twz_elf_reloc_accept {
    TWZ_ELF_ACCEPT_COPY = 1u << 0,  /* COPY */
    TWZ_ELF_ACCEPT_IFUNC = 1u << 1, /* IRELATIVE */
    TWZ_ELF_ACCEPT_TLS = 1u << 2,   /* DTPMOD, DTPOFF, TPOFF, TLSDESC */
    TWZ_ELF_ACCEPT_TEXT = 1u << 3,  /* targets in read-only segments of files with DT_TEXTREL */
    TWZ_ELF_ACCEPT_SLOT = 7u,       /* what the two-slot layout allows: all but TEXT */
    TWZ_ELF_ACCEPT_ALL = 15u
};

/* Checks every entry: type known and accepted, target wholly inside one writable segment, symbol
 * index and name in bounds, IRELATIVE resolvers in code, RELR well formed. Time O(entries). Errors:
 * RELOC_TYPE, _KIND, _TARGET, _SYMBOL, _SYMBOL_UNUSED, _IFUNC, SYMBOL_NAME, RELR_*, READ. */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_relocs_check(const struct twz_elf_dynamic *dynamic,
                                                        unsigned accept, struct twz_elf_diag *diag);

/* What a symbol reference was resolved to. For a weak reference without a definition, all zero. */
struct twz_elf_definition {
    uint64_t value; /* address (bias included); of a TLS symbol: offset in its module's block */
    uint64_t size;  /* bytes, for COPY and SIZE */
    uint64_t tls_module; /* TLS ID of the defining module, 0: none */
    int64_t tls_offset;  /* of the module's block from the thread pointer: negative on x86_64 */
    bool ifunc;          /* value is the address of an IFUNC resolver, to be called last */
};

/* How references become values. Callbacks return false to refuse; they have then told the user
 * why. Only `resolve` is required; without one of the others, relocations that need it are refused
 * with RELOC_KIND. */
struct twz_elf_resolver {
    void *context;
    /* The definition for symbol number `symbol` of this file, or with symbol 0 for the file itself
     * (TLS relocations against the module: only tls_module and tls_offset are used). */
    bool (*resolve)(void *context, const struct twz_elf_reloc *reloc, uint32_t symbol,
                    struct twz_elf_definition *definition);
    /* Calls the IFUNC resolver at address; its result is the value. */
    bool (*call)(void *context, uint64_t address, uint64_t *value);
    /* The two words of a TLS descriptor for definition->value + addend. */
    bool (*tlsdesc)(void *context, const struct twz_elf_definition *definition, int64_t addend,
                    uint64_t words[2]);
};

/* The memory of a file's writable segment(s), at its initial contents, for twz_elf_relocate(). */
struct twz_elf_memory {
    void *start; /* where the byte with vaddr `vaddr` is in this address space */
    uint64_t vaddr;
    uint64_t size; /* writes stay inside [vaddr, vaddr + size) */
};

/* Applies all relocations to memory. bias: address at which the program sees vaddr 0 (text slot's
 * base). Stops at the first problem, with what came before written; with twz_elf_relocs_check()
 * done before, only RELOC_UNRESOLVED, RELOC_OVERFLOW, RELOC_KIND (missing callback) and READ are
 * left. COPY reads from definition->value in this address space, so it must be mapped here. */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_relocate(const struct twz_elf_dynamic *dynamic,
                                                    uint64_t bias,
                                                    const struct twz_elf_resolver *resolver,
                                                    const struct twz_elf_memory *memory,
                                                    struct twz_elf_diag *diag);

/* Takes the writes of twz_elf_relocs_emit(). Returning false stops with RELOC_REFUSED. */
struct twz_elf_receiver {
    void *context;
    /* Store the low `width` (1, 2, 4 or 8) bytes of value at vaddr. Inside a writable segment. */
    bool (*write)(void *context, uint64_t vaddr, uint64_t value, unsigned width);
    /* COPY: store size bytes from address `source`. NULL: refused with RELOC_KIND. */
    bool (*copy)(void *context, uint64_t vaddr, uint64_t source, uint64_t size);
};

/* The same relocations as a list of writes. In-place addends are the file's initial bytes. Targets
 * are checked to lie inside one writable segment. */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_relocs_emit(const struct twz_elf_dynamic *dynamic,
                                                       uint64_t bias,
                                                       const struct twz_elf_resolver *resolver,
                                                       const struct twz_elf_receiver *receiver,
                                                       struct twz_elf_diag *diag);

#endif
