/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the core takes memory from. The core never allocates by itself: everything it returns lies
 * in memory that its caller gave it, lives as long as that memory, and is given back all at once by
 * the caller. There is no free.
 */
#ifndef LD_MEMORY_H
#define LD_MEMORY_H

#include <stddef.h>
#include <stdint.h>

struct ld_memory {
    void *context;
    /* Returns `size` bytes (> 0), aligned to `align` (a power of two, at most 64), or NULL when
     * there are no more. The contents need not be zero. */
    void *(*allocate)(void *context, size_t size, size_t align);
};

/* An arena over one buffer of the caller's. */
struct ld_arena {
    unsigned char *next;
    unsigned char *end;
};

/* Makes `arena` hand out the `size` bytes at `buffer`; the result refers to `arena`. */
struct ld_memory ld_arena_memory(struct ld_arena *arena, void *buffer, size_t size);

#endif
