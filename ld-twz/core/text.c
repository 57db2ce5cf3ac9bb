/* SPDX-License-Identifier: BSD-2-Clause */
#include "text.h"

static void *arena_allocate(void *context, size_t size, size_t align)
{
    struct ld_arena *arena = context;
    size_t pad = (size_t)(-(uintptr_t)arena->next & (align - 1));
    size_t room = (size_t)(arena->end - arena->next);
    if (pad > room || size > room - pad)
        return NULL;
    void *result = arena->next + pad;
    arena->next += pad + size;
    return result;
}

struct ld_memory ld_arena_memory(struct ld_arena *arena, void *buffer, size_t size)
{
    arena->next = buffer;
    arena->end = arena->next + size;
    return (struct ld_memory){.context = arena, .allocate = arena_allocate};
}

void *ld_zeroed(const struct ld_memory *memory, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total) || total > PTRDIFF_MAX)
        return NULL;
    void *result = memory->allocate(memory->context, total ? total : 1, 16);
    if (result)
        __builtin_memset(result, 0, total);
    return result;
}

void *ld_grow(const struct ld_memory *memory, void *array, uint32_t count, uint32_t *capacity,
              size_t size)
{
    if (count < *capacity)
        return array;
    if (*capacity > UINT32_MAX / 2)
        return NULL;
    uint32_t larger = *capacity ? *capacity * 2 : 16;
    size_t total;
    if (__builtin_mul_overflow(larger, size, &total) || total > PTRDIFF_MAX)
        return NULL;
    unsigned char *result = memory->allocate(memory->context, total, 16);
    if (!result)
        return NULL;
    if (count)
        __builtin_memcpy(result, array, count * size);
    __builtin_memset(result + count * size, 0, total - count * size);
    *capacity = larger;
    return result;
}

size_t ld_length(const char *text)
{
    size_t length = 0;
    while (text[length])
        length++;
    return length;
}

bool ld_equal(const char *a, const char *b)
{
    if (!a || !b)
        return a == b;
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

const char *ld_base_name(const char *path)
{
    const char *name = path;
    for (; *path; path++)
        if (*path == '/' && path[1])
            name = path + 1;
    return name;
}

const char *ld_copy(const struct ld_memory *memory, const char *text)
{
    if (!text)
        return NULL;
    size_t size = ld_length(text) + 1;
    char *copy = memory->allocate(memory->context, size, 1);
    if (copy)
        __builtin_memcpy(copy, text, size);
    return copy;
}

/* Where a sentence goes: with `text` NULL only the length is counted. */
struct writer {
    char *text;
    size_t length;
};

static void put(struct writer *writer, const char *text, size_t length)
{
    if (writer->text)
        __builtin_memcpy(writer->text + writer->length, text, length);
    writer->length += length;
}

static void put_number(struct writer *writer, uint64_t value, uint32_t base)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    if (base == 16)
        put(writer, "0x", 2);
    put(writer, digits + at, sizeof digits - at);
}

static void put_format(struct writer *writer, const char *format, va_list list)
{
    for (; *format; format++) {
        if (*format != '%') {
            put(writer, format, 1);
            continue;
        }
        switch (*++format) {
        case 's': {
            const char *text = va_arg(list, const char *);
            if (!text)
                text = "?";
            put(writer, text, ld_length(text));
            break;
        }
        case 'u':
            put_number(writer, va_arg(list, uint32_t), 10);
            break;
        case 'x':
            put_number(writer, va_arg(list, uint64_t), 16);
            break;
        default:
            put(writer, format, 1);
        }
    }
}

const char *ld_sentence_list(const struct ld_memory *memory, const char *format, va_list list)
{
    struct writer writer = {0};
    va_list again;
    va_copy(again, list);
    put_format(&writer, format, again);
    va_end(again);
    char *text = memory->allocate(memory->context, writer.length + 1, 1);
    if (!text)
        return NULL;
    writer = (struct writer){.text = text};
    put_format(&writer, format, list);
    text[writer.length] = '\0';
    return text;
}

const char *ld_sentence(const struct ld_memory *memory, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    const char *text = ld_sentence_list(memory, format, list);
    va_end(list);
    return text;
}

#define DISTANCE_MAX 64u

/* Damerau-Levenshtein with three rows; see "optimal string alignment". */
uint32_t ld_distance(const char *a, const char *b, uint32_t limit)
{
    size_t m = ld_length(a), n = ld_length(b);
    if (m >= DISTANCE_MAX || n >= DISTANCE_MAX || (m > n ? m - n : n - m) > limit)
        return limit + 1;
    uint32_t rows[3][DISTANCE_MAX];
    for (size_t j = 0; j <= n; j++)
        rows[0][j] = (uint32_t)j;
    for (size_t i = 1; i <= m; i++) {
        uint32_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        uint32_t least = row[0] = (uint32_t)i;
        for (size_t j = 1; j <= n; j++) {
            uint32_t best = above[j - 1] + (a[i - 1] != b[j - 1]);
            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            row[j] = best;
            if (best < least)
                least = best;
        }
        if (least > limit + 1)
            return limit + 1;
    }
    uint32_t distance = rows[m % 3][n];
    return distance > limit ? limit + 1 : distance;
}
