/* SPDX-License-Identifier: BSD-2-Clause */
/* The runtime's allocator, for the peer on the host: same source, same options. */
#define HAVE_MMAP 0
#define MORECORE_CANNOT_TRIM
#define USE_LOCKS          1 /* as there: safe between threads */
#define MALLOC_ALIGNMENT   ((size_t)16)
#define NO_MALLINFO        1
#define PROCEED_ON_ERROR   0
#define malloc_getpagesize ((size_t)4096)
#include <dlmalloc.c>
#include <unistd.h>
