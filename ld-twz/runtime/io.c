/* SPDX-License-Identifier: BSD-2-Clause */
#include <twz/monitor_gates.h>
#include <twz/rt/io.h>
#include <twz/rt/string.h>

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

int64_t twz_rt_output(const char *compartment, uint64_t *position, void *bytes, size_t size)
{
    struct twz_mon_output part;
    size_t length = strnlen(compartment, TWZ_MON_NAME_MAX + 1);
    if (length > TWZ_MON_NAME_MAX)
        return -TWZ_ENOENT;
    int64_t status = twz_mon_output(compartment, length, *position, &part, sizeof part);
    if (status < 0)
        return status;
    size_t count = part.length < size ? part.length : size;
    memcpy(bytes, part.bytes, count);
    *position = part.start + count;
    return (int64_t)count;
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
