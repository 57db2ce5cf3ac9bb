/* SPDX-License-Identifier: BSD-2-Clause */
/* What reloc.c (entries) and relocate.c (values and writes) share. */
#ifndef TWZELF_RELOC_INTERNAL_H
#define TWZELF_RELOC_INTERNAL_H

#include "internal.h"
#include <twzelf/reloc.h>

#define TWZ_ELF_RULE_TLS                                                                           \
    (TWZ_ELF_RULE_DTPMOD | TWZ_ELF_RULE_DTPOFF | TWZ_ELF_RULE_TPOFF | TWZ_ELF_RULE_TLSDESC)
/* Rules that refer to a symbol. */
#define TWZ_ELF_RULE_SYMBOL (TWZ_ELF_RULE_S | TWZ_ELF_RULE_Z | TWZ_ELF_RULE_COPY | TWZ_ELF_RULE_TLS)

/* All entries of a file in order, through one window. */
struct reloc_reader {
    const struct twz_elf_dynamic *dynamic;
    struct twz_elf_reloc_cursor cursor;
    struct window window;
};

void twz_elf_reloc_open(struct reloc_reader *reader, const struct twz_elf_dynamic *dynamic);
enum twz_elf_error twz_elf_reloc_step(struct reloc_reader *reader, struct twz_elf_reloc *reloc);

/* The next word of the packed table: reloc->index and ->target. */
enum twz_elf_error twz_elf_relr_next(struct window *window, struct twz_elf_reloc_cursor *cursor,
                                     struct twz_elf_reloc *reloc);

/* A table by number, NULL past the last; *rela unless it is RELR. */
const struct twz_elf_table *twz_elf_reloc_table(const struct twz_elf_dynamic *dynamic,
                                                enum twz_elf_reloc_table table, bool *rela);

/* Reports a problem of an entry; whether to go on. */
bool twz_elf_reloc_refuse(struct check *check, enum twz_elf_error error,
                          const struct twz_elf_reloc *reloc, uint64_t v0, uint64_t v1);

/* Reports what twz_elf_reloc_step() returned. Always false. */
bool twz_elf_reloc_report_encoding(struct check *check, enum twz_elf_error error,
                                   const struct twz_elf_dynamic *dynamic,
                                   const struct twz_elf_reloc *reloc);

/* The writable segment that holds all of [target, target + width), or NULL. */
const struct twz_elf_segment *twz_elf_reloc_home(const struct twz_elf_file *file, uint64_t target,
                                                 uint64_t width);

#endif
