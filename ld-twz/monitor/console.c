/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor.h"
#include <twz/monitor_gates.h>
#include <twz/rt/io.h>

#define LOG_MAX 4096u /* bytes that one system call takes */

/* Whose line is not finished yet: a compartment, or LD_NONE. */
static uint32_t unfinished = LD_NONE;

static void write_bytes(const char *bytes, size_t size)
{
    while (size > 0) {
        size_t part = size < LOG_MAX ? size : LOG_MAX;
        if (twz_syscall2(TWZ_SYS_LOG, (uintptr_t)bytes, part) < 0)
            return; /* nowhere to complain */
        bytes += part;
        size -= part;
    }
}

/* Begins a new line if somebody else's is unfinished. */
static void finish_line(uint32_t writer)
{
    if (unfinished != LD_NONE && unfinished != writer)
        write_bytes("\n", 1);
    unfinished = LD_NONE;
}

/* Names in reports come from files and compartments that nobody vouches for: nothing but the end of
 * the format makes a new line or moves about on a terminal. */
static void print(const char *format, va_list arguments)
{
    char line[1024];
    size_t length = twz_rt_vformat(line, sizeof line, format, arguments);
    if (length >= sizeof line)
        length = sizeof line - 1;
    for (size_t i = 0; i < length; i++)
        if (((unsigned char)line[i] < ' ' && i + 1 < length) || line[i] == 0x7f)
            line[i] = '?';
    finish_line(LD_NONE);
    write_bytes(line, length);
}

/* One line, or a part of one, of a compartment that is not main. Nothing in it can move about on a
 * terminal. */
static void write_marked(uint32_t compartment, const char *bytes, size_t size, bool at_start)
{
    char text[256];
    if (at_start) {
        size_t length =
            twz_rt_format(text, sizeof text, "[%s] ", mon.compartments[compartment].name);
        write_bytes(text, length < sizeof text ? length : sizeof text - 1);
    }
    while (size > 0) {
        size_t part = size < sizeof text ? size : sizeof text;
        for (size_t i = 0; i < part; i++) {
            unsigned char byte = (unsigned char)bytes[i];
            text[i] = (byte < ' ' && byte != '\n' && byte != '\t') || byte == 0x7f ? '?' : bytes[i];
        }
        write_bytes(text, part);
        bytes += part;
        size -= part;
    }
}

/* What a compartment writes is collected, the last of it in a ring; nothing is when there is no
 * memory for that. */
static void collect(struct mon_compartment *c, const char *bytes, size_t size)
{
    if (c->output == NULL && mon_enough_memory(MON_OUTPUT_KEPT))
        c->output = mon.memory.allocate(mon.memory.context, MON_OUTPUT_KEPT, 16);
    if (c->output == NULL)
        return;
    for (size_t i = 0; i < size; i++)
        c->output[(c->written + i) % MON_OUTPUT_KEPT] = bytes[i];
    c->written += size;
}

int64_t mon_output(const char *compartment, uint64_t from, struct twz_mon_output *part)
{
    for (uint32_t i = 0; i < mon.compartment_count; i++) {
        const struct mon_compartment *c = &mon.compartments[i];
        if (c->name == NULL || strcmp(c->name, compartment) != 0)
            continue;
        uint64_t oldest = c->written < MON_OUTPUT_KEPT ? 0 : c->written - MON_OUTPUT_KEPT;
        part->start = from < oldest ? oldest : from < c->written ? from : c->written;
        part->length = 0;
        while (part->length < TWZ_MON_OUTPUT_PART && part->start + part->length < c->written) {
            part->bytes[part->length] = c->output[(part->start + part->length) % MON_OUTPUT_KEPT];
            part->length++;
        }
        return 0;
    }
    return -TWZ_ENOENT;
}

/* Lines of compartments other than main are marked, so that none can pass for the program's or for
 * the monitor's. */
void mon_write_for(uint32_t compartment, const char *bytes, size_t size)
{
    if (size == 0)
        return;
    if (compartment != 0)
        collect(&mon.compartments[compartment], bytes, size);
    if (mon.compartments[compartment].output_quiet)
        return;
    bool inside = unfinished == compartment;
    finish_line(compartment);
    const char *end = bytes + size;
    if (compartment == 0)
        write_bytes(bytes, size);
    for (const char *at = bytes; compartment != 0 && at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *next = newline == NULL ? end : newline + 1;
        write_marked(compartment, at, (size_t)(next - at), !inside);
        inside = false;
        at = next;
    }
    unfinished = end[-1] == '\n' ? LD_NONE : compartment;
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
