/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole road for a loader, in one call: everything that can be checked about a file of the
 * two-slot layout before anything of it is mapped or written. What comes out may be loaded as the
 * plan says and relocated; the only things left to fail are symbol resolution and the source.
 */
#ifndef TWZELF_LOAD_H
#define TWZELF_LOAD_H

#include <twzelf/gate.h>
#include <twzelf/hash.h>
#include <twzelf/layout.h>
#include <twzelf/reloc.h>

/* Refers to itself: do not copy or move. About 3 KiB; keep it off small stacks. */
struct twz_elf_module {
    struct twz_elf_file file;
    struct twz_elf_dynamic dynamic; /* entry_count 0 when has_dynamic is false */
    struct twz_elf_plan plan;
    struct twz_elf_abi abi; /* all zero when has_abi is false */
    bool has_dynamic;
    bool has_abi;
};

/* Opens bytes (an ELF file) and checks header, segments, layout, dynamic section, symbols, hash
 * tables, versions, relocations, TWZ note, gates and imports. COPY and IRELATIVE relocations are
 * accepted: whoever cannot copy from another file, or call a resolver, asks twz_elf_relocs_check()
 * again, or leaves those callbacks out of its twz_elf_resolver, and is refused then. machine: the
 * only one accepted, or EM_NONE for any. A library without a TWZ note is accepted: whether it may
 * be is for the caller to say. On failure *module is unspecified. */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_module_open(struct twz_elf_module *module,
                                                       const struct twz_elf_bytes *bytes,
                                                       uint16_t machine, struct twz_elf_diag *diag);

#endif
