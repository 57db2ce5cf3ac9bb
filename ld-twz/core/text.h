/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory and text for the core's own use: allocation from the caller's memory, string functions
 * that need no C library, and sentences made of parts.
 */
#ifndef LD_TEXT_H
#define LD_TEXT_H

#include <ld/memory.h>
#include <stdarg.h>
#include <stdbool.h>

/* `count` zeroed elements of `size` bytes, or NULL. */
void *ld_zeroed(const struct ld_memory *memory, size_t count, size_t size);

/* A growing array: makes room for one more element after `count` and doubles when full. Returns the
 * array or NULL without memory; the old one stays where it is (there is no free). */
void *ld_grow(const struct ld_memory *memory, void *array, uint32_t count, uint32_t *capacity,
              size_t size);

size_t ld_length(const char *text);
bool ld_equal(const char *a, const char *b); /* NULL equals only NULL */
const char *ld_base_name(const char *path);  /* after the last '/' */

/* A copy, or NULL without memory. */
const char *ld_copy(const struct ld_memory *memory, const char *text);

/* Text from a format with %s (NULL gives "?"), %u (uint32_t), %x (uint64_t, "0x...") and %%. NULL
 * without memory. */
const char *ld_sentence(const struct ld_memory *memory, const char *format, ...);
const char *ld_sentence_list(const struct ld_memory *memory, const char *format, va_list list);

/* Edit distance of a and b (insert, delete, replace, swap of neighbours each cost 1), or limit + 1
 * when it is more than `limit`. Names longer than 63 bytes count as too far. */
uint32_t ld_distance(const char *a, const char *b, uint32_t limit);

#endif
