/* SPDX-License-Identifier: BSD-2-Clause */
/* The four functions that a freestanding compiler and libtwzelf expect. String instructions count
 * each step, so words are eight times cheaper than bytes. */
#include <stdint.h>
#include <string.h>

void *memset(void *to, int byte, size_t length)
{
    void *at = to;
    uint64_t word = 0x0101010101010101 * (uint8_t)byte;
    size_t words = length / 8, rest = length % 8;
    __asm__ volatile("rep stosq" : "+D"(at), "+c"(words) : "a"(word) : "memory");
    __asm__ volatile("rep stosb" : "+D"(at), "+c"(rest) : "a"(word) : "memory");
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
    void *at = to;
    size_t words = length / 8, rest = length % 8;
    __asm__ volatile("rep movsq" : "+D"(at), "+S"(from), "+c"(words)::"memory");
    __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(rest)::"memory");
    return to;
}

void *memmove(void *to, const void *from, size_t length)
{
    if ((uintptr_t)to - (uintptr_t)from >= length)
        return memcpy(to, from, length);
    unsigned char *t = to;
    const unsigned char *f = from;
    while (length-- > 0)
        t[length] = f[length];
    return to;
}

int memcmp(const void *a, const void *b, size_t length)
{
    const unsigned char *x = a, *y = b;
    for (; length > 0; length--, x++, y++) {
        if (*x != *y)
            return *x - *y;
    }
    return 0;
}
