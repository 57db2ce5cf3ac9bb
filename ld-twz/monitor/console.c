/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor.h"
#include <twz/rt/io.h>

#define LOG_MAX 4096u /* bytes that one system call takes */

void mon_write(const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        size_t part = size < LOG_MAX ? size : LOG_MAX;
        if (twz_syscall2(TWZ_SYS_LOG, (uintptr_t)at, part) < 0)
            return; /* nowhere to complain */
        at += part;
        size -= part;
    }
}

static void print(const char *format, va_list arguments)
{
    char line[1024];
    size_t length = twz_rt_vformat(line, sizeof line, format, arguments);
    mon_write(line, length < sizeof line ? length : sizeof line - 1);
}

void mon_print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print(format, arguments);
    va_end(arguments);
}

void mon_stop(int status, const char *format, ...)
{
    mon_print("monitor: ");
    va_list arguments;
    va_start(arguments, format);
    print(format, arguments);
    va_end(arguments);
    mon_print("\n");
    for (;;)
        (void)twz_syscall1(TWZ_SYS_SHUTDOWN, (uint64_t)status);
}
