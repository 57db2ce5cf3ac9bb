/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* fwrite_unlocked() */
#endif
#include "text.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the UTF-8 character at `text`, and its number; 0: it is none, or the end. Shorter forms,
 * surrogates and what lies above U+10FFFF are none (RFC 3629, 3 and 4). */
static size_t decode(const unsigned char *text, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t value = text[0];
    size_t length = value < 0x80       ? 1
                    : value >> 5 == 6  ? 2
                    : value >> 4 == 14 ? 3
                    : value >> 3 == 30 ? 4
                                       : 0;
    if (!value || !length)
        return 0;
    if (length > 1)
        value &= 0x7fu >> length;
    for (size_t i = 1; i < length; i++) {
        if (text[i] >> 6 != 2) /* the end as well */
            return 0;
        value = value << 6 | (text[i] & 0x3fu);
    }
    *character = value;
    return value < least[length] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)
               ? 0
               : length;
}

static bool is_control(uint32_t c)
{
    bool c0 = c < 0x20 || c == 0x7f, c1 = c >= 0x80 && c < 0xa0;
    bool direction = c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
                     (c >= 0x2066 && c <= 0x2069);
    bool line = c == 0x2028 || c == 0x2029;
    return c0 || c1 || direction || line;
}

size_t text_shown(const char *text)
{
    uint32_t character;
    size_t length = decode((const unsigned char *)text, &character);
    return length && !is_control(character) ? length : 0;
}

void text_print(FILE *stream, const char *text)
{
    const char *start = text;
    while (*text) {
        size_t length = text_shown(text);
        text += length;
        if (length)
            continue;
        fwrite_unlocked(start, 1, (size_t)(text - start), stream);
        fprintf(stream, "\\x%02x", (unsigned char)*text++);
        start = text;
    }
    fwrite_unlocked(start, 1, (size_t)(text - start), stream);
}

char *text_utf8(const char *text)
{
    size_t size = strlen(text);
    char *copy = size < SIZE_MAX / 4 ? malloc(4 * size + 1) : NULL, *to = copy;
    if (!copy)
        return NULL;
    while (*text) {
        uint32_t character;
        size_t length = decode((const unsigned char *)text, &character);
        if (length) {
            memcpy(to, text, length);
            to += length;
            text += length;
        } else {
            static const char digits[] = "0123456789abcdef";
            unsigned char byte = (unsigned char)*text++;
            *to++ = '\\';
            *to++ = 'x';
            *to++ = digits[byte >> 4];
            *to++ = digits[byte & 15];
        }
    }
    *to = 0;
    return copy;
}
