/* SPDX-License-Identifier: BSD-2-Clause */
#include "internal.h"
#include <twzelf/hash.h>
#include <twzelf/version.h>

#define HIDDEN 0x8000u

/* Reads a record at offset of a table. Records are 4-byte aligned. */
static enum twz_elf_error read_record(const struct twz_elf_dynamic *d,
                                      const struct twz_elf_table *table, uint64_t offset,
                                      void *record, size_t size)
{
    if (offset % 4 || !twz_elf_within(offset, size, 0, table->size))
        return TWZ_ELF_VERSION_RECORD;
    return table_get(d, table, offset, record, size) ? TWZ_ELF_OK : TWZ_ELF_READ;
}

/* Moves the cursor behind the record that it stands on. `next` is relative and 0 for the last;
 * being unsigned and not 0, it can only lead forwards. */
static enum twz_elf_error step(struct twz_elf_version_cursor *cursor, uint64_t next, uint32_t count)
{
    if ((next == 0) != (cursor->record == count))
        return TWZ_ELF_VERSION_COUNT;
    cursor->offset += next;
    return TWZ_ELF_OK;
}

enum twz_elf_error twz_elf_verdef_next(const struct twz_elf_dynamic *dynamic,
                                       struct twz_elf_version_cursor *cursor,
                                       struct twz_elf_version *version)
{
    const struct twz_elf_table *table = &dynamic->verdef;
    Elf64_Verdef def;
    Elf64_Verdaux name;
    if (cursor->record == dynamic->verdef_count)
        return TWZ_ELF_END;
    enum twz_elf_error error = read_record(dynamic, table, cursor->offset, &def, sizeof def);
    if (error != TWZ_ELF_OK)
        return error;
    if (def.vd_version != VER_DEF_CURRENT)
        return TWZ_ELF_VERSION_REVISION;
    if (def.vd_cnt == 0)
        return TWZ_ELF_VERSION_COUNT;
    error = read_record(dynamic, table, cursor->offset + def.vd_aux, &name, sizeof name);
    if (error != TWZ_ELF_OK)
        return error;
    *version = (struct twz_elf_version){
        .name = name.vda_name,
        .hash = def.vd_hash,
        .index = (uint16_t)(def.vd_ndx & ~HIDDEN),
        .flags = def.vd_flags,
        .file = TWZ_ELF_NONE,
    };
    cursor->record++;
    return step(cursor, def.vd_next, dynamic->verdef_count);
}

enum twz_elf_error twz_elf_verneed_next(const struct twz_elf_dynamic *dynamic,
                                        struct twz_elf_version_cursor *cursor,
                                        struct twz_elf_version *version)
{
    const struct twz_elf_table *table = &dynamic->verneed;
    for (;;) {
        Elf64_Verneed need;
        Elf64_Vernaux aux;
        if (cursor->auxiliary == 0 && cursor->record == dynamic->verneed_count)
            return TWZ_ELF_END;
        enum twz_elf_error error = read_record(dynamic, table, cursor->offset, &need, sizeof need);
        if (error != TWZ_ELF_OK)
            return error;
        if (cursor->auxiliary == 0) { /* a new file */
            if (need.vn_version != VER_NEED_CURRENT)
                return TWZ_ELF_VERSION_REVISION;
            cursor->record++;
            cursor->taken = 0;
            cursor->file = need.vn_file;
            cursor->auxiliary = cursor->offset + need.vn_aux;
            if (need.vn_cnt == 0) {
                cursor->auxiliary = 0;
                if ((error = step(cursor, need.vn_next, dynamic->verneed_count)) != TWZ_ELF_OK)
                    return error;
                continue;
            }
        }
        error = read_record(dynamic, table, cursor->auxiliary, &aux, sizeof aux);
        if (error != TWZ_ELF_OK)
            return error;
        *version = (struct twz_elf_version){
            .name = aux.vna_name,
            .hash = aux.vna_hash,
            .index = (uint16_t)(aux.vna_other & ~HIDDEN),
            .flags = aux.vna_flags,
            .file = cursor->file,
            .hidden = (aux.vna_other & HIDDEN) != 0,
        };
        if ((aux.vna_next == 0) != (++cursor->taken == need.vn_cnt))
            return TWZ_ELF_VERSION_COUNT;
        /* Files that share records would make the time quadratic. */
        if (++cursor->total > table->size / sizeof aux)
            return TWZ_ELF_VERSION_COUNT;
        cursor->auxiliary += aux.vna_next;
        if (aux.vna_next)
            return TWZ_ELF_OK;
        cursor->auxiliary = 0;
        return step(cursor, need.vn_next, dynamic->verneed_count);
    }
}

enum twz_elf_error twz_elf_versym(const struct twz_elf_dynamic *dynamic, uint32_t symbol,
                                  uint16_t *versym)
{
    if (symbol >= dynamic->symbol_count)
        return TWZ_ELF_SYMBOL_INDEX;
    *versym = VER_NDX_GLOBAL;
    if (dynamic->versym.size &&
        !table_get(dynamic, &dynamic->versym, (uint64_t)symbol * 2, versym, 2))
        return TWZ_ELF_READ;
    return TWZ_ELF_OK;
}

enum twz_elf_error twz_elf_symbol_version(const struct twz_elf_dynamic *dynamic,
                                          const struct twz_elf_symbol *symbol,
                                          struct twz_elf_version *version)
{
    uint16_t versym;
    enum twz_elf_error error = twz_elf_versym(dynamic, symbol->index, &versym);
    if (error != TWZ_ELF_OK)
        return error;
    const uint16_t index = (uint16_t)(versym & ~HIDDEN);
    if (index <= VER_NDX_GLOBAL)
        return TWZ_ELF_END;
    if (dynamic->versions) {
        if (index >= dynamic->version_count || !dynamic->versions[index].index)
            return TWZ_ELF_VERSION_INDEX;
        *version = dynamic->versions[index];
        if (version->file == TWZ_ELF_NONE)
            version->hidden = (versym & HIDDEN) != 0;
        return TWZ_ELF_OK;
    }
    /* A definition normally has a defined version; a symbol that was copied into an executable
     * has the needed version of the original. */
    struct twz_elf_version_cursor cursor = {0};
    while ((error = twz_elf_verdef_next(dynamic, &cursor, version)) == TWZ_ELF_OK) {
        if (version->index != index || (version->flags & VER_FLG_BASE))
            continue;
        version->hidden = (versym & HIDDEN) != 0;
        return TWZ_ELF_OK;
    }
    if (error != TWZ_ELF_END)
        return error;
    cursor = (struct twz_elf_version_cursor){0};
    while ((error = twz_elf_verneed_next(dynamic, &cursor, version)) == TWZ_ELF_OK)
        if (version->index == index)
            return TWZ_ELF_OK;
    return error == TWZ_ELF_END ? TWZ_ELF_VERSION_INDEX : error;
}

/* Name in the string table, and its hash as the record claims. Records may share a name; but if all
 * had one that is half the file, the time would be quadratic: *room is what is left for all. */
static bool check_name(struct check *check, const struct twz_elf_dynamic *d,
                       enum twz_elf_place place, uint32_t at, const struct twz_elf_version *version,
                       uint64_t *room)
{
    uint32_t hash = 0;
    char part[64];
    if (version->name >= d->strtab.size)
        return refuse(check, TWZ_ELF_VERSION_NAME, place, at, version->name, d->strtab.size, 0);
    if (version->file != TWZ_ELF_NONE && version->file >= d->strtab.size)
        return refuse(check, TWZ_ELF_VERSION_NAME, place, at, version->file, d->strtab.size, 0);
    for (uint64_t offset = version->name;;) {
        const uint64_t left = d->strtab.size - offset;
        const size_t size = left < sizeof part ? (size_t)left : sizeof part;
        if (!twz_elf_table_read(d, &d->strtab, offset, part, size)) {
            refuse(check, TWZ_ELF_READ, place, at, d->strtab.position + offset, size, 0);
            return false;
        }
        size_t length = 0;
        while (length < size && part[length])
            length++;
        if (length > *room) {
            refuse(check, TWZ_ELF_VERSION_NAMES, place, at, d->file->bytes->size, 0, 0);
            return false;
        }
        *room -= length;
        hash = twz_elf_hash_sysv_more(hash, part, length);
        offset += length;
        if (length < size || offset == d->strtab.size)
            break;
    }
    if (hash != version->hash)
        return refuse(check, TWZ_ELF_VERSION_HASH, place, at, version->hash, hash, 0);
    return true;
}

static bool next_version(const struct twz_elf_dynamic *d, struct twz_elf_version_cursor *cursor,
                         bool defined, struct twz_elf_version *version, enum twz_elf_error *error)
{
    *error = defined ? twz_elf_verdef_next(d, cursor, version)
                     : twz_elf_verneed_next(d, cursor, version);
    return *error == TWZ_ELF_OK;
}

uint32_t twz_elf_versions_count(const struct twz_elf_dynamic *d)
{
    uint32_t count = 0;
    for (unsigned defined = 0; defined < 2; defined++) {
        struct twz_elf_version_cursor cursor = {0};
        struct twz_elf_version version;
        enum twz_elf_error error;
        while (next_version(d, &cursor, defined, &version, &error))
            if (version.index >= count)
                count = version.index + 1u;
        if (error != TWZ_ELF_END)
            return 0;
    }
    return count;
}

void twz_elf_versions_keep(struct twz_elf_dynamic *d, struct twz_elf_version *versions,
                           uint32_t count)
{
    memset(versions, 0, count * sizeof *versions);
    for (unsigned defined = 2; defined-- > 0;) {
        struct twz_elf_version_cursor cursor = {0};
        struct twz_elf_version version;
        enum twz_elf_error error;
        while (next_version(d, &cursor, defined, &version, &error))
            if (version.index > VER_NDX_GLOBAL && version.index < count &&
                !versions[version.index].index && !(defined && version.flags & VER_FLG_BASE))
                versions[version.index] = version;
    }
    d->versions = versions;
    d->version_count = count;
}

static bool check_records(struct check *check, const struct twz_elf_dynamic *d, bool defined,
                          uint64_t *room)
{
    const enum twz_elf_place place = defined ? TWZ_ELF_AT_VERDEF : TWZ_ELF_AT_VERNEED;
    const struct twz_elf_table *table = defined ? &d->verdef : &d->verneed;
    struct twz_elf_version_cursor cursor = {0};
    struct twz_elf_version version;
    enum twz_elf_error error;
    uint32_t at = 0;
    for (; next_version(d, &cursor, defined, &version, &error); at++)
        if (!check_name(check, d, place, at, &version, room))
            return false;
    if (error == TWZ_ELF_END)
        return true;
    if (error == TWZ_ELF_VERSION_COUNT)
        refuse(check, error, place, at, cursor.record, defined ? d->verdef_count : d->verneed_count,
               0);
    else
        refuse(check, error, place, at, table->vaddr + cursor.offset, 0, 0);
    return false;
}

/* The indices that have a record, a part at a time: 2^15 bits are too many for a kernel's stack. */
#define PART 4096u

static void mark(const struct twz_elf_dynamic *d, bool defined, uint32_t low, uint64_t *bits)
{
    struct twz_elf_version_cursor cursor = {0};
    struct twz_elf_version version;
    enum twz_elf_error error;
    while (next_version(d, &cursor, defined, &version, &error))
        if (version.index >= low && version.index - low < PART)
            bits[(version.index - low) / 64] |= (uint64_t)1 << (version.index % 64);
}

static bool check_indices(struct check *check, const struct twz_elf_dynamic *d, uint32_t low,
                          uint32_t *highest)
{
    uint64_t bits[PART / 64] = {0};
    struct window window;
    uint32_t count = d->symbol_count;
    if (!d->symbol_count_exact && count > d->gnu_first)
        count = d->gnu_first;
    mark(d, true, low, bits);
    mark(d, false, low, bits);
    window_open(&window, d, &d->versym);
    for (uint32_t i = 0; i < count; i++) {
        const void *p = window_at(&window, (uint64_t)i * 2, 2);
        uint16_t versym;
        if (!p) {
            refuse(check, TWZ_ELF_READ, TWZ_ELF_AT_VERSYM, i, d->versym.position, 2, 0);
            return false;
        }
        memcpy(&versym, p, sizeof versym);
        const uint32_t index = versym & ~HIDDEN;
        if (index > *highest)
            *highest = index;
        if (index <= VER_NDX_GLOBAL || index < low || index - low >= PART)
            continue;
        if (!(bits[(index - low) / 64] >> (index % 64) & 1) &&
            !refuse(check, TWZ_ELF_VERSION_INDEX, TWZ_ELF_AT_VERSYM, i, index, 0, 0))
            return false;
    }
    return true;
}

enum twz_elf_error twz_elf_versions_check(const struct twz_elf_dynamic *dynamic,
                                          struct twz_elf_diag *diag)
{
    struct check check = {.diag = diag};
    uint64_t room = dynamic->file->bytes->size;
    if (check_records(&check, dynamic, true, &room) &&
        check_records(&check, dynamic, false, &room) && dynamic->versym.size) {
        uint32_t highest = 0;
        for (uint32_t low = 0; low <= highest; low += PART)
            if (!check_indices(&check, dynamic, low, &highest))
                break;
    }
    return check.result;
}
