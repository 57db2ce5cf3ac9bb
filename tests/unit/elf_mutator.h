/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutants of an ELF file, structure aware: places are chosen among the headers and tables of the
 * file at hand, and values among those that its other fields have.
 */
#ifndef ELF_MUTATOR_H
#define ELF_MUTATOR_H

#include "mutants.h"

#include <stdio.h>
#include <twzelf/load.h>

/* Parts of a file where a change has consequences. */
struct parts {
    struct {
        size_t start, size;
    } part[20];
    unsigned count;
};

static inline void add_part(struct parts *parts, uint64_t start, uint64_t size, size_t file_size)
{
    if (size == 0 || start >= file_size || parts->count == 20)
        return;
    if (size > file_size - start)
        size = file_size - start;
    parts->part[parts->count].start = start;
    parts->part[parts->count++].size = size;
}

static inline void add_table(struct parts *parts, const struct twz_elf_table *table,
                             size_t file_size)
{
    /* Large tables: their beginning, so that headers and small tables keep their share. */
    add_part(parts, table->position, table->size < 512 ? table->size : 512, file_size);
}

static inline void find_parts(struct parts *parts, const uint8_t *seed, size_t size)
{
    struct twz_elf_bytes bytes;
    struct twz_elf_file file;
    struct twz_elf_dynamic d;
    parts->count = 0;
    twz_elf_bytes_memory(&bytes, seed, size);
    add_part(parts, 0, sizeof(Elf64_Ehdr), size);
    if (twz_elf_file_open(&file, &bytes, TWZ_ELF_VIEW_FILE, NULL) != TWZ_ELF_OK)
        return;
    add_part(parts, file.phoff, file.phnum * sizeof(Elf64_Phdr), size);
    struct twz_elf_note_cursor cursor = {0};
    struct twz_elf_note note;
    if (twz_elf_note_next(&file, &cursor, &note, NULL) == TWZ_ELF_OK)
        add_part(parts, note.position, 128, size);
    struct twz_elf_abi abi;
    uint64_t position;
    if (twz_elf_abi_open(&abi, &file, NULL) == TWZ_ELF_OK) {
        if (abi.gates.size && twz_elf_position(&file, abi.gates.vaddr, abi.gates.size, &position))
            add_part(parts, position, abi.gates.size, size);
        if (abi.imports.size &&
            twz_elf_position(&file, abi.imports.vaddr, abi.imports.size, &position))
            add_part(parts, position, abi.imports.size, size);
    }
    if (twz_elf_dynamic_open(&d, &file, NULL) != TWZ_ELF_OK)
        return;
    const struct twz_elf_table *tables[] = {&d.entries,  &d.entries, &d.symtab, &d.hash,
                                            &d.gnu_hash, &d.versym,  &d.verdef, &d.verneed,
                                            &d.rela,     &d.rel,     &d.relr,   &d.jmprel};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        add_table(parts, tables[i], size);
}

/* A number at which checks change their mind, or one that stands elsewhere in the file, nearly. */
static inline uint64_t value_for(struct mutator *m, const struct parts *parts, const uint8_t *seed,
                                 size_t size)
{
    const uint64_t choice = mutator_next(m);
    uint64_t value;
    if (choice % 3 == 0)
        return mutator_value(m);
    const unsigned part = (unsigned)(choice >> 8) % parts->count;
    size_t at = parts->part[part].start + (choice >> 16) % parts->part[part].size;
    at &= ~(size_t)7;
    if (at + sizeof value > size)
        return size;
    memcpy(&value, seed + at, sizeof value);
    return choice % 3 == 1 ? value : value + (choice >> 48) % 33 - 16;
}

static inline size_t make_mutant(struct mutator *m, const struct parts *parts, uint8_t *to,
                                 const uint8_t *seed, size_t size)
{
    memcpy(to, seed, size);
    for (uint64_t places = mutator_next(m) % 4 + 1; places; places--) {
        const uint64_t choice = mutator_next(m);
        const uint64_t value = value_for(m, parts, seed, size);
        const unsigned part = (unsigned)(choice >> 8) % parts->count;
        size_t at = parts->part[part].start + (choice >> 16) % parts->part[part].size;
        const size_t width = (size_t)1 << choice % 4;
        at &= ~(width - 1);
        if (choice % 64 == 9)
            to[at] ^= (uint8_t)(1u << value % 8);
        else if (at + width <= size)
            memcpy(to + at, &value, width);
    }
    return mutator_next(m) % 32 ? size : mutator_next(m) % (size + 1);
}

/* A file in memory of just its size, or NULL. */
static inline uint8_t *load_file(const char *path, size_t *size)
{
    FILE *stream = fopen(path, "rb");
    uint8_t *bytes = NULL;
    if (!stream)
        return NULL;
    if (fseek(stream, 0, SEEK_END) == 0) {
        const long length = ftell(stream);
        rewind(stream);
        bytes = length > 0 ? malloc((size_t)length) : NULL;
        if (bytes && fread(bytes, 1, (size_t)length, stream) != (size_t)length) {
            free(bytes);
            bytes = NULL;
        }
        *size = (size_t)length;
    }
    fclose(stream);
    return bytes;
}

#endif
