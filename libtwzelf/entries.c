/* SPDX-License-Identifier: BSD-2-Clause */
/* What an open dynamic section is asked: its entries, libraries, strings and tables. */
#include "internal.h"

enum twz_elf_error twz_elf_dynamic_entry(const struct twz_elf_dynamic *dynamic, uint32_t index,
                                         Elf64_Dyn *entry)
{
    if (index >= dynamic->entry_count)
        return TWZ_ELF_END;
    return twz_elf_table_read(dynamic, &dynamic->entries, (uint64_t)index * sizeof *entry, entry,
                              sizeof *entry)
               ? TWZ_ELF_OK
               : TWZ_ELF_READ;
}

/* The next entry that names a library, as a filter or because it is needed. */
static enum twz_elf_error name_next(const struct twz_elf_dynamic *dynamic, uint32_t *cursor,
                                    bool filter, Elf64_Dyn *entry)
{
    enum twz_elf_error error;
    do
        error = twz_elf_dynamic_entry(dynamic, (*cursor)++, entry);
    while (error == TWZ_ELF_OK && !(is_name(entry->d_tag) && is_filter(entry->d_tag) == filter));
    if (error != TWZ_ELF_OK)
        --*cursor;
    return error;
}

enum twz_elf_error twz_elf_needed_next(const struct twz_elf_dynamic *dynamic, uint32_t *cursor,
                                       uint32_t *name)
{
    Elf64_Dyn entry;
    const enum twz_elf_error error = name_next(dynamic, cursor, false, &entry);
    if (error == TWZ_ELF_OK)
        *name = (uint32_t)entry.d_un.d_val;
    return error;
}

enum twz_elf_error twz_elf_filter_next(const struct twz_elf_dynamic *dynamic, uint32_t *cursor,
                                       uint32_t *name, bool *auxiliary)
{
    Elf64_Dyn entry;
    const enum twz_elf_error error = name_next(dynamic, cursor, true, &entry);
    if (error == TWZ_ELF_OK) {
        *name = (uint32_t)entry.d_un.d_val;
        *auxiliary = entry.d_tag == DT_AUXILIARY;
    }
    return error;
}

const char *twz_elf_string(const struct twz_elf_dynamic *dynamic, uint64_t offset, char *buffer,
                           size_t size)
{
    const struct twz_elf_table *strtab = &dynamic->strtab;
    if (offset >= strtab->size)
        return NULL;
    if (strtab->direct)
        return (const char *)strtab->direct + offset;
    /* In steps, so that short strings in large tables cost little. */
    for (size_t length = 0; buffer && length < size && offset + length < strtab->size;) {
        const uint64_t left = strtab->size - offset - length;
        size_t step = size - length < 64 ? size - length : 64;
        if (step > left)
            step = (size_t)left;
        if (!twz_elf_table_read(dynamic, strtab, offset + length, buffer + length, step))
            return NULL;
        for (const size_t end = length + step; length < end; length++)
            if (buffer[length] == 0)
                return buffer;
    }
    return NULL;
}

bool twz_elf_string_is(const struct twz_elf_dynamic *dynamic, uint64_t offset, const char *text,
                       size_t length)
{
    const struct twz_elf_table *strtab = &dynamic->strtab;
    if (offset >= strtab->size || length >= strtab->size - offset)
        return false;
    if (strtab->direct) {
        const char *string = (const char *)strtab->direct + offset;
        return string[length] == 0 && memcmp(string, text, length) == 0;
    }
    char part[64];
    for (size_t done = 0; done < length;) {
        const size_t step = length - done < sizeof part ? length - done : sizeof part;
        if (!twz_elf_table_read(dynamic, strtab, offset + done, part, step) ||
            memcmp(part, text + done, step) != 0)
            return false;
        done += step;
    }
    return twz_elf_table_read(dynamic, strtab, offset + length, part, 1) && part[0] == 0;
}

bool twz_elf_table_read(const struct twz_elf_dynamic *dynamic, const struct twz_elf_table *table,
                        uint64_t offset, void *buffer, size_t length)
{
    if (!twz_elf_within(offset, length, 0, table->size))
        return false;
    if (table->direct) {
        memcpy(buffer, (const uint8_t *)table->direct + offset, length);
        return true;
    }
    return twz_elf_read(dynamic->file->bytes, table->position + offset, buffer, length);
}
