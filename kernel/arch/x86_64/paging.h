/* SPDX-License-Identifier: BSD-2-Clause */
/* Page tables of the kernel's half; the user half is in arch.h. Intel SDM volume 3A, chapter 4. */
#ifndef K_ARCH_PAGING_H
#define K_ARCH_PAGING_H

#include "arch.h"

/* Replaces the boot tables: kernel image by section, direct map of all memory, never executable,
 * with kernel text, constants and code frames read-only. Needs k_frames_init(). */
void k_paging_init(const struct k_boot *boot);

/* Maps one page of the kernel's half in all address spaces, writable, never executable. */
__attribute__((warn_unused_result)) bool k_paging_map_kernel(uint64_t address, k_phys frame);
/* Removes it and returns the frame. */
k_phys k_paging_unmap_kernel(uint64_t address);

/* Maps a page of device registers, uncached. */
void k_paging_map_device(uint64_t address, k_phys registers);

#endif
