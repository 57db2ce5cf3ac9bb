/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the two boot protocols tell, copied into one struct k_boot before anything else uses memory.
 * A boot loader is trusted not to lie about memory, but it can be wrong: every length is checked
 * against what holds it, and nothing is read beyond that.
 */
#ifndef K_BOOT_INFO_H
#define K_BOOT_INFO_H

#include "arch.h"

/* An entry of the memory map of either protocol. */
struct memory_entry {
    uint64_t start;
    uint64_t size;
    uint32_t type; /* as in E820 */
    uint32_t reserved;
};
#define MEMORY_USABLE 1u

/* Adds [start, start + size) without the parts of pages at its ends. A run that wraps around or has
 * no whole page is left out, and so is one too many; one that begins where the last one ends
 * continues it. */
void k_boot_add_memory(struct k_boot *boot, uint64_t start, uint64_t size);

/* Copies at most `size` bytes of a string that may end earlier with NUL. */
void k_boot_set_command_line(struct k_boot *boot, const char *line, size_t size);

/* PVH: Xen, public/arch-x86/hvm/start_info.h. `info` is a physical address. NULL, or what was
 * expected of the loader. */
const char *k_pvh_read(struct k_boot *boot, uint32_t info);

/* Multiboot2 boot information: Multiboot2 Specification 2.0, 3.6. `size` bytes can be read at
 * `info`, of which the information itself says how many it uses. NULL, or what was expected. */
const char *k_multiboot2_read(struct k_boot *boot, const void *info, uint64_t size);

#endif
