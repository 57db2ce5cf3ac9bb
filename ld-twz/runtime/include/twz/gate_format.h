/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a binary declares gates: the descriptors in section .twz.gates of the library that offers
 * them and the import records in section .twz.imports of whoever calls them. The TWZ note of type
 * TWZ_NOTE_ABI says where both sections are. Everything is little endian and position independent:
 * a field NAME_rel holds the distance from the field itself to its target, so that neither section
 * needs a relocation and both stay in read-only pages.
 *
 * Records follow each other; `size` leads from one to the next and counts the whole record.
 * <twz/gate.h> writes them; libtwzelf, the linker core and the monitor read and check them.
 */
#ifndef TWZ_GATE_FORMAT_H
#define TWZ_GATE_FORMAT_H

#include <twz/sys/types.h>

/* The constants below are macros, not enums, because assembly text is made of them as well. */
#define TWZ_GATE_VERSION    1
#define TWZ_GATE_PARAMS_MAX 12 /* parameters of one gate; they share six argument registers */

/* Kinds of parameter, and the argument registers that one takes. */
#define TWZ_PARAM_VAL      0 /* a scalar: one integer register, or one vector register */
#define TWZ_PARAM_IN       1 /* address and size: the callee gets a copy */
#define TWZ_PARAM_OUT      2 /* address and size: the callee's copy is written back */
#define TWZ_PARAM_INOUT    3 /* both */
#define TWZ_PARAM_STRING   4 /* address and length without the terminator: a terminated copy */
#define TWZ_PARAM_HANDLE   5 /* an object ID: two registers (hi, lo) */
#define TWZ_PARAM_CALLBACK 6 /* the address of a gate of the caller's; one register */

/* Scalar types: the size in bytes, and how the bits are meant. Buffers have type 0. */
#define TWZ_TYPE_SIZE   0x0f
#define TWZ_TYPE_SIGNED 0x10
#define TWZ_TYPE_FLOAT  0x20 /* with TWZ_TYPE_SIGNED; travels in a vector register */

/* Values of `returns`. */
#define TWZ_RETURNS_RAX  0x01
#define TWZ_RETURNS_XMM0 0x04

struct twz_gate_param {
    uint8_t kind; /* TWZ_PARAM_* */
    uint8_t reg;  /* first argument register, 0..5; for a float the vector register; of a value that
                   * is passed on the stack 6 plus its place there, in units of 8 bytes */
    uint8_t type; /* TWZ_TYPE_* of a value, else 0 */
    uint8_t reserved;
    uint32_t reserved2;
    uint64_t max; /* largest size of a buffer in bytes, else 0 */
};
_Static_assert(sizeof(struct twz_gate_param) == 16, "ABI");
_Static_assert(offsetof(struct twz_gate_param, max) == 8, "ABI");

struct twz_gate_descriptor {
    uint16_t size;         /* 24 + 16 * param_count; the record starts at a multiple of 8 */
    uint8_t version;       /* TWZ_GATE_VERSION */
    uint8_t isolation;     /* enum twz_isolation: what the gate itself demands */
    uint8_t register_args; /* integer argument registers used, 0..6 */
    uint8_t vector_args;   /* vector argument registers used, 0..6 */
    uint8_t returns;       /* TWZ_RETURNS_* */
    uint8_t param_count;   /* 0..TWZ_GATE_PARAMS_MAX */
    uint16_t stack_args;   /* bytes of stack arguments, a multiple of 8 */
    uint16_t frame;        /* bytes of the caller's activation that level CALLEE shows */
    int32_t name_rel;      /* NUL-terminated name in read-only data */
    int32_t signature_rel; /* e.g. "i64 codec_inflate(in 1048576, out 1048576, u32)" */
    int32_t entry_rel;     /* the entry, in executable pages of the same library */
    /* struct twz_gate_param params[param_count] follows */
};
_Static_assert(sizeof(struct twz_gate_descriptor) == 24, "ABI");
_Static_assert(offsetof(struct twz_gate_descriptor, stack_args) == 8, "ABI");
_Static_assert(offsetof(struct twz_gate_descriptor, name_rel) == 12, "ABI");
_Static_assert(offsetof(struct twz_gate_descriptor, entry_rel) == 20, "ABI");

struct twz_gate_import {
    uint16_t size; /* 12; the record starts at a multiple of 4 */
    uint8_t version;
    uint8_t reserved;
    int32_t name_rel;
    int32_t signature_rel; /* must equal the signature of the gate that is bound, to the byte */
};
_Static_assert(sizeof(struct twz_gate_import) == 12, "ABI");
_Static_assert(offsetof(struct twz_gate_import, signature_rel) == 8, "ABI");

#endif
