/* SPDX-License-Identifier: BSD-2-Clause */
#include "log.h"
#include "arch.h"

void k_print_bytes(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        k_console_put(bytes[i]);
}

struct spec {
    unsigned width;
    bool zero, is_long;
};

static void print_string(const char *text, struct spec spec)
{
    unsigned length = 0;
    while (text[length] != 0)
        length++;
    for (unsigned have = length; have < spec.width; have++)
        k_console_put(spec.zero ? '0' : ' ');
    k_print_bytes(text, length);
}

static void print_number(uint64_t value, unsigned base, bool negative, struct spec spec)
{
    char digits[24];
    unsigned at = sizeof digits;
    digits[--at] = 0;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    if (negative)
        digits[--at] = '-';
    print_string(digits + at, spec);
}

static const char *parse(const char *format, struct spec *spec)
{
    *spec = (struct spec){0};
    for (;; format++) {
        if (*format == '0' && spec->width == 0)
            spec->zero = true;
        else if (*format >= '0' && *format <= '9')
            spec->width = spec->width * 10 + (unsigned)(*format - '0');
        else if (*format == 'l' || *format == 'z')
            spec->is_long = true;
        else
            return format;
    }
}

void k_print_list(const char *format, va_list arguments)
{
    for (; *format != 0; format++) {
        if (*format != '%') {
            k_console_put(*format);
            continue;
        }
        struct spec spec;
        format = parse(format + 1, &spec);
        int64_t number;
        switch (*format) {
        case 's':
            print_string(va_arg(arguments, const char *), spec);
            break;
        case 'd':
            number = spec.is_long ? va_arg(arguments, int64_t) : va_arg(arguments, int);
            print_number(number < 0 ? -(uint64_t)number : (uint64_t)number, 10, number < 0, spec);
            break;
        case 'u':
        case 'x':
            print_number(spec.is_long ? va_arg(arguments, uint64_t) : va_arg(arguments, uint32_t),
                         *format == 'u' ? 10 : 16, false, spec);
            break;
        case 0:
            return;
        default:
            k_console_put(*format);
        }
    }
}

void k_log(enum k_level level, const char *format, ...)
{
    static const char *const prefix[] = {"error: ", "warning: ", ""};
    k_print("kernel: %s", prefix[level]);
    va_list arguments;
    va_start(arguments, format);
    k_print_list(format, arguments);
    va_end(arguments);
    k_console_put('\n');
}

void k_print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    k_print_list(format, arguments);
    va_end(arguments);
}

void k_panic(const struct k_trap *trap, const char *format, ...)
{
    static bool again;
    if (again)
        k_shutdown(K_EXIT_PANIC);
    again = true;
    k_print("\nkernel: panic: ");
    va_list arguments;
    va_start(arguments, format);
    k_print_list(format, arguments);
    va_end(arguments);
    k_console_put('\n');
    k_print_state(trap);
    k_shutdown(K_EXIT_PANIC);
}
