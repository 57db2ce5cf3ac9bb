/* SPDX-License-Identifier: BSD-2-Clause */
/* Extra heaps: the monitor makes and shares them, what is free in them is known here alone. */
#include "runs.h"
#include "runtime.h"
#include <twz/monitor_gates.h>
#include <twz/rt/alloc.h>
#include <twz/rt/core.h>
#include <twz/rt/string.h>

#define GRANULE 16u /* bytes; every block starts and ends on one */

struct twz_rt_heap {
    uint64_t low, high;
    uint64_t serial; /* state of the last block, so that neighbours are never one run */
    struct twz_rt_runs runs;
    uint32_t lock;
};

int64_t twz_rt_heap_create(size_t size, struct twz_rt_heap **result)
{
    struct twz_rt_heap *heap = calloc(1, sizeof *heap);
    if (heap == NULL || !twz_rt_runs_reserve(&heap->runs)) {
        free(heap);
        return -TWZ_ENOMEM;
    }
    int64_t address = twz_mon_heap_create(size);
    if (address < 0) {
        free(heap->runs.list);
        free(heap);
        return address;
    }
    heap->low = (uint64_t)address;
    heap->high = heap->low + (size & ~(size_t)(GRANULE - 1));
    heap->runs.list[heap->runs.count++] = (struct twz_rt_run){heap->low, heap->high, 0};
    *result = heap;
    return 0;
}

int64_t twz_rt_heap_delete(struct twz_rt_heap *heap)
{
    if (heap == NULL)
        return -TWZ_EINVAL;
    int64_t status = twz_mon_heap_delete(heap->low);
    if (status < 0)
        return status;
    free(heap->runs.list);
    free(heap);
    return 0;
}

int64_t twz_rt_heap_share(struct twz_rt_heap *heap, const char *compartment, uint32_t rights)
{
    if (heap == NULL)
        return -TWZ_EINVAL;
    return twz_mon_heap_share(heap->low, rights, compartment, strlen(compartment));
}

static uint64_t take(struct twz_rt_heap *heap, uint64_t size, uint64_t align)
{
    const struct twz_rt_run *run = twz_rt_runs_find(&heap->runs, size, align);
    if (run == NULL)
        return 0;
    uint64_t start = (run->start + align - 1) & ~(align - 1);
    return twz_rt_runs_set(&heap->runs, start, start + size, ++heap->serial) ? start : 0;
}

void *twz_rt_heap_alloc(struct twz_rt_heap *heap, size_t size, size_t align)
{
    if (heap == NULL)
        return twz_rt_alloc(size, align);
    if (size > TWZ_SLOT_SIZE || align == 0 || (align & (align - 1)) != 0)
        return NULL;
    uint64_t rounded = ((size == 0 ? 1 : size) + GRANULE - 1) & ~(uint64_t)(GRANULE - 1);
    twz_rt_lock(&heap->lock);
    uint64_t start = take(heap, rounded, align < GRANULE ? GRANULE : align);
    twz_rt_unlock(&heap->lock);
    return (void *)(uintptr_t)start;
}

void twz_rt_heap_free(struct twz_rt_heap *heap, void *block)
{
    uint64_t start = (uintptr_t)block;
    if (heap == NULL || block == NULL) {
        twz_rt_free(block);
        return;
    }
    twz_rt_lock(&heap->lock);
    bool inside = start >= heap->low && start < heap->high;
    struct twz_rt_run run = heap->runs.list[inside ? twz_rt_runs_at(&heap->runs, start) : 0];
    bool freed = inside && run.state != 0 && run.start == start &&
                 twz_rt_runs_set(&heap->runs, start, run.end, 0);
    twz_rt_unlock(&heap->lock);
    if (!freed)
        twz_rt_abort("not a block of this heap");
}
