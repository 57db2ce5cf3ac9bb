/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ELF header and program headers, decoded and checked: what a loader may rely on afterwards.
 * Section headers are never needed. Ordinary Linux programs and libraries are accepted (ET_EXEC,
 * ET_DYN, static, static-pie); what the two-slot layout asks beyond that is <twzelf/layout.h>.
 *
 * After twz_elf_file_open() returned TWZ_ELF_OK, for every segment in loads[]:
 * filesz <= memsz; offset + filesz lies in the file; vaddr + memsz does not overflow; segments
 * ascend and do not overlap; vaddr and offset agree modulo a power-of-two alignment. PT_DYNAMIC,
 * PT_TLS, PT_GNU_RELRO, PT_GNU_EH_FRAME and PT_INTERP, where present and not empty, lie inside one
 * of them, and the entry point in an executable one.
 */
#ifndef TWZELF_FILE_H
#define TWZELF_FILE_H

#include <twzelf/bytes.h>
#include <twzelf/diag.h>

#define TWZ_ELF_LOADS_MAX 32u

/* How the source's offsets are to be understood. */
enum twz_elf_view {
    TWZ_ELF_VIEW_FILE,  /* a file: p_offset counts */
    TWZ_ELF_VIEW_MEMORY /* a loaded image that starts with its ELF header: p_vaddr counts, from the
                           page of the lowest segment */
};

/* One program header, decoded. */
struct twz_elf_segment {
    uint64_t vaddr;
    uint64_t memsz;
    uint64_t offset;
    uint64_t filesz;
    uint64_t align; /* 1 where the file says 0 */
    uint32_t flags; /* PF_R | PF_W | PF_X */
    uint32_t phdr;  /* index of the program header, or TWZ_ELF_NONE: there is none */
};

struct twz_elf_arch; /* <twzelf/reloc.h> */

struct twz_elf_file {
    const struct twz_elf_bytes *bytes; /* the caller keeps it */
    const struct twz_elf_arch *arch;
    enum twz_elf_view view;
    uint16_t type;    /* ET_EXEC or ET_DYN */
    uint16_t machine; /* EM_X86_64 or EM_AARCH64 */
    uint8_t osabi;
    uint64_t entry; /* vaddr, 0: none */
    uint64_t phoff;
    uint32_t phnum;
    uint32_t load_count;
    struct twz_elf_segment loads[TWZ_ELF_LOADS_MAX]; /* PT_LOAD with memsz > 0, ascending */
    struct twz_elf_segment dynamic;
    struct twz_elf_segment tls; /* memsz 0 occurs */
    struct twz_elf_segment interp;
    struct twz_elf_segment relro;
    struct twz_elf_segment eh_frame; /* PT_GNU_EH_FRAME: .eh_frame_hdr */
    struct twz_elf_segment stack;    /* PT_GNU_STACK: flags and size; absent means executable */
    uint64_t low;                    /* lowest vaddr of any segment, page aligned down */
    uint64_t high;                   /* one past the highest, not rounded */
};

static inline bool twz_elf_has(const struct twz_elf_segment *segment)
{
    return segment->phdr != TWZ_ELF_NONE;
}

/* Opens a source. On failure *file is unspecified. Errors: READ, EHDR_*, SEGMENT_*, TLS_SIZE,
 * INTERP_TEXT. */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_file_open(struct twz_elf_file *file,
                                                     const struct twz_elf_bytes *bytes,
                                                     enum twz_elf_view view,
                                                     struct twz_elf_diag *diag);

/* Program header `index` < file->phnum, of any type, unchecked. READ when index is too high. */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_phdr(const struct twz_elf_file *file, uint32_t index,
                                                Elf64_Phdr *phdr);

/* The loadable segment whose memory holds all of [vaddr, vaddr + size); NULL: none does. */
TWZ_ELF_API const struct twz_elf_segment *twz_elf_segment_at(const struct twz_elf_file *file,
                                                             uint64_t vaddr, uint64_t size);

/* Where the source has [vaddr, vaddr + size): all of it must be backed by the file's bytes of one
 * segment (not bss). False: it is not. */
TWZ_ELF_CHECKED bool twz_elf_position(const struct twz_elf_file *file, uint64_t vaddr,
                                      uint64_t size, uint64_t *position);

/* The vaddr at which the byte at file offset `offset` is loaded. False: it is not loaded. */
TWZ_ELF_CHECKED bool twz_elf_vaddr(const struct twz_elf_file *file, uint64_t offset,
                                   uint64_t *vaddr);

/* Initial contents of [vaddr, vaddr + size): bytes of the file, zero for bss. READ when the range
 * is not inside one segment. */
TWZ_ELF_CHECKED enum twz_elf_error twz_elf_read_vaddr(const struct twz_elf_file *file,
                                                      uint64_t vaddr, void *buffer, size_t size);

/* The NUL-terminated text at vaddr, which must end within the same segment's file bytes and within
 * `size` bytes, NUL included. Returned in place when the source is in memory, otherwise in buffer.
 * NULL: there is none of that length. */
TWZ_ELF_API const char *twz_elf_text_at(const struct twz_elf_file *file, uint64_t vaddr,
                                        char *buffer, size_t size);

/* Whether vaddr lies in a segment with PF_X, backed by the file. */
TWZ_ELF_API bool twz_elf_is_code(const struct twz_elf_file *file, uint64_t vaddr);

#endif
