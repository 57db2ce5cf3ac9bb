/* SPDX-License-Identifier: BSD-2-Clause */
#include <twz/monitor_gates.h>
#include <twz/rt/io.h>

int64_t twz_rt_write(const void *bytes, size_t size)
{
    const char *at = bytes;
    size_t rest = size;
    while (rest > 0) {
        size_t part = rest < TWZ_MON_WRITE_MAX ? rest : TWZ_MON_WRITE_MAX;
        int64_t written = twz_mon_write(at, part);
        if (written < 0)
            return written;
        at += part;
        rest -= part;
    }
    return (int64_t)size;
}

int64_t twz_rt_print(const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    size_t length = twz_rt_vformat(line, sizeof line, format, arguments);
    va_end(arguments);
    return twz_rt_write(line, length < sizeof line ? length : sizeof line - 1);
}

int64_t twz_rt_read(void *bytes, size_t size)
{
    return twz_mon_read(bytes, size < TWZ_MON_WRITE_MAX ? size : TWZ_MON_WRITE_MAX);
}
