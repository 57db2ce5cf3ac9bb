/* SPDX-License-Identifier: BSD-2-Clause */
#include "alloc.h"
#include "frame.h"
#include "hooks.h"
#include "log.h"
#include <string.h>

#define SMALLEST 5 /* 32 bytes */
#define LARGEST  12

struct chunk {
    struct chunk *next;
};

/* Chunks of 2^n bytes that are free. They stay with their size. */
static struct chunk *free_chunks[LARGEST + 1];

static unsigned class_of(size_t size)
{
    unsigned n = SMALLEST;
    while (n <= LARGEST && (size_t)1 << n < size)
        n++;
    return n;
}

static void refill(unsigned n)
{
    k_phys frame = k_frame_alloc(K_FRAME_KERNEL);
    if (frame == 0)
        return;
    char *bytes = k_direct(frame);
    for (size_t at = 0; at < TWZ_PAGE_SIZE; at += (size_t)1 << n) {
        struct chunk *chunk = (struct chunk *)(void *)(bytes + at);
        chunk->next = free_chunks[n];
        free_chunks[n] = chunk;
    }
}

void *k_alloc(size_t size)
{
    unsigned n = class_of(size);
    if (n > LARGEST)
        return NULL;
    if (free_chunks[n] == NULL)
        refill(n);
    struct chunk *chunk = free_chunks[n];
    if (chunk == NULL || (k_fail_now != NULL && k_fail_now()))
        return NULL;
    free_chunks[n] = chunk->next;
    memset(chunk, 0, size);
    return chunk;
}

void k_free(void *memory, size_t size)
{
    if (memory == NULL)
        return;
    unsigned n = class_of(size);
    k_assert(n <= LARGEST);
    struct chunk *chunk = memory;
    chunk->next = free_chunks[n];
    free_chunks[n] = chunk;
}
