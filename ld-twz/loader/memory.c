/* SPDX-License-Identifier: BSD-2-Clause */
/* The loader's memory: pages that come when touched, handed out from the start of the arena. Pools
 * are made of chunks, which are used again when a pool is given back. */
#include "loader.h"

#define CHUNK_SIZE (64ull << 10)

struct loader_chunk {
    struct loader_chunk *next;
    uint64_t size; /* this header included */
};

struct loader_pool {
    struct loader_chunk *chunks;
    uint64_t next, end; /* of the first chunk */
};

static uint64_t arena_next, arena_end;
static struct loader_chunk *free_chunks;
static struct loader_pool *scratch;

static void *arena_allocate(void *context, size_t size, size_t align)
{
    (void)context;
    uint64_t start = (arena_next + align - 1) & ~(uint64_t)(align - 1);
    if (start < arena_next || start > arena_end || size > arena_end - start)
        return NULL;
    arena_next = start + size;
    return (void *)start;
}

void loader_memory_init(uint64_t start, uint64_t end)
{
    arena_next = start;
    arena_end = end;
}

struct ld_memory loader_memory(void)
{
    return (struct ld_memory){.allocate = arena_allocate};
}

/* A chunk of at least `size` bytes: one that was given back, or a new one. */
static struct loader_chunk *take_chunk(uint64_t size)
{
    for (struct loader_chunk **at = &free_chunks; *at != NULL; at = &(*at)->next)
        if ((*at)->size >= size) {
            struct loader_chunk *chunk = *at;
            *at = chunk->next;
            return chunk;
        }
    if (size < CHUNK_SIZE)
        size = CHUNK_SIZE;
    struct loader_chunk *chunk = arena_allocate(NULL, size, 64);
    if (chunk != NULL)
        chunk->size = size;
    return chunk;
}

static void *pool_allocate(void *context, size_t size, size_t align)
{
    struct loader_pool *pool = context;
    uint64_t start = (pool->next + align - 1) & ~(uint64_t)(align - 1);
    if (pool->chunks == NULL || start > pool->end || size > pool->end - start) {
        if (size > arena_end)
            return NULL;
        struct loader_chunk *chunk = take_chunk(sizeof *chunk + size + align);
        if (chunk == NULL)
            return NULL;
        chunk->next = pool->chunks;
        pool->chunks = chunk;
        pool->next = (uintptr_t)(chunk + 1);
        pool->end = (uintptr_t)chunk + chunk->size;
        start = (pool->next + align - 1) & ~(uint64_t)(align - 1);
    }
    pool->next = start + size;
    return (void *)start;
}

/* A pool lies in its own first chunk. */
struct loader_pool *loader_pool_make(void)
{
    struct loader_pool first = {0};
    struct loader_pool *pool = pool_allocate(&first, sizeof *pool, 16);
    if (pool != NULL)
        *pool = first;
    return pool;
}

struct ld_memory loader_pool_memory(struct loader_pool *pool)
{
    return (struct ld_memory){.context = pool, .allocate = pool_allocate};
}

void loader_pool_release(struct loader_pool *pool)
{
    for (struct loader_chunk *chunk = pool->chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        chunk->next = free_chunks;
        free_chunks = chunk;
    }
}

static void *no_memory(void *context, size_t size, size_t align)
{
    (void)context;
    (void)size;
    (void)align;
    return NULL;
}

struct ld_memory loader_scratch(void)
{
    if (scratch == NULL)
        scratch = loader_pool_make();
    if (scratch == NULL)
        return (struct ld_memory){.allocate = no_memory};
    return loader_pool_memory(scratch);
}

void loader_scratch_reset(void)
{
    if (scratch != NULL)
        loader_pool_release(scratch);
    scratch = NULL;
}
