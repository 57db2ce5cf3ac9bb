/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every header of libtwzelf shares: attributes, page and slot arithmetic, and the constants of
 * the two-slot layout.
 *
 * libtwzelf reads, checks and relocates ELF64 little-endian files. It never allocates, never
 * prints, keeps no global state and calls nothing but memcpy, memmove, memset and memcmp, so the
 * same sources serve a kernel, a loader without a C library, and tools. All structures belong to
 * the caller and refer to his bytes; they need no release. Functions may run on several threads as
 * long as each output object is used by one at a time.
 *
 * Functions that can fail return enum twz_elf_error: TWZ_ELF_OK or the first problem met. The
 * optional struct twz_elf_diag receives each problem with its place (<twzelf/diag.h>).
 *
 * Sources: System V gABI chapters 4 and 5 (ELF), x86-64 psABI 1.0, AAELF64, and the GNU extensions
 * as glibc and binutils implement them.
 */
#ifndef TWZELF_BASE_H
#define TWZELF_BASE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TWZ_ELF_API     __attribute__((visibility("default")))
#define TWZ_ELF_CHECKED __attribute__((visibility("default"), warn_unused_result))

#define TWZ_ELF_PAGE ((uint64_t)0x1000)

/* The two-slot layout (twz-linkscripts(7)): text slot, then data slot, one object each. */
#define TWZ_ELF_SLOT      ((uint64_t)1 << 30)
#define TWZ_ELF_TEXT_BASE ((uint64_t)0x1000)            /* vaddr - file offset in the text slot */
#define TWZ_ELF_TEXT_END  (TWZ_ELF_SLOT - TWZ_ELF_PAGE) /* the last page holds metadata */
#define TWZ_ELF_DATA_BASE (TWZ_ELF_SLOT + TWZ_ELF_PAGE) /* lowest vaddr of the data segment */
#define TWZ_ELF_DATA_END  (2 * TWZ_ELF_SLOT - TWZ_ELF_PAGE) /* the last page holds metadata */

/* "There is none", for indices of program headers, dynamic entries and string offsets. */
#define TWZ_ELF_NONE UINT32_MAX

/* A run of bytes in the address space of the file (before the load bias is added). */
struct twz_elf_span {
    uint64_t vaddr;
    uint64_t size; /* bytes; 0: empty */
};

static inline uint64_t twz_elf_page_down(uint64_t value)
{
    return value & ~(TWZ_ELF_PAGE - 1);
}

/* Wraps to 0 for the last page of the address space: check the range first. */
static inline uint64_t twz_elf_page_up(uint64_t value)
{
    return (value + TWZ_ELF_PAGE - 1) & ~(TWZ_ELF_PAGE - 1);
}

/* Whether [start, start + size) lies in [low, low + room), without overflow. */
static inline bool twz_elf_within(uint64_t start, uint64_t size, uint64_t low, uint64_t room)
{
    return start >= low && start - low <= room && size <= room - (start - low);
}

#endif
