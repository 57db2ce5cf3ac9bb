/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory for the kernel's own structures: powers of two from 32 bytes to one frame, carved from
 * frames. Every allocation of the kernel ends in k_frame_alloc() or here, and every one can fail.
 */
#ifndef K_ALLOC_H
#define K_ALLOC_H

#include <stddef.h>

/* Zeroed, aligned to the size rounded up to a power of two. NULL: no memory, or size > 4096. */
__attribute__((malloc, warn_unused_result)) void *k_alloc(size_t size);

/* `size` as it was allocated. NULL is fine. */
void k_free(void *memory, size_t size);

#endif
