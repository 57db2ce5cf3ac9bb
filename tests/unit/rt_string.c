/* SPDX-License-Identifier: BSD-2-Clause */
/* The runtime's memory and string functions against the C library's, on all small sizes, alignments
 * and overlaps. */
#define memcpy  rt_memcpy
#define memmove rt_memmove
#define memset  rt_memset
#define memcmp  rt_memcmp
#define bcmp    rt_bcmp
#define memchr  rt_memchr
#define strlen  rt_strlen
#define strnlen rt_strnlen
#define strcmp  rt_strcmp
#define strncmp rt_strncmp
#define strchr  rt_strchr
#define strrchr rt_strrchr
#define strcpy  rt_strcpy
#include "../../ld-twz/runtime/string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef bcmp
#undef memchr
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr
#undef strrchr
#undef strcpy

#include "test.h"
#include <string.h>

#define ROOM 96

static void fill(unsigned char *bytes)
{
    for (unsigned i = 0; i < ROOM; i++)
        bytes[i] = (unsigned char)(i * 37 + 11);
}

static void copies(void **state)
{
    (void)state;
    unsigned char source[ROOM], ours[ROOM], theirs[ROOM];
    fill(source);
    for (size_t to = 0; to < 10; to++)
        for (size_t from = 0; from < 10; from++)
            for (size_t size = 0; size < 70; size++) {
                memset(ours, 0xaa, ROOM);
                memset(theirs, 0xaa, ROOM);
                assert_ptr_equal(rt_memcpy(ours + to, source + from, size), ours + to);
                memcpy(theirs + to, source + from, size);
                assert_memory_equal(ours, theirs, ROOM);
            }
}

static void overlaps(void **state)
{
    (void)state;
    unsigned char ours[ROOM], theirs[ROOM];
    for (size_t to = 0; to < 26; to++)
        for (size_t from = 0; from < 26; from++)
            for (size_t size = 0; size < 70; size++) {
                fill(ours);
                fill(theirs);
                assert_ptr_equal(rt_memmove(ours + to, ours + from, size), ours + to);
                memmove(theirs + to, theirs + from, size);
                assert_memory_equal(ours, theirs, ROOM);
            }
}

static void sets(void **state)
{
    (void)state;
    unsigned char ours[ROOM], theirs[ROOM];
    for (size_t to = 0; to < 10; to++)
        for (size_t size = 0; size < 70; size++) {
            fill(ours);
            fill(theirs);
            rt_memset(ours + to, 0x1ff, size);
            memset(theirs + to, 0x1ff, size);
            assert_memory_equal(ours, theirs, ROOM);
        }
}

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

static void comparisons(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "a", "ab", "abc", "abd", "b", "\x80", "\x7f", "ab\x80"};
    const size_t count = sizeof texts / sizeof texts[0];
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count; k++) {
            assert_int_equal(sign(rt_strcmp(texts[i], texts[k])), sign(strcmp(texts[i], texts[k])));
            for (size_t limit = 0; limit < 5; limit++)
                assert_int_equal(sign(rt_strncmp(texts[i], texts[k], limit)),
                                 sign(strncmp(texts[i], texts[k], limit)));
        }
    assert_int_equal(rt_memcmp("a\0b", "a\0c", 3), -1);
    assert_int_equal(rt_memcmp("\x80", "\x7f", 1), 1);
    assert_int_equal(rt_memcmp("x", "y", 0), 0);
    assert_int_not_equal(rt_bcmp("a\0b", "a\0c", 3), 0);
    assert_int_equal(rt_bcmp("a\0b", "a\0c", 2), 0);
}

static void searches(void **state)
{
    (void)state;
    const char *const text = "hello";
    for (int byte = -1; byte < 256; byte++) {
        assert_ptr_equal(rt_strchr(text, byte), strchr(text, byte));
        assert_ptr_equal(rt_strrchr(text, byte), strrchr(text, byte));
        assert_ptr_equal(rt_memchr(text, byte, 6), memchr(text, byte, 6));
    }
    assert_int_equal(rt_strlen(text), 5);
    assert_int_equal(rt_strnlen(text, 3), 3);
    assert_int_equal(rt_strnlen(text, 30), 5);
    char copy[8];
    assert_string_equal(rt_strcpy(copy, text), text);
}

RUN_TESTS(T(copies, "memcpy"), T(overlaps, "memmove, in both directions"), T(sets, "memset"),
          T(comparisons, "strcmp, strncmp and memcmp compare as unsigned bytes"),
          T(searches, "strchr, strrchr, memchr, strlen, strnlen, strcpy"))
