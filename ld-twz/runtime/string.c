/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory and strings. Copies go eight bytes at a time by string instructions, which need no vector
 * registers, so that the same file serves the monitor. */
#include <twz/rt/string.h>

void *memcpy(void *to, const void *from, size_t size)
{
    void *end = to;
    size_t words = size / 8;
    size_t rest = size % 8;
    __asm__ volatile("rep movsq" : "+D"(end), "+S"(from), "+c"(words) : : "memory");
    __asm__ volatile("rep movsb" : "+D"(end), "+S"(from), "+c"(rest) : : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    if ((uintptr_t)to - (uintptr_t)from >= size)
        return memcpy(to, from, size);
    /* `to` lies inside the source: from the end downwards. */
    unsigned char *last = (unsigned char *)to + size - 1;
    const unsigned char *source = (const unsigned char *)from + size - 1;
    __asm__ volatile("std; rep movsb; cld" : "+D"(last), "+S"(source), "+c"(size) : : "memory");
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    void *end = to;
    uint64_t pattern = (unsigned char)byte * 0x0101010101010101ull;
    size_t words = size / 8;
    size_t rest = size % 8;
    __asm__ volatile("rep stosq" : "+D"(end), "+c"(words) : "a"(pattern) : "memory");
    __asm__ volatile("rep stosb" : "+D"(end), "+c"(rest) : "a"(pattern) : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *left = a;
    const unsigned char *right = b;
    size_t i = 0;
    for (uint64_t x, y; size - i >= 8; i += 8) {
        __builtin_memcpy(&x, left + i, 8);
        __builtin_memcpy(&y, right + i, 8);
        if (x != y)
            break;
    }
    for (; i < size; i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}

int bcmp(const void *a, const void *b, size_t size)
{
    return memcmp(a, b, size);
}

void *memchr(const void *bytes, int byte, size_t size)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++)
        if (at[i] == (unsigned char)byte)
            return (void *)(uintptr_t)(at + i);
    return NULL;
}

size_t strlen(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0')
        length++;
    return length;
}

size_t strnlen(const char *text, size_t limit)
{
    size_t length = 0;
    while (length < limit && text[length] != '\0')
        length++;
    return length;
}

int strncmp(const char *a, const char *b, size_t limit)
{
    for (size_t i = 0; i < limit; i++) {
        if (a[i] != b[i])
            return (unsigned char)a[i] < (unsigned char)b[i] ? -1 : 1;
        if (a[i] == '\0')
            return 0;
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

char *strchr(const char *text, int byte)
{
    for (;; text++) {
        if (*text == (char)byte)
            return (char *)(uintptr_t)text;
        if (*text == '\0')
            return NULL;
    }
}

char *strrchr(const char *text, int byte)
{
    const char *last = NULL;
    for (;; text++) {
        if (*text == (char)byte)
            last = text;
        if (*text == '\0')
            return (char *)(uintptr_t)last;
    }
}

char *strcpy(char *to, const char *from)
{
    memcpy(to, from, strlen(from) + 1);
    return to;
}
