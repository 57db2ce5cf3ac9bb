/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts of others on their way to people: what is shown as it is, against the C library's iconv().
 */
#define _POSIX_C_SOURCE 200809L /* open_memstream() */
#include "../../host/text.h"
#include "test.h"
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

/* The character that iconv() finds in `length` bytes, or 0: they are not one. */
static uint32_t system_decode(iconv_t system, const char *text, size_t length)
{
    uint32_t character[2];
    char *in = (char *)(uintptr_t)text, *out = (char *)character;
    size_t left = length, room = sizeof character;
    (void)iconv(system, NULL, NULL, NULL, NULL);
    if (iconv(system, &in, &left, &out, &room) == (size_t)-1 || left || room != sizeof *character)
        return 0;
    return character[0];
}

static void as_the_system(void **state)
{
    (void)state;
    iconv_t system = iconv_open("UCS-4LE", "UTF-8");
    assert_true(system != (iconv_t)-1);
    for (uint32_t i = 1; i < 1u << 24; i += i < 0x10000 ? 1 : 0xfb) {
        char text[5] = {(char)i, (char)(i >> 8), (char)(i >> 16), i & 1 ? (char)0x80 : 0, 0};
        size_t length = text_shown(text);
        if (length)
            assert_true(system_decode(system, text, length) >= 0x20);
        else if ((i & 0xff) >= 0xa0) /* no character; controls and directions have tests below */
            for (size_t k = 1; k <= 4 && text[k - 1]; k++) {
                uint32_t c = system_decode(system, text, k);
                assert_true(c == 0 || (c >= 0x80 && c < 0xa0) || c == 0x61c ||
                            (c >= 0x2000 && c < 0x2070) || c > 0x10ffff);
            }
    }
    iconv_close(system);
}

static void controls(void **state)
{
    static const char *const refused[] = {"\033[2J",      "\177",     "\n",
                                          "\302\233",     "\302\200", "\342\200\256",
                                          "\342\201\246", "\330\234", "\342\200\250"};
    static const char *const no_utf8[] = {"\200",  "\300\200",     "\303",
                                          "\303(", "\355\240\200", "\364\220\200\200",
                                          "\377",  "\340\200\257", "\360\237\230"};
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_int_equal(text_shown(refused[i]), 0);
    for (size_t i = 0; i < sizeof no_utf8 / sizeof *no_utf8; i++)
        assert_int_equal(text_shown(no_utf8[i]), 0);
    assert_int_equal(text_shown(""), 0);
    assert_int_equal(text_shown("a"), 1);
    assert_int_equal(text_shown("\303\251"), 2);
    assert_int_equal(text_shown("\342\202\254"), 3);
    assert_int_equal(text_shown("\360\237\230\200"), 4);
}

static void printed(void **state)
{
    static const char text[] = "a\302\2332J\303\251\377\n";
    char *shown = NULL;
    size_t size;
    FILE *stream = open_memstream(&shown, &size);
    (void)state;
    assert_non_null(stream);
    text_print(stream, text);
    assert_int_equal(fclose(stream), 0);
    assert_string_equal(shown, "a\\xc2\\x9b2J\303\251\\xff\\x0a");
    free(shown);
    shown = text_utf8(text);
    assert_string_equal(shown, "a\302\2332J\303\251\\xff\n");
    free(shown);
}

static void long_texts(void **state)
{
    enum { LENGTH = 4 << 20 };
    char *text = malloc(LENGTH + 1);
    (void)state;
    assert_non_null(text);
    memset(text, 0xff, LENGTH);
    text[LENGTH] = 0;
    char *copy = text_utf8(text); /* in one pass: the tests' time would not do for more */
    assert_int_equal(strlen(copy), 4 * (size_t)LENGTH);
    free(copy);
    free(text);
}

RUN_TESTS(T(as_the_system, "what is shown is UTF-8, as iconv() sees it"),
          T(controls, "controls, turns of direction and what is no UTF-8 are not"),
          T(printed, "they are printed as bytes"), T(long_texts, "4 MiB of what is no UTF-8"))
