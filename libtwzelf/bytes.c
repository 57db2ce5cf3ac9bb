/* SPDX-License-Identifier: BSD-2-Clause */
#include "internal.h"

void twz_elf_bytes_memory(struct twz_elf_bytes *bytes, const void *start, size_t size)
{
    *bytes = (struct twz_elf_bytes){.size = size, .direct = start};
}

void twz_elf_bytes_callback(struct twz_elf_bytes *bytes, uint64_t start, uint64_t size,
                            bool (*read)(const struct twz_elf_bytes *, uint64_t, void *, size_t),
                            void *context)
{
    *bytes = (struct twz_elf_bytes){.size = size, .read = read, .context = context, .start = start};
}

bool twz_elf_read(const struct twz_elf_bytes *bytes, uint64_t offset, void *buffer, size_t length)
{
    if (!twz_elf_within(offset, length, 0, bytes->size))
        return false;
    if (length == 0)
        return true;
    if (bytes->direct) {
        memcpy(buffer, (const uint8_t *)bytes->direct + offset, length);
        return true;
    }
    return bytes->read && bytes->read(bytes, offset, buffer, length);
}

const void *twz_elf_direct(const struct twz_elf_bytes *bytes, uint64_t offset, uint64_t length)
{
    if (!bytes->direct || !twz_elf_within(offset, length, 0, bytes->size))
        return NULL;
    return (const uint8_t *)bytes->direct + offset;
}

const void *twz_elf_window_refill(struct window *window, uint64_t offset, size_t size)
{
    const struct twz_elf_table *table = window->table;
    if (offset > table->size || size > table->size - offset || size > sizeof window->buffer)
        return NULL;
    if (offset < window->start || offset - window->start > window->length ||
        size > window->length - (offset - window->start)) {
        const uint64_t left = table->size - offset;
        window->start = offset;
        window->length = left < sizeof window->buffer ? (size_t)left : sizeof window->buffer;
        if (!twz_elf_read(window->bytes, table->position + offset, window->buffer,
                          window->length)) {
            window->length = 0;
            return NULL;
        }
    }
    return window->buffer + (offset - window->start);
}
