/* SPDX-License-Identifier: BSD-2-Clause */
/* The names by which musl reaches an allocator for itself. It has none here: every compartment has
 * one heap, that of the runtime. */
#include <stdlib.h>

void *__libc_malloc(size_t n)
{
    return malloc(n);
}

void *__libc_calloc(size_t m, size_t n)
{
    return calloc(m, n);
}

void *__libc_realloc(void *p, size_t n)
{
    return realloc(p, n);
}

void __libc_free(void *p)
{
    free(p);
}
