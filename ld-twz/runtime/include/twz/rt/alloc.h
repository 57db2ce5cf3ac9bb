/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runtime ABI, memory: the private heap of the compartment. Memory lies in the compartment's heap
 * object; no other compartment can reach it, and allocation makes no gate call. Extra heaps can be
 * shared: what is allocated from one is named by it.
 */
#ifndef TWZ_RT_ALLOC_H
#define TWZ_RT_ALLOC_H

#include <twz/rt/abi.h>

struct twz_rt_heap_info {
    uint64_t low;  /* the heap's address range */
    uint64_t high; /* one past the last byte that it may ever use */
    uint64_t used; /* bytes taken from that range so far, free blocks included */
};

/* `size` bytes aligned to `align`, a power of two. NULL when the heap is used up. */
TWZ_RT_API void *twz_rt_alloc(size_t size, size_t align);
/* The same, zeroed. */
TWZ_RT_API void *twz_rt_alloc_zeroed(size_t size, size_t align);
/* Moves a block to `size` bytes with the same alignment as before; NULL leaves it as it was. */
TWZ_RT_API void *twz_rt_realloc(void *block, size_t size, size_t align);
TWZ_RT_API void twz_rt_free(void *block);
TWZ_RT_API void twz_rt_heap_info(struct twz_rt_heap_info *info);

/*
 * Extra heaps. Each is memory of its own, with addresses that mean the same in every compartment,
 * and what only this compartment knows: which blocks are free is written down in the private heap,
 * so that those who share an extra heap can spoil its bytes and nothing else. Where heap is NULL,
 * the private one is meant.
 */
struct twz_rt_heap;

/* At most `size` bytes, in pages that come when touched. TWZ_ELIMIT: the compartment has as many
 * heaps as it may have; TWZ_ENOMEM. */
TWZ_RT_API int64_t twz_rt_heap_create(size_t size, struct twz_rt_heap **heap);
/* All of it goes, for everybody who shares it as well. */
TWZ_RT_API int64_t twz_rt_heap_delete(struct twz_rt_heap *heap);
/* What another compartment may do with the heap from now on: TWZ_READ, TWZ_READ | TWZ_WRITE, or 0:
 * the next access faults. TWZ_ENOENT: no compartment of that name is in use; TWZ_EINVAL: other
 * rights, the private heap, or this compartment. */
TWZ_RT_API int64_t twz_rt_heap_share(struct twz_rt_heap *heap, const char *compartment,
                                     uint32_t rights);
/* As twz_rt_alloc() and twz_rt_free(). A block that is freed must be one of that heap's. */
TWZ_RT_API void *twz_rt_heap_alloc(struct twz_rt_heap *heap, size_t size, size_t align);
TWZ_RT_API void twz_rt_heap_free(struct twz_rt_heap *heap, void *block);

/* The family that C code knows. All of it comes from here, in every library of the compartment. */
TWZ_RT_API void *malloc(size_t size);
TWZ_RT_API void *calloc(size_t count, size_t size);
TWZ_RT_API void *realloc(void *block, size_t size);
TWZ_RT_API void free(void *block);
TWZ_RT_API void *memalign(size_t align, size_t size);
TWZ_RT_API void *aligned_alloc(size_t align, size_t size);
TWZ_RT_API int posix_memalign(void **block, size_t align, size_t size);
TWZ_RT_API size_t malloc_usable_size(void *block);

#endif
