/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * XXH3 from xxHash's header, compiled into whoever includes this. Freestanding code gets the scalar
 * version, because the kernel must not touch vector registers; all versions give the same hashes.
 * Reads go through packed structs (method 1): without the compiler's builtins each memcpy of eight
 * bytes would be a call.
 */
#ifndef TWZELF_XXH3_H
#define TWZELF_XXH3_H

#define XXH_INLINE_ALL
#define XXH_FORCE_MEMORY_ACCESS 1
#ifdef TWZ_FREESTANDING
#define XXH_VECTOR 0 /* XXH_SCALAR */
/* The header's allocating functions are never called, but -O0 emits them. */
#include <stdlib.h>
#define malloc(size)  ((void)(size), NULL)
#define free(pointer) ((void)(pointer))
#endif

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-function"
#include <xxhash.h>
#pragma GCC diagnostic pop

#ifdef TWZ_FREESTANDING
#undef malloc
#undef free
#endif

#endif
