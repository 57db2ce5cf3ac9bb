/* SPDX-License-Identifier: BSD-2-Clause */
#include "internal.h"
#include <twzelf/note.h>

#define ISOLATION_MAX 3u

/* Moves the cursor to the next segment of notes. False: the error, END included, is in *error. */
static bool next_segment(const struct twz_elf_file *file, struct twz_elf_note_cursor *cursor,
                         struct check *check, enum twz_elf_error *error)
{
    *error = TWZ_ELF_END;
    for (; cursor->phdr < file->phnum; cursor->phdr++) {
        Elf64_Phdr phdr;
        const uint32_t at = cursor->phdr;
        *error = twz_elf_phdr(file, at, &phdr);
        if (*error != TWZ_ELF_OK) {
            refuse(check, *error, TWZ_ELF_AT_PHDR, at, file->phoff, sizeof phdr, 0);
            return false;
        }
        *error = TWZ_ELF_END;
        if (phdr.p_type != (cursor->type ? cursor->type : PT_NOTE) || phdr.p_filesz == 0)
            continue;
        if (phdr.p_align > 4 && phdr.p_align != 8) {
            *error = TWZ_ELF_NOTE_ALIGN;
            refuse(check, *error, TWZ_ELF_AT_PHDR, at, phdr.p_align, 0, 0);
            return false;
        }
        const struct twz_elf_segment *load = twz_elf_segment_at(file, phdr.p_vaddr, phdr.p_filesz);
        const bool loaded =
            load && twz_elf_within(phdr.p_vaddr, phdr.p_filesz, load->vaddr, load->filesz) &&
            phdr.p_offset == load->offset + (phdr.p_vaddr - load->vaddr);
        const bool stored =
            file->view == TWZ_ELF_VIEW_MEMORY
                ? loaded
                : twz_elf_within(phdr.p_offset, phdr.p_filesz, 0, file->bytes->size);
        if (!stored) {
            *error = TWZ_ELF_SEGMENT_FILE;
            refuse(check, *error, TWZ_ELF_AT_PHDR, at, phdr.p_offset, phdr.p_filesz,
                   file->bytes->size);
            return false;
        }
        cursor->segment = (struct twz_elf_segment){
            .vaddr = loaded ? phdr.p_vaddr : 0,
            .memsz = loaded ? phdr.p_filesz : 0,
            .offset = file->view == TWZ_ELF_VIEW_MEMORY ? phdr.p_vaddr - file->low : phdr.p_offset,
            .filesz = phdr.p_filesz,
            .align = phdr.p_align == 8 ? 8 : 4,
            .phdr = at,
        };
        cursor->offset = 0;
        cursor->inside = true;
        cursor->phdr++;
        return true;
    }
    return false;
}

/* Padding counts from the start of the segment, which is aligned like the notes. */
static uint64_t align_up(uint64_t value, uint64_t align)
{
    return (value + align - 1) & ~(align - 1);
}

static enum twz_elf_error over(struct twz_elf_note_cursor *cursor, const struct twz_elf_file *file,
                               enum twz_elf_error error)
{
    cursor->phdr = file->phnum;
    cursor->inside = false;
    return error;
}

enum twz_elf_error twz_elf_note_next(const struct twz_elf_file *file,
                                     struct twz_elf_note_cursor *cursor, struct twz_elf_note *note,
                                     struct twz_elf_diag *diag)
{
    struct check check = {.diag = diag};
    enum twz_elf_error error;
    while (!cursor->inside || cursor->offset >= cursor->segment.filesz)
        if (!next_segment(file, cursor, &check, &error))
            return over(cursor, file, error);
    /* PT_NOTE headers that share their bytes would make the time quadratic. */
    const uint64_t most = file->bytes->size / sizeof(Elf64_Nhdr);
    if (cursor->taken >= most) {
        refuse(&check, TWZ_ELF_NOTE_COUNT, TWZ_ELF_AT_NOTE, cursor->taken, most, file->bytes->size,
               0);
        return over(cursor, file, TWZ_ELF_NOTE_COUNT);
    }
    const struct twz_elf_segment *s = &cursor->segment;
    const uint64_t at = cursor->offset, room = s->filesz - at;
    Elf64_Nhdr header = {0};
    if (room >= sizeof header &&
        !twz_elf_read(file->bytes, s->offset + at, &header, sizeof header)) {
        refuse(&check, TWZ_ELF_READ, TWZ_ELF_AT_NOTE, cursor->taken, s->offset + at, sizeof header,
               0);
        return over(cursor, file, TWZ_ELF_READ);
    }
    const uint64_t owner_end = at + sizeof header + header.n_namesz;
    const uint64_t desc = align_up(owner_end, s->align);
    const uint64_t end = header.n_descsz ? desc + header.n_descsz : owner_end;
    if (room < sizeof header || end > s->filesz) {
        refuse(&check, TWZ_ELF_NOTE_SIZE, TWZ_ELF_AT_NOTE, cursor->taken, s->offset + at,
               header.n_namesz, header.n_descsz);
        return over(cursor, file, TWZ_ELF_NOTE_SIZE);
    }
    *note = (struct twz_elf_note){
        .index = cursor->taken++,
        .type = header.n_type,
        .owner_size = header.n_namesz,
        .desc_size = header.n_descsz,
        .position = s->offset + at,
        .owner_position = s->offset + at + sizeof header,
        .desc_position = s->offset + desc,
        .vaddr = s->memsz ? s->vaddr + at : 0,
        .desc_vaddr = s->memsz ? s->vaddr + desc : 0,
        .loaded = s->memsz != 0,
    };
    cursor->offset = align_up(end, s->align);
    return TWZ_ELF_OK;
}

bool twz_elf_note_is(const struct twz_elf_file *file, const struct twz_elf_note *note,
                     const char *owner, uint32_t type)
{
    char name[16];
    size_t length = 0;
    while (owner[length])
        length++;
    return note->type == type && note->owner_size == length + 1 && length < sizeof name &&
           twz_elf_read(file->bytes, note->owner_position, name, length + 1) &&
           memcmp(name, owner, length + 1) == 0;
}

bool twz_elf_note_read(const struct twz_elf_file *file, const struct twz_elf_note *note,
                       uint64_t offset, void *buffer, size_t length)
{
    return twz_elf_within(offset, length, 0, note->desc_size) &&
           twz_elf_read(file->bytes, note->desc_position + offset, buffer, length);
}

enum twz_elf_error twz_elf_build_id(const struct twz_elf_file *file, uint8_t *buffer, size_t size,
                                    size_t *length, struct twz_elf_diag *diag)
{
    struct twz_elf_note_cursor cursor = {0};
    struct twz_elf_note note;
    enum twz_elf_error error;
    while ((error = twz_elf_note_next(file, &cursor, &note, diag)) == TWZ_ELF_OK) {
        if (!twz_elf_note_is(file, &note, "GNU", NT_GNU_BUILD_ID))
            continue;
        *length = note.desc_size;
        if (note.desc_size > size)
            return TWZ_ELF_NO_ROOM;
        return twz_elf_note_read(file, &note, 0, buffer, note.desc_size) ? TWZ_ELF_OK
                                                                         : TWZ_ELF_READ;
    }
    return error;
}

/* Linux extensions to gABI, "Program Property": type, size, data, padding to 8. */
enum twz_elf_error twz_elf_property_next(const struct twz_elf_file *file,
                                         const struct twz_elf_note *note, uint64_t *offset,
                                         struct twz_elf_property *property,
                                         struct twz_elf_diag *diag)
{
    struct check check = {.diag = diag};
    uint32_t header[2] = {0};
    if (*offset >= note->desc_size)
        return TWZ_ELF_END;
    const uint64_t room = note->desc_size - *offset;
    if (room >= sizeof header && !twz_elf_note_read(file, note, *offset, header, sizeof header)) {
        refuse(&check, TWZ_ELF_READ, TWZ_ELF_AT_NOTE, note->index, note->desc_position + *offset,
               sizeof header, 0);
        return TWZ_ELF_READ;
    }
    if (room < sizeof header || header[1] > room - sizeof header) {
        refuse(&check, TWZ_ELF_PROPERTY_SIZE, TWZ_ELF_AT_NOTE, note->index, header[0], header[1],
               0);
        return TWZ_ELF_PROPERTY_SIZE;
    }
    *property = (struct twz_elf_property){
        .type = header[0],
        .data_size = header[1],
        .position = note->desc_position + *offset + sizeof header,
    };
    if (header[1] >= sizeof property->value &&
        !twz_elf_read(file->bytes, property->position, &property->value, sizeof property->value)) {
        refuse(&check, TWZ_ELF_READ, TWZ_ELF_AT_NOTE, note->index, property->position, 4, 0);
        return TWZ_ELF_READ;
    }
    *offset += sizeof header + align_up(header[1], 8);
    return TWZ_ELF_OK;
}

static enum twz_elf_error find_property(const struct twz_elf_file *file, uint32_t segments,
                                        uint32_t type, uint32_t *value, struct twz_elf_diag *diag)
{
    struct twz_elf_note_cursor cursor = {.type = segments};
    struct twz_elf_note note;
    enum twz_elf_error error;
    uint64_t left = file->bytes->size / 8; /* properties; headers may share them, see above */
    while ((error = twz_elf_note_next(file, &cursor, &note, diag)) == TWZ_ELF_OK) {
        struct twz_elf_property property;
        uint64_t offset = 0;
        if (!twz_elf_note_is(file, &note, "GNU", NT_GNU_PROPERTY_TYPE_0))
            continue;
        while ((error = twz_elf_property_next(file, &note, &offset, &property, diag)) ==
               TWZ_ELF_OK) {
            if (property.type == type && property.data_size == sizeof *value) {
                *value = property.value;
                return TWZ_ELF_OK;
            }
            if (left-- == 0) {
                struct check check = {.diag = diag};
                refuse(&check, TWZ_ELF_NOTE_COUNT, TWZ_ELF_AT_NOTE, note.index,
                       file->bytes->size / 8, file->bytes->size, 0);
                return TWZ_ELF_NOTE_COUNT;
            }
        }
        if (error != TWZ_ELF_END)
            return error;
    }
    return error;
}

enum twz_elf_error twz_elf_property(const struct twz_elf_file *file, uint32_t type, uint32_t *value,
                                    struct twz_elf_diag *diag)
{
    const enum twz_elf_error error = find_property(file, PT_GNU_PROPERTY, type, value, diag);
    return error == TWZ_ELF_END ? find_property(file, PT_NOTE, type, value, diag) : error;
}

/* A range relative to the address of its own field, in the read-only bytes of the file. */
static bool decode_range(struct check *check, const struct twz_elf_file *file,
                         const struct twz_elf_note *note, size_t field, int32_t relative,
                         uint32_t size, struct twz_elf_span *span)
{
    uint64_t position;
    if (size == 0)
        return true;
    /* Addition modulo 2^64: the result is checked as a whole. */
    const uint64_t vaddr = note->desc_vaddr + field + (uint64_t)(int64_t)relative;
    const struct twz_elf_segment *load = twz_elf_segment_at(file, vaddr, size);
    *span = (struct twz_elf_span){vaddr, size};
    if (note->loaded && load && !(load->flags & PF_W) &&
        twz_elf_position(file, vaddr, size, &position))
        return true;
    return refuse(check, TWZ_ELF_ABI_RANGE, TWZ_ELF_AT_NOTE, note->index, vaddr, size, 0);
}

static void decode_abi(struct check *check, const struct twz_elf_file *file,
                       const struct twz_elf_note *note, struct twz_elf_abi *abi)
{
    struct twz_elf_abi_note raw;
    if (note->desc_size != sizeof raw) {
        refuse(check, TWZ_ELF_ABI_SIZE, TWZ_ELF_AT_NOTE, note->index, note->desc_size, sizeof raw,
               0);
        return;
    }
    if (!twz_elf_note_read(file, note, 0, &raw, sizeof raw)) {
        refuse(check, TWZ_ELF_READ, TWZ_ELF_AT_NOTE, note->index, note->desc_position, sizeof raw,
               0);
        return;
    }
    *abi = (struct twz_elf_abi){
        .major = raw.abi_major,
        .minor = raw.abi_minor,
        .min_isolation = raw.min_isolation,
        .flags = raw.flags,
    };
    if (raw.min_isolation > ISOLATION_MAX &&
        !refuse(check, TWZ_ELF_ABI_ISOLATION, TWZ_ELF_AT_NOTE, note->index, raw.min_isolation,
                ISOLATION_MAX, 0))
        return;
    if (decode_range(check, file, note, offsetof(struct twz_elf_abi_note, gates_rel), raw.gates_rel,
                     raw.gates_size, &abi->gates))
        decode_range(check, file, note, offsetof(struct twz_elf_abi_note, imports_rel),
                     raw.imports_rel, raw.imports_size, &abi->imports);
}

enum twz_elf_error twz_elf_abi_open(struct twz_elf_abi *abi, const struct twz_elf_file *file,
                                    struct twz_elf_diag *diag)
{
    struct check check = {.diag = diag};
    struct twz_elf_note_cursor cursor = {0};
    struct twz_elf_note note;
    enum twz_elf_error error;
    bool found = false;
    memset(abi, 0, sizeof *abi);
    while ((error = twz_elf_note_next(file, &cursor, &note, diag)) == TWZ_ELF_OK) {
        if (!twz_elf_note_is(file, &note, TWZ_ELF_NOTE_OWNER, TWZ_ELF_NOTE_TYPE_ABI))
            continue;
        if (found) {
            refuse(&check, TWZ_ELF_ABI_TWICE, TWZ_ELF_AT_NOTE, note.index, note.type, 0, 0);
            break;
        }
        found = true;
        decode_abi(&check, file, &note, abi);
        if (check.count)
            break;
    }
    if (check.count)
        return check.result;
    if (error != TWZ_ELF_END)
        return error;
    return found ? TWZ_ELF_OK : TWZ_ELF_ABI_NONE;
}
