/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The private heap: Doug Lea's malloc (in the public domain), as Debian's libffi source carries it,
 * over the address range that the monitor reserved. Pages of the range come when they are touched,
 * so taking more of it costs nothing.
 */
#include "runtime.h"
#include <twz/rt/alloc.h>
#include <twz/rt/core.h>
#include <twz/rt/string.h>
#include <twz/rt/thread.h>

#define USE_DL_PREFIX
#define HAVE_MMAP     0
#define HAVE_MORECORE 1
#define MORECORE      take
#define MORECORE_CANNOT_TRIM
#define USE_LOCKS        0
#define MALLOC_ALIGNMENT ((size_t)16) /* of max_align_t: vector code relies on it */
#define NO_MALLINFO      1
#define MALLOC_FAILURE_ACTION
#define ABORT              corrupted()
#define PROCEED_ON_ERROR   0
#define malloc_getpagesize ((size_t)TWZ_PAGE_SIZE)
#define LACKS_UNISTD_H
#define LACKS_FCNTL_H
#define LACKS_SYS_PARAM_H
#define LACKS_SYS_MMAN_H
#define LACKS_STRINGS_H
#define LACKS_STRING_H
#define LACKS_SYS_TYPES_H
#define LACKS_ERRNO_H
#define LACKS_STDLIB_H

static uint32_t heap_lock;
/* Bytes taken from the lower end of the range. */
static uint64_t used = TWZ_RT_HEAP_THREADS;
static uint64_t top_taken; /* bytes taken from its upper end */

void twz_rt_inside(int more)
{
    volatile unsigned char *threads = (volatile unsigned char *)twz_rt_own_state->heap_low;
    volatile unsigned char *mine = &threads[twz_rt_thread_self()->number % TWZ_RT_HEAP_THREADS];
    *mine = (unsigned char)(*mine + more);
}

static void enter(void)
{
    twz_rt_inside(1);
    twz_rt_lock(&heap_lock);
}

static void leave(void)
{
    twz_rt_unlock(&heap_lock);
    twz_rt_inside(-1);
}

/* Whoever comes next finds the heap as bad as it is, not its lock taken for good. */
static void corrupted(void)
{
    leave();
    twz_rt_abort("the heap is corrupted");
}

/* As sbrk(): the old end after moving it by `increment`, or MFAIL. */
static void *take(ptrdiff_t increment)
{
    uint64_t room = twz_rt_own_state->heap_high - twz_rt_own_state->heap_low - top_taken;
    if (increment < 0 || (uint64_t)increment > room - used)
        return (void *)UINTPTR_MAX;
    void *start = (void *)(uintptr_t)(twz_rt_own_state->heap_low + used);
    used += (uint64_t)increment;
    return start;
}

bool twz_rt_heap_take_top(uint64_t end, uint64_t size)
{
    uint64_t high = twz_rt_own_state->heap_high;
    enter();
    bool room = size <= end && end - size >= twz_rt_own_state->heap_low + used;
    if (room)
        top_taken = high - (end - size);
    leave();
    return room;
}

#define UNUSED __attribute__((unused))
static void *dlmalloc(size_t);
static void dlfree(void *);
static void *dlcalloc(size_t, size_t) UNUSED;
static void *dlrealloc(void *, size_t);
static void *dlmemalign(size_t, size_t);
static void *dlvalloc(size_t) UNUSED;
static void *dlpvalloc(size_t) UNUSED;
static int dlmallopt(int, int) UNUSED;
static void **dlindependent_calloc(size_t, size_t, void **) UNUSED;
static void **dlindependent_comalloc(size_t, size_t *, void **) UNUSED;
static size_t dlmalloc_footprint(void) UNUSED;
static size_t dlmalloc_max_footprint(void) UNUSED;
static int dlmalloc_trim(size_t) UNUSED;
static size_t dlmalloc_usable_size(void *);
static void dlmalloc_stats(void) UNUSED;

#include <dlmalloc.c>

static void *allocate(size_t align, size_t size)
{
    if (align > TWZ_SLOT_SIZE) /* no heap has that, and its next power of two may not exist */
        return NULL;
    enter();
    void *block = dlmemalign(align, size);
    leave();
    return block;
}

void *malloc(size_t size)
{
    enter();
    void *block = dlmalloc(size);
    leave();
    return block;
}

void free(void *block)
{
    enter();
    dlfree(block);
    leave();
}

void *calloc(size_t count, size_t size)
{
    enter();
    void *block = dlcalloc(count, size);
    leave();
    return block;
}

void *realloc(void *block, size_t size)
{
    enter();
    void *moved = dlrealloc(block, size);
    leave();
    return moved;
}

void *memalign(size_t align, size_t size)
{
    return allocate(align, size);
}

void *aligned_alloc(size_t align, size_t size)
{
    return allocate(align, size);
}

int posix_memalign(void **block, size_t align, size_t size)
{
    if (align < sizeof(void *) || (align & (align - 1)) != 0)
        return 22; /* EINVAL */
    void *result = allocate(align, size);
    if (result == NULL)
        return 12; /* ENOMEM */
    *block = result;
    return 0;
}

size_t malloc_usable_size(void *block)
{
    return dlmalloc_usable_size(block);
}

void *twz_rt_alloc(size_t size, size_t align)
{
    return allocate(align, size);
}

void *twz_rt_alloc_zeroed(size_t size, size_t align)
{
    void *block = allocate(align, size);
    if (block != NULL)
        memset(block, 0, size);
    return block;
}

void *twz_rt_realloc(void *block, size_t size, size_t align)
{
    if (align <= 16 || block == NULL)
        return block == NULL ? allocate(align, size) : realloc(block, size);
    void *moved = allocate(align, size);
    if (moved == NULL)
        return NULL;
    size_t old = dlmalloc_usable_size(block);
    memcpy(moved, block, old < size ? old : size);
    free(block);
    return moved;
}

void twz_rt_free(void *block)
{
    free(block);
}

void twz_rt_heap_info(struct twz_rt_heap_info *info)
{
    *info = (struct twz_rt_heap_info){
        .low = twz_rt_own_state->heap_low,
        .high = twz_rt_own_state->heap_high,
        .used = used,
    };
}
