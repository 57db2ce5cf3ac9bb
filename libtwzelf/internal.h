/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shared by libtwzelf's own files: how a check reports, and how tables are read when the source may
 * not be in memory.
 */
#ifndef TWZELF_INTERNAL_H
#define TWZELF_INTERNAL_H

#include <string.h>
#include <twzelf/dynamic.h>

/* One run of checks: remembers the first error while the diagnostics may ask for more. */
struct check {
    struct twz_elf_diag *diag;
    enum twz_elf_error result;
    uint32_t count; /* problems so far */
};

/* Reports; whether to go on. */
static inline bool refuse(struct check *check, enum twz_elf_error error, enum twz_elf_place place,
                          uint64_t at, uint64_t v0, uint64_t v1, uint64_t v2)
{
    const struct twz_elf_problem problem = {error, place, at, {v0, v1, v2}};
    if (check->count++ == 0)
        check->result = error;
    return twz_elf_report(check->diag, &problem);
}

static inline uint32_t load32(const void *p)
{
    uint32_t value;
    memcpy(&value, p, sizeof value);
    return value;
}

static inline uint64_t load64(const void *p)
{
    uint64_t value;
    memcpy(&value, p, sizeof value);
    return value;
}

static inline void store64(void *p, uint64_t value)
{
    memcpy(p, &value, sizeof value);
}

/* Tags that name a library and may stand in a dynamic section many times. */
static inline bool is_filter(int64_t tag)
{
    return tag == DT_FILTER || tag == DT_AUXILIARY;
}

static inline bool is_name(int64_t tag)
{
    return tag == DT_NEEDED || is_filter(tag);
}

/* twz_elf_table_read() for a length that the compiler knows: no call when in memory. */
static inline bool table_get(const struct twz_elf_dynamic *dynamic,
                             const struct twz_elf_table *table, uint64_t offset, void *buffer,
                             size_t length)
{
    if (table->direct && offset <= table->size && length <= table->size - offset) {
        memcpy(buffer, (const uint8_t *)table->direct + offset, length);
        return true;
    }
    return twz_elf_table_read(dynamic, table, offset, buffer, length);
}

/* Sequential access to a table: in place when the source is in memory, else through a buffer that
 * is refilled as the reader moves on. */
struct window {
    const struct twz_elf_bytes *bytes;
    const struct twz_elf_table *table;
    uint64_t start; /* what the buffer holds: table offsets [start, start + length) */
    size_t length;
    uint8_t buffer[384];
};

static inline void window_open(struct window *window, const struct twz_elf_dynamic *dynamic,
                               const struct twz_elf_table *table)
{
    window->bytes = dynamic->file->bytes;
    window->table = table;
    window->start = 0;
    window->length = 0;
}

/* size <= sizeof window->buffer bytes at offset of the table; NULL when the range leaves the table
 * or the source fails. Valid until the next call. */
const void *twz_elf_window_refill(struct window *window, uint64_t offset, size_t size);

static inline const void *window_at(struct window *window, uint64_t offset, size_t size)
{
    const struct twz_elf_table *table = window->table;
    if (table->direct && offset <= table->size && size <= table->size - offset)
        return (const uint8_t *)table->direct + offset;
    return twz_elf_window_refill(window, offset, size);
}

#endif
