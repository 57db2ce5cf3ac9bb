/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Gate descriptors and import records, as <twz/gate.h> emits them into read-only data
 * (twz-gates(7)). Little endian, fixed offsets; each *_rel is relative to the address of the field
 * itself. Records follow each other without gaps; `size` leads to the next.
 */
#ifndef TWZELF_GATE_H
#define TWZELF_GATE_H

#include <twzelf/note.h>

#define TWZ_ELF_GATE_VERSION    1u
#define TWZ_ELF_GATE_NAME_MAX   256u  /* bytes, NUL included */
#define TWZ_ELF_SIGNATURE_MAX   1024u /* bytes, NUL included */
#define TWZ_ELF_GATE_PARAMS_MAX 12u   /* they share six argument registers; then the stack */

/* In the file. */
struct twz_elf_gate_record {
    uint16_t size; /* of this record with its parameters */
    uint8_t version;
    uint8_t isolation;
    uint8_t register_args; /* integer argument registers in use, 0..6 */
    uint8_t vector_args;   /* vector argument registers in use, 0..8 */
    uint8_t returns;       /* type code of the result */
    uint8_t param_count;
    uint16_t stack_args; /* bytes, a multiple of 8 */
    uint16_t frame;      /* bytes of the caller's activation that are shown */
    int32_t name_rel;
    int32_t signature_rel;
    int32_t entry_rel;
};
_Static_assert(sizeof(struct twz_elf_gate_record) == 24, "format");
_Static_assert(offsetof(struct twz_elf_gate_record, name_rel) == 12, "format");
_Static_assert(offsetof(struct twz_elf_gate_record, signature_rel) == 16, "format");
_Static_assert(offsetof(struct twz_elf_gate_record, entry_rel) == 20, "format");

enum twz_elf_gate_kind {
    TWZ_ELF_GATE_VAL, /* a scalar: one integer register, or one vector register */
    TWZ_ELF_GATE_IN,  /* address and size */
    TWZ_ELF_GATE_OUT,
    TWZ_ELF_GATE_INOUT,
    TWZ_ELF_GATE_STRING,   /* address and length */
    TWZ_ELF_GATE_HANDLE,   /* an object ID: two registers */
    TWZ_ELF_GATE_CALLBACK, /* one register */
    TWZ_ELF_GATE_KINDS
};

#define TWZ_ELF_GATE_TYPE_FLOAT 0x20u /* bit of `type`: the value travels in a vector register */

/* In the file, after struct twz_elf_gate_record. */
struct twz_elf_gate_param {
    uint8_t kind; /* enum twz_elf_gate_kind */
    uint8_t reg;  /* first argument register, 0..5; of a float the vector register; 6 and more: of a
                   * value in stack arguments */
    uint8_t type; /* C type code, see <twz/gate_format.h> */
    uint8_t reserved0;
    uint32_t reserved1;
    uint64_t max; /* largest length in bytes of a buffer or string */
};
_Static_assert(sizeof(struct twz_elf_gate_param) == 16, "format");
_Static_assert(offsetof(struct twz_elf_gate_param, max) == 8, "format");

struct twz_elf_import_record {
    uint16_t size;
    uint8_t version;
    uint8_t pad;
    int32_t name_rel;
    int32_t signature_rel;
};
_Static_assert(sizeof(struct twz_elf_import_record) == 12, "format");
_Static_assert(offsetof(struct twz_elf_import_record, name_rel) == 4, "format");

/* Decoded and checked. Texts: twz_elf_text_at(file, vaddr, buffer, size). */
struct twz_elf_gate {
    uint32_t index;
    uint64_t vaddr; /* of the record */
    uint64_t entry; /* in a segment with PF_X */
    uint64_t name;  /* NUL-terminated, not empty, < TWZ_ELF_GATE_NAME_MAX */
    uint64_t signature;
    struct twz_elf_gate_record record;
};

struct twz_elf_import {
    uint32_t index;
    uint64_t vaddr;
    uint64_t name;
    uint64_t signature;
};

/* Where an iteration stands. Start with all zero. */
struct twz_elf_gate_cursor {
    uint64_t offset;
    uint32_t taken;
};

/* The next gate of abi->gates. END after the last. Errors: READ, GATE_*; after an error the
 * iteration is over. Parameters are checked: kind, registers in range and not shared. */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_gate_next(const struct twz_elf_file *file,
                                                     const struct twz_elf_abi *abi,
                                                     struct twz_elf_gate_cursor *cursor,
                                                     struct twz_elf_gate *gate,
                                                     struct twz_elf_diag *diag);

/* Parameter `index` < gate->record.param_count. END: there is no such parameter. */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_gate_param(const struct twz_elf_file *file,
                                                      const struct twz_elf_gate *gate,
                                                      uint32_t index,
                                                      struct twz_elf_gate_param *param);

/* The next record of abi->imports. Likewise. */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_import_next(const struct twz_elf_file *file,
                                                       const struct twz_elf_abi *abi,
                                                       struct twz_elf_gate_cursor *cursor,
                                                       struct twz_elf_import *import,
                                                       struct twz_elf_diag *diag);

#endif
