/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notes in PT_NOTE segments: iteration with 4- and 8-byte alignment, build ID, GNU properties, and
 * the TWZ note that carries the runtime ABI and says where gates and imports are.
 */
#ifndef TWZELF_NOTE_H
#define TWZELF_NOTE_H

#include <twzelf/file.h>

struct twz_elf_note {
    uint32_t index; /* which one, over all PT_NOTE */
    uint32_t type;
    uint32_t owner_size; /* bytes, NUL included */
    uint32_t desc_size;  /* bytes */
    uint64_t position;   /* of the note header in the source */
    uint64_t owner_position;
    uint64_t desc_position;
    uint64_t vaddr; /* of the note header; 0 when its PT_NOTE is not loaded */
    uint64_t desc_vaddr;
    bool loaded;
};

/* Where an iteration stands. Start with all zero. */
struct twz_elf_note_cursor {
    uint32_t phdr;   /* next program header to look at */
    uint32_t taken;  /* notes so far */
    uint64_t offset; /* in the current segment */
    uint32_t type;   /* of segments: 0 is PT_NOTE; or PT_GNU_PROPERTY */
    bool inside;
    struct twz_elf_segment segment;
};

/* The next note. END after the last. Errors: READ, NOTE_SIZE, NOTE_ALIGN, NOTE_COUNT, SEGMENT_FILE;
 * after an error the iteration is over. */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_note_next(const struct twz_elf_file *file,
                                                     struct twz_elf_note_cursor *cursor,
                                                     struct twz_elf_note *note,
                                                     struct twz_elf_diag *diag);

/* Whether the note's owner is `owner` (without NUL). */
TWZ_ELF_API bool twz_elf_note_is(const struct twz_elf_file *file, const struct twz_elf_note *note,
                                 const char *owner, uint32_t type);

/* Copies length bytes of the descriptor from offset. False when they are not there. */
TWZ_ELF_CHECKED bool twz_elf_note_read(const struct twz_elf_file *file,
                                       const struct twz_elf_note *note, uint64_t offset,
                                       void *buffer, size_t length);

/* The GNU build ID into buffer; *length becomes its size. END: there is none. NO_ROOM: it is larger
 * than size; *length says how large. Other errors as twz_elf_note_next(). */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_build_id(const struct twz_elf_file *file,
                                                    uint8_t *buffer, size_t size, size_t *length,
                                                    struct twz_elf_diag *diag);

struct twz_elf_property {
    uint32_t type;      /* GNU_PROPERTY_* */
    uint32_t data_size; /* bytes */
    uint64_t position;  /* of the data in the source */
    uint32_t value;     /* the first four bytes, where there are as many */
};

/* Properties of one NT_GNU_PROPERTY_TYPE_0 note; start with *offset = 0. END after the last. */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_property_next(const struct twz_elf_file *file,
                                                         const struct twz_elf_note *note,
                                                         uint64_t *offset,
                                                         struct twz_elf_property *property,
                                                         struct twz_elf_diag *diag);

/* The value of the 4-byte property `type` (for instance GNU_PROPERTY_X86_FEATURE_1_AND), from
 * PT_GNU_PROPERTY, or without one from PT_NOTE: the first property note that has it. END: none. */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_property(const struct twz_elf_file *file, uint32_t type,
                                                    uint32_t *value, struct twz_elf_diag *diag);

/* The TWZ note. */
#define TWZ_ELF_NOTE_OWNER    "TWZ"
#define TWZ_ELF_NOTE_TYPE_ABI 1u

/* Its descriptor in the file. gates and imports are relative to the address of the field. */
struct twz_elf_abi_note {
    uint32_t abi_major;
    uint32_t abi_minor;
    uint32_t min_isolation;
    uint32_t flags;
    int32_t gates_rel;
    uint32_t gates_size;
    int32_t imports_rel;
    uint32_t imports_size;
};
_Static_assert(sizeof(struct twz_elf_abi_note) == 32, "format");
_Static_assert(offsetof(struct twz_elf_abi_note, gates_rel) == 16, "format");
_Static_assert(offsetof(struct twz_elf_abi_note, imports_rel) == 24, "format");

/* The same, decoded and checked. */
struct twz_elf_abi {
    uint32_t major;
    uint32_t minor;
    uint32_t min_isolation; /* 0 none, 1 callee, 2 caller, 3 both */
    uint32_t flags;
    struct twz_elf_span gates;   /* <twzelf/gate.h>; size 0: none */
    struct twz_elf_span imports; /* likewise */
};

/* Finds the TWZ note and checks it: one only, of the right size, isolation 0..3, ranges inside the
 * file bytes of a segment without PF_W. Without one: ABI_NONE, which is not reported (ordinary
 * programs have none). The ABI version is for the caller to judge. Errors: READ, NOTE_*, ABI_*. */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_abi_open(struct twz_elf_abi *abi,
                                                    const struct twz_elf_file *file,
                                                    struct twz_elf_diag *diag);

#endif
