/* SPDX-License-Identifier: BSD-2-Clause */
/* The runtime's formatting agrees with the C library's, conversion by conversion. */
/* Wrong formats are part of it. */
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-extra-args"

#include "../../ld-twz/runtime/format.c"
#include "test.h"
#include <stdio.h>
#include <sys/types.h>

static void same(const char *what, const char *ours, size_t our_length, const char *theirs,
                 int their_length)
{
    if (strcmp(ours, theirs) != 0 || our_length != (size_t)their_length)
        fail_msg("%s: '%s' (%zu) instead of '%s' (%d)", what, ours, our_length, theirs,
                 their_length);
}

#define SAME(size, ...)                                                                            \
    do {                                                                                           \
        char ours[200], theirs[200];                                                               \
        memset(ours, 'x', sizeof ours);                                                            \
        memset(theirs, 'x', sizeof theirs);                                                        \
        size_t our_length = twz_rt_format(ours, size, __VA_ARGS__);                                \
        int their_length = snprintf(theirs, size, __VA_ARGS__);                                    \
        same(#__VA_ARGS__, ours, our_length, theirs, their_length);                                \
    } while (0)

static void integers(void **state)
{
    (void)state;
    SAME(200, "%d %i %u", -5, 7, 4000000000u);
    SAME(200, "%ld %lu %lld %llu", INT64_MIN, UINT64_MAX, -1ll, 1ull);
    SAME(200, "%x %X %o %#x %#X %#o %#x", 255, 255, 8, 255, 255, 8, 0);
    SAME(200, "%hhd %hd %hhu %hu", 300, 70000, 300, 70000);
    SAME(200, "%zu %zd %jd %td", (size_t)1, (ssize_t)-1, (intmax_t)-2, (ptrdiff_t)-3);
    SAME(200, "%d|%d", INT32_MIN, INT32_MAX);
}

static void fields(void **state)
{
    (void)state;
    SAME(200, "[%5d|%-5d|%05d|%+d|% d|%+5d]", 42, 42, 42, 42, 42, 42);
    SAME(200, "[%8.3d|%-8.3d|%08x|%.0d|%.0d]", 5, 5, 0xbeef, 0, 1);
    SAME(200, "[%*d|%-*d|%.*d|%*d]", 6, 1, 6, 1, 3, 1, -6, 1);
    SAME(200, "[%05d|%+05d|%-+5d]", -42, 42, 42);
    SAME(200, "[%10s|%-10s|%.2s|%10.2s|%.*s]", "abc", "abc", "abc", "abc", 1, "abc");
    SAME(200, "[%c|%3c|%-3c|%%]", 'a', 'b', 'c');
}

static void short_buffers(void **state)
{
    (void)state;
    for (size_t size = 1; size < 14; size++)
        SAME(size, "%s %d", "hello", 12345);
    char untouched = 'x';
    assert_int_equal(twz_rt_format(&untouched, 0, "%d", 12345), 5);
    assert_int_equal(untouched, 'x');
}

static void odd_formats(void **state)
{
    (void)state;
    char text[40];
    assert_int_equal(twz_rt_format(text, sizeof text, "a%"), 2);
    assert_string_equal(text, "a%");
    const char *volatile null = NULL;
    twz_rt_format(text, sizeof text, "%s", null);
    assert_string_equal(text, "(null)");
}

RUN_TESTS(T(integers, "integers of every length print as in the C library"),
          T(fields, "flags, widths and precisions do as well"),
          T(short_buffers, "what does not fit is cut off and counted"),
          T(odd_formats, "a format that ends in % and a null string are harmless"))
