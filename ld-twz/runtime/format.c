/* SPDX-License-Identifier: BSD-2-Clause */
/* Formatted text into a buffer: the subset of ISO C's conversions that <twz/rt/io.h> lists. */
#include <stdbool.h>
#include <twz/rt/io.h>
#include <twz/rt/string.h>

struct output {
    char *buffer;
    size_t size;
    size_t length; /* of the whole text, whether it fits or not */
};

struct conversion {
    bool left, zero, sign, space, alternate;
    bool has_precision;
    size_t width;
    size_t precision;
    char length; /* 'H' for hh, 'h', 0, 'l' for all 64-bit lengths */
    char kind;
};

static void put(struct output *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++, out->length++)
        if (out->length < out->size)
            out->buffer[out->length] = text[i];
}

static void pad(struct output *out, char byte, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put(out, &byte, 1);
}

/* Prefix, zeros and digits in the field's width. */
static void put_field(struct output *out, const struct conversion *c, const char *prefix,
                      size_t zeros, const char *text, size_t length)
{
    size_t used = strlen(prefix) + zeros + length;
    size_t blanks = c->width > used ? c->width - used : 0;
    bool zero = c->zero && !c->left && !c->has_precision;
    if (!c->left && !zero)
        pad(out, ' ', blanks);
    put(out, prefix, strlen(prefix));
    pad(out, '0', zeros + (zero ? blanks : 0));
    put(out, text, length);
    if (c->left)
        pad(out, ' ', blanks);
}

static void put_integer(struct output *out, const struct conversion *c, uint64_t value,
                        const char *prefix)
{
    unsigned base = c->kind == 'x' || c->kind == 'X' || c->kind == 'p' ? 16
                    : c->kind == 'o'                                   ? 8
                                                                       : 10;
    const char *digits = c->kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[24];
    size_t at = sizeof text;
    for (uint64_t rest = value; rest != 0; rest /= base)
        text[--at] = digits[rest % base];
    size_t length = sizeof text - at;
    size_t least = c->has_precision ? c->precision : 1;
    put_field(out, c, prefix, least > length ? least - length : 0, text + at, length);
}

static void put_signed(struct output *out, const struct conversion *c, int64_t value)
{
    const char *prefix = value < 0 ? "-" : c->sign ? "+" : c->space ? " " : "";
    put_integer(out, c, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, prefix);
}

static void put_string(struct output *out, const struct conversion *c, const char *text)
{
    if (text == NULL)
        text = "(null)";
    struct conversion field = *c;
    field.zero = false;
    put_field(out, &field, "", 0, text, strnlen(text, c->has_precision ? c->precision : SIZE_MAX));
}

static const char *read_number(const char *at, size_t *number)
{
    for (*number = 0; *at >= '0' && *at <= '9'; at++)
        if (*number < 100000)
            *number = *number * 10 + (size_t)(*at - '0');
    return at;
}

static const char *read_flags(const char *at, struct conversion *c)
{
    for (;; at++) {
        if (*at == '-')
            c->left = true;
        else if (*at == '0')
            c->zero = true;
        else if (*at == '+')
            c->sign = true;
        else if (*at == ' ')
            c->space = true;
        else if (*at == '#')
            c->alternate = true;
        else
            return at;
    }
}

static const char *read_length(const char *at, struct conversion *c)
{
    if (at[0] == 'h') {
        c->length = at[1] == 'h' ? 'H' : 'h';
        return at + (at[1] == 'h' ? 2 : 1);
    }
    while (*at == 'l' || *at == 'z' || *at == 'j' || *at == 't') {
        c->length = 'l';
        at++;
    }
    return at;
}

/* va_list in a struct, so that functions can share its position. */
struct arguments {
    va_list list;
};

static const char *read_conversion(const char *at, struct conversion *c,
                                   struct arguments *arguments)
{
    at = read_flags(at, c);
    if (*at == '*') {
        int width = va_arg(arguments->list, int);
        c->left = c->left || width < 0;
        c->width = width < 0 ? 0u - (unsigned)width : (unsigned)width;
        at++;
    } else {
        at = read_number(at, &c->width);
    }
    if (*at == '.') {
        at++;
        c->has_precision = true;
        if (*at == '*') {
            int precision = va_arg(arguments->list, int);
            c->has_precision = precision >= 0;
            c->precision = precision >= 0 ? (unsigned)precision : 0;
            at++;
        } else {
            at = read_number(at, &c->precision);
        }
    }
    at = read_length(at, c);
    c->kind = *at;
    return at;
}

static int64_t next_signed(const struct conversion *c, struct arguments *arguments)
{
    if (c->length == 'l')
        return va_arg(arguments->list, int64_t);
    int value = va_arg(arguments->list, int);
    return c->length == 'H' ? (signed char)value : c->length == 'h' ? (short)value : value;
}

static uint64_t next_unsigned(const struct conversion *c, struct arguments *arguments)
{
    if (c->length == 'l')
        return va_arg(arguments->list, uint64_t);
    unsigned value = va_arg(arguments->list, unsigned);
    return c->length == 'H'   ? (unsigned char)value
           : c->length == 'h' ? (unsigned short)value
                              : value;
}

static void convert(struct output *out, const struct conversion *c, struct arguments *arguments)
{
    switch (c->kind) {
    case 'd':
    case 'i':
        put_signed(out, c, next_signed(c, arguments));
        break;
    case 'u':
        put_integer(out, c, next_unsigned(c, arguments), "");
        break;
    case 'x':
    case 'X':
    case 'o': {
        uint64_t value = next_unsigned(c, arguments);
        const char *prefix = c->kind == 'x' ? "0x" : c->kind == 'X' ? "0X" : "0";
        put_integer(out, c, value, c->alternate && value != 0 ? prefix : "");
        break;
    }
    case 'p':
        put_integer(out, c, (uintptr_t)va_arg(arguments->list, void *), "0x");
        break;
    case 's':
        put_string(out, c, va_arg(arguments->list, const char *));
        break;
    case 'c': {
        char byte = (char)va_arg(arguments->list, int);
        put_field(out, c, "", 0, &byte, 1);
        break;
    }
    case '%':
        put(out, "%", 1);
        break;
    default: /* not ours: shown as it is, so that it is seen */
        put(out, "%", 1);
        put(out, &c->kind, c->kind != '\0');
    }
}

size_t twz_rt_vformat(char *buffer, size_t size, const char *format, va_list list)
{
    struct output out = {.buffer = buffer, .size = size};
    struct arguments arguments;
    va_copy(arguments.list, list);
    for (const char *at = format; *at != '\0'; at++) {
        if (*at != '%') {
            put(&out, at, 1);
            continue;
        }
        struct conversion conversion = {0};
        at = read_conversion(at + 1, &conversion, &arguments);
        convert(&out, &conversion, &arguments);
        if (conversion.kind == '\0')
            break;
    }
    va_end(arguments.list);
    if (size > 0)
        buffer[out.length < size ? out.length : size - 1] = '\0';
    return out.length;
}

size_t twz_rt_format(char *buffer, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t length = twz_rt_vformat(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}
