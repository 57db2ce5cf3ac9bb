/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two-slot layout and the load plan: whether a file was laid out by the project's linker
 * script, with a reason of its own for each way in which it was not, and if so what a loader has to
 * do. A plan for a file in a packed object whose payload starts at 0x1000:
 *
 *   text slot   is the object itself: ranges[] says which of its pages are mapped, with which
 * rights data slot   is a new object: copy from the packed object, then clear the tail of the last
 * page; everything behind it is zero. Writable as a whole; `relro` becomes read-only after
 *               relocation.
 *
 * With constants apart (twz-cc --twz-separate-rodata) there are three slots: headers, tables and
 * constants in the first, as an object of its own, code and unwind tables in the second, which is
 * the packed object itself, data in the third.
 *
 * Offsets in slots and objects are vaddr modulo the slot size: vaddr 0x40001000 is offset 0x1000.
 */
#ifndef TWZELF_LAYOUT_H
#define TWZELF_LAYOUT_H

#include <twzelf/dynamic.h>

#define TWZ_ELF_RANGES_MAX 8u

enum twz_elf_kind {
    TWZ_ELF_KIND_LIBRARY, /* ET_DYN without DF_1_PIE: any two consecutive slots */
    TWZ_ELF_KIND_PIE,     /* ET_DYN with DF_1_PIE: any two consecutive slots */
    TWZ_ELF_KIND_EXEC     /* ET_EXEC: slots 0 and 1 */
};

/* A run of pages of the text slot. */
struct twz_elf_range {
    uint32_t first_page; /* of the slot, >= 1 */
    uint32_t page_count; /* >= 1 */
    uint32_t rights;     /* PF_R or PF_R | PF_X */
};

struct twz_elf_plan {
    enum twz_elf_kind kind;
    uint64_t entry; /* vaddr, 0: none. Address = text slot's base + entry */

    uint32_t slots; /* consecutive ones that it takes: 2, or 3 with constants apart */
    /* With constants apart: pages of the packed object that the first slot has a copy of, at the
     * same offset; both 0 otherwise. */
    uint32_t constant_page, constant_count;

    uint32_t range_count;                            /* of the text slot: the last but one */
    struct twz_elf_range ranges[TWZ_ELF_RANGES_MAX]; /* ascending, disjoint */
    uint64_t text_end; /* one past the last byte of the text slot that is mapped; vaddr */

    /* Data slot; all zero when the file has no data segment. Slot offsets, bytes. */
    bool has_data;
    uint64_t copy_source; /* offset in the packed object (file offset + 0x1000), page aligned */
    uint64_t copy_target; /* offset in the data slot, page aligned */
    uint64_t copy_length; /* whole pages */
    uint64_t zero_target; /* the tail of the last copied page, to be cleared */
    uint64_t zero_length; /* < one page */
    uint64_t bss_target;  /* whole pages behind the copied ones that hold only zero */
    uint64_t bss_length;
    uint64_t data_end; /* one past the last page in use: copy_target .. data_end is mapped */
    uint64_t relro_target;
    uint64_t relro_length; /* whole pages, 0: none */

    struct twz_elf_span tls_image; /* vaddr and size of PT_TLS's initial bytes, in either slot */
    uint64_t tls_memsz;            /* with .tbss */
    uint64_t tls_align;            /* a power of two */
};

/* Checks the layout of a file and makes its plan. dynamic may be NULL for a file without a dynamic
 * section; with it, dynamic tables that the loader reads must be in the read-only part, and neither
 * DT_TEXTREL nor lazy binding is accepted. machine: the only one accepted, or EM_NONE for any.
 * Errors: LAYOUT_*. With a diag that goes on, all of them. */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_plan_make(struct twz_elf_plan *plan,
                                                     const struct twz_elf_file *file,
                                                     const struct twz_elf_dynamic *dynamic,
                                                     uint16_t machine, struct twz_elf_diag *diag);

#endif
