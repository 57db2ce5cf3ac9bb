/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The dynamic section. One pass collects the tags that matter into an array of slots; then each
 * table is checked from its slots. Order matters in two places only: the string table comes before
 * the strings, and all other tables before the symbol table, whose end they bound.
 */
#include "internal.h"

/* Tags with one value each; anything else is ignored, but for names of libraries, see is_name(). */
/* clang-format off */
#define SLOTS(X) \
    X(STRTAB) X(STRSZ) X(SYMTAB) X(SYMENT) X(HASH) X(GNU_HASH) X(VERSYM) X(VERDEF) X(VERDEFNUM) \
    X(VERNEED) X(VERNEEDNUM) X(RELA) X(RELASZ) X(RELAENT) X(RELACOUNT) X(REL) X(RELSZ) X(RELENT) \
    X(RELR) X(RELRSZ) X(RELRENT) X(JMPREL) X(PLTRELSZ) X(PLTREL) X(PLTGOT) X(INIT) X(FINI) \
    X(INIT_ARRAY) X(INIT_ARRAYSZ) X(FINI_ARRAY) X(FINI_ARRAYSZ) X(PREINIT_ARRAY) \
    X(PREINIT_ARRAYSZ) X(SONAME) X(RPATH) X(RUNPATH) X(FLAGS) X(FLAGS_1) X(SYMBOLIC) X(TEXTREL) \
    X(BIND_NOW) X(TLSDESC_PLT) X(TLSDESC_GOT)
/* clang-format on */

enum slot {
#define X(tag) S_##tag,
    SLOTS(X)
#undef X
        SLOT_COUNT
};

static enum slot slot_of(int64_t tag)
{
    switch (tag) {
#define X(tag)                                                                                     \
    case DT_##tag:                                                                                 \
        return S_##tag;
        SLOTS(X)
#undef X
    default:
        return SLOT_COUNT;
    }
}

static int64_t tag_of(enum slot slot)
{
    static const int64_t tags[] = {
#define X(tag) [S_##tag] = DT_##tag,
        SLOTS(X)
#undef X
    };
    return tags[slot];
}

struct reader {
    struct check check;
    struct twz_elf_dynamic *dynamic;
    uint64_t value[SLOT_COUNT];
    uint32_t index[SLOT_COUNT]; /* of the entry, TWZ_ELF_NONE: absent */
};

static bool has(const struct reader *r, enum slot slot)
{
    return r->index[slot] != TWZ_ELF_NONE;
}

static bool refuse_at(struct reader *r, enum slot slot, enum twz_elf_error error, uint64_t v0,
                      uint64_t v1)
{
    return refuse(&r->check, error, TWZ_ELF_AT_DYNAMIC, r->index[slot], v0, v1, 0);
}

/* Dynamic linkers relocate d_ptr entries of loaded images in place; undo that. */
static uint64_t pointer(const struct reader *r, enum slot slot)
{
    const struct twz_elf_file *file = r->dynamic->file;
    const uint64_t value = r->value[slot];
    if (file->view == TWZ_ELF_VIEW_MEMORY && !twz_elf_segment_at(file, value, 0)) {
        const struct twz_elf_bytes *bytes = file->bytes;
        const uint64_t base = bytes->direct ? (uintptr_t)bytes->direct : bytes->start;
        if (twz_elf_within(value, 0, base, bytes->size))
            return file->low + (value - base);
    }
    return value;
}

/* Fills in a table of `size` bytes at vaddr. */
static bool place_table(const struct twz_elf_file *file, struct twz_elf_table *table,
                        uint64_t vaddr, uint64_t size)
{
    uint64_t position;
    if (!twz_elf_position(file, vaddr, size, &position))
        return false;
    *table =
        (struct twz_elf_table){vaddr, size, position, twz_elf_direct(file->bytes, position, size)};
    return true;
}

/* Bytes of the file from vaddr to the end of its segment; 0: vaddr is not in the file. */
static uint64_t stored_from(const struct twz_elf_file *file, uint64_t vaddr)
{
    uint64_t position;
    if (!twz_elf_position(file, vaddr, 1, &position))
        return 0;
    const struct twz_elf_segment *load = twz_elf_segment_at(file, vaddr, 1);
    return load->filesz - (vaddr - load->vaddr);
}

/* A table given by address and size tags, of entries of `entry` bytes; entry_slot's value, if the
 * tag is there, must say the same. */
static bool sized_table(struct reader *r, struct twz_elf_table *table, enum slot slot,
                        enum slot size_slot, enum slot entry_slot, uint64_t entry, uint64_t align)
{
    if (!has(r, slot) && !has(r, size_slot))
        return true;
    const uint64_t size = r->value[size_slot];
    if (has(r, size_slot) && size == 0)
        return true;
    if (!has(r, slot))
        return refuse_at(r, size_slot, TWZ_ELF_DYNAMIC_MISSING, (uint64_t)tag_of(size_slot),
                         (uint64_t)tag_of(slot));
    if (!has(r, size_slot))
        return refuse_at(r, slot, TWZ_ELF_DYNAMIC_MISSING, (uint64_t)tag_of(slot),
                         (uint64_t)tag_of(size_slot));
    if (entry_slot != SLOT_COUNT && has(r, entry_slot) && r->value[entry_slot] != entry)
        return refuse_at(r, entry_slot, TWZ_ELF_DYNAMIC_ENTRY_SIZE, r->value[entry_slot], entry);
    if (size % entry)
        return refuse_at(r, size_slot, TWZ_ELF_DYNAMIC_TABLE_SIZE, size, entry);
    const uint64_t vaddr = pointer(r, slot);
    if (vaddr % align)
        return refuse_at(r, slot, TWZ_ELF_DYNAMIC_TABLE_ALIGN, vaddr, align);
    if (!place_table(r->dynamic->file, table, vaddr, size))
        return refuse_at(r, slot, TWZ_ELF_DYNAMIC_TABLE, vaddr, size);
    return true;
}

/* Collects the slots; false: nothing further can be said. */
static bool collect(struct reader *r)
{
    struct twz_elf_dynamic *d = r->dynamic;
    const struct twz_elf_segment *segment = &d->file->dynamic;
    const uint32_t phdr = segment->phdr;
    if (segment->filesz % sizeof(Elf64_Dyn)) {
        refuse(&r->check, TWZ_ELF_DYNAMIC_SIZE, TWZ_ELF_AT_PHDR, phdr, segment->filesz,
               sizeof(Elf64_Dyn), 0);
        return false;
    }
    if (segment->vaddr % sizeof(uint64_t)) {
        refuse(&r->check, TWZ_ELF_DYNAMIC_TABLE_ALIGN, TWZ_ELF_AT_PHDR, phdr, segment->vaddr,
               sizeof(uint64_t), 0);
        return false;
    }
    if (!place_table(d->file, &d->entries, segment->vaddr, segment->filesz)) {
        refuse(&r->check, TWZ_ELF_DYNAMIC_TABLE, TWZ_ELF_AT_PHDR, phdr, segment->vaddr,
               segment->filesz, 0);
        return false;
    }
    struct window window;
    window_open(&window, d, &d->entries);
    const uint64_t count = d->entries.size / sizeof(Elf64_Dyn);
    for (uint32_t i = 0; i < count && i < TWZ_ELF_NONE; i++) {
        const void *p = window_at(&window, (uint64_t)i * sizeof(Elf64_Dyn), sizeof(Elf64_Dyn));
        Elf64_Dyn entry;
        if (!p) {
            refuse(&r->check, TWZ_ELF_READ, TWZ_ELF_AT_DYNAMIC, i,
                   d->entries.position + (uint64_t)i * sizeof entry, sizeof entry, 0);
            return false;
        }
        memcpy(&entry, p, sizeof entry);
        if (entry.d_tag == DT_NULL) {
            d->entry_count = i;
            d->entries.size = (uint64_t)i * sizeof entry;
            return true;
        }
        d->needed_count += entry.d_tag == DT_NEEDED;
        d->filter_count += is_filter(entry.d_tag);
        const enum slot slot = slot_of(entry.d_tag);
        if (slot == SLOT_COUNT)
            continue;
        if (has(r, slot)) {
            if (!refuse(&r->check, TWZ_ELF_DYNAMIC_TWICE, TWZ_ELF_AT_DYNAMIC, i,
                        (uint64_t)entry.d_tag, 0, 0))
                return false;
            continue;
        }
        r->value[slot] = entry.d_un.d_val;
        r->index[slot] = i;
    }
    refuse(&r->check, TWZ_ELF_DYNAMIC_END, TWZ_ELF_AT_PHDR, phdr, 0, 0, 0);
    return false;
}

static bool open_strings(struct reader *r)
{
    struct twz_elf_dynamic *d = r->dynamic;
    if (!sized_table(r, &d->strtab, S_STRTAB, S_STRSZ, SLOT_COUNT, 1, 1))
        return false;
    if (d->strtab.size) {
        char last;
        if (!twz_elf_table_read(d, &d->strtab, d->strtab.size - 1, &last, 1))
            return refuse_at(r, S_STRTAB, TWZ_ELF_READ, d->strtab.position, d->strtab.size);
        if (last != 0)
            return refuse_at(r, S_STRTAB, TWZ_ELF_STRTAB_NUL, 0, 0);
    }
    const struct {
        enum slot slot;
        uint32_t *offset;
    } strings[] = {{S_SONAME, &d->soname}, {S_RPATH, &d->rpath}, {S_RUNPATH, &d->runpath}};
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
        const uint64_t offset = r->value[strings[i].slot];
        if (!has(r, strings[i].slot))
            continue;
        if (offset < d->strtab.size && offset < TWZ_ELF_NONE)
            *strings[i].offset = (uint32_t)offset;
        else if (!refuse_at(r, strings[i].slot, TWZ_ELF_STRING_OFFSET, offset, d->strtab.size))
            return false;
    }
    for (uint32_t i = 0, left = d->needed_count + d->filter_count; left && i < d->entry_count;
         i++) {
        Elf64_Dyn entry;
        if (twz_elf_dynamic_entry(d, i, &entry) != TWZ_ELF_OK)
            return refuse(&r->check, TWZ_ELF_READ, TWZ_ELF_AT_DYNAMIC, i, d->entries.position,
                          sizeof entry, 0);
        if (!is_name(entry.d_tag))
            continue;
        left--;
        const uint64_t offset = entry.d_un.d_val;
        if ((offset >= d->strtab.size || offset >= TWZ_ELF_NONE) &&
            !refuse(&r->check, TWZ_ELF_STRING_OFFSET, TWZ_ELF_AT_DYNAMIC, i, offset, d->strtab.size,
                    0))
            return false;
    }
    return true;
}

static bool open_relocations(struct reader *r)
{
    struct twz_elf_dynamic *d = r->dynamic;
    if (!sized_table(r, &d->rela, S_RELA, S_RELASZ, S_RELAENT, sizeof(Elf64_Rela), 8) ||
        !sized_table(r, &d->rel, S_REL, S_RELSZ, S_RELENT, sizeof(Elf64_Rel), 8) ||
        !sized_table(r, &d->relr, S_RELR, S_RELRSZ, S_RELRENT, sizeof(uint64_t), 8))
        return false;
    d->relacount = r->value[S_RELACOUNT];
    d->jmprel_is_rela = true;
    if (r->value[S_PLTRELSZ]) {
        if (!has(r, S_PLTREL))
            return refuse_at(r, S_PLTRELSZ, TWZ_ELF_DYNAMIC_MISSING, DT_PLTRELSZ, DT_PLTREL);
        if (r->value[S_PLTREL] != DT_REL && r->value[S_PLTREL] != DT_RELA)
            return refuse_at(r, S_PLTREL, TWZ_ELF_DYNAMIC_PLTREL, r->value[S_PLTREL], 0);
        d->jmprel_is_rela = r->value[S_PLTREL] == DT_RELA;
    }
    const uint64_t entry = d->jmprel_is_rela ? sizeof(Elf64_Rela) : sizeof(Elf64_Rel);
    if (!sized_table(r, &d->jmprel, S_JMPREL, S_PLTRELSZ, SLOT_COUNT, entry, 8))
        return false;
    /* Some linkers count the JMPREL entries in the other table as well. */
    struct twz_elf_table *other = d->jmprel_is_rela ? &d->rela : &d->rel;
    if (d->jmprel.size && d->jmprel.size <= other->size &&
        d->jmprel.vaddr == other->vaddr + (other->size - d->jmprel.size))
        other->size -= d->jmprel.size;
    return true;
}

static bool open_function(struct reader *r, uint64_t *function, enum slot slot)
{
    *function = pointer(r, slot);
    if (*function == 0 || twz_elf_is_code(r->dynamic->file, *function))
        return true;
    return refuse_at(r, slot, TWZ_ELF_DYNAMIC_FUNCTION, *function, 0);
}

static bool open_functions(struct reader *r)
{
    struct twz_elf_dynamic *d = r->dynamic;
    d->pltgot = pointer(r, S_PLTGOT);
    d->tlsdesc_got = pointer(r, S_TLSDESC_GOT);
    return open_function(r, &d->init, S_INIT) && open_function(r, &d->fini, S_FINI) &&
           open_function(r, &d->tlsdesc_plt, S_TLSDESC_PLT) &&
           sized_table(r, &d->preinit_array, S_PREINIT_ARRAY, S_PREINIT_ARRAYSZ, SLOT_COUNT, 8,
                       8) &&
           sized_table(r, &d->init_array, S_INIT_ARRAY, S_INIT_ARRAYSZ, SLOT_COUNT, 8, 8) &&
           sized_table(r, &d->fini_array, S_FINI_ARRAY, S_FINI_ARRAYSZ, SLOT_COUNT, 8, 8);
}

static void open_flags(struct reader *r)
{
    static const struct {
        enum slot slot;
        uint32_t bit, flag;
    } map[] = {
        {S_FLAGS, DF_ORIGIN, TWZ_ELF_ORIGIN},
        {S_FLAGS, DF_SYMBOLIC, TWZ_ELF_SYMBOLIC},
        {S_FLAGS, DF_TEXTREL, TWZ_ELF_TEXTREL},
        {S_FLAGS, DF_BIND_NOW, TWZ_ELF_NOW},
        {S_FLAGS, DF_STATIC_TLS, TWZ_ELF_STATIC_TLS},
        {S_FLAGS_1, DF_1_NOW, TWZ_ELF_NOW},
        {S_FLAGS_1, DF_1_GLOBAL, TWZ_ELF_GLOBAL},
        {S_FLAGS_1, DF_1_NODELETE, TWZ_ELF_NODELETE},
        {S_FLAGS_1, DF_1_NOOPEN, TWZ_ELF_NOOPEN},
        {S_FLAGS_1, DF_1_ORIGIN, TWZ_ELF_ORIGIN},
        {S_FLAGS_1, DF_1_PIE, TWZ_ELF_PIE},
        {S_FLAGS_1, DF_1_NODEFLIB, TWZ_ELF_NODEFLIB},
        {S_FLAGS_1, DF_1_INITFIRST, TWZ_ELF_INITFIRST},
        {S_FLAGS_1, DF_1_INTERPOSE, TWZ_ELF_INTERPOSE},
    };
    struct twz_elf_dynamic *d = r->dynamic;
    d->raw_flags = r->value[S_FLAGS];
    d->raw_flags_1 = r->value[S_FLAGS_1];
    for (size_t i = 0; i < sizeof map / sizeof map[0]; i++)
        if (r->value[map[i].slot] & map[i].bit)
            d->flags |= map[i].flag;
    d->flags |= (has(r, S_SYMBOLIC) ? TWZ_ELF_SYMBOLIC : 0u) |
                (has(r, S_TEXTREL) ? TWZ_ELF_TEXTREL : 0u) |
                (has(r, S_BIND_NOW) ? TWZ_ELF_NOW : 0u);
}

/* Version records: their number is announced, their size is not. */
static bool open_versions(struct reader *r, struct twz_elf_table *table, uint32_t *count,
                          enum slot slot, enum slot count_slot, size_t record)
{
    if (!has(r, slot) || (has(r, count_slot) && r->value[count_slot] == 0))
        return true;
    if (!has(r, count_slot))
        return refuse_at(r, slot, TWZ_ELF_DYNAMIC_MISSING, (uint64_t)tag_of(slot),
                         (uint64_t)tag_of(count_slot));
    const uint64_t vaddr = pointer(r, slot);
    const uint64_t stored = stored_from(r->dynamic->file, vaddr);
    if (vaddr % 4)
        return refuse_at(r, slot, TWZ_ELF_DYNAMIC_TABLE_ALIGN, vaddr, 4);
    if (r->value[count_slot] > stored / record ||
        !place_table(r->dynamic->file, table, vaddr, stored))
        return refuse_at(r, slot, TWZ_ELF_DYNAMIC_TABLE, vaddr, record);
    /* More than fit into 32 bits need a file of 80 GiB. */
    *count = r->value[count_slot] < UINT32_MAX ? (uint32_t)r->value[count_slot] : UINT32_MAX;
    return true;
}

/* The fixed words that a hash table begins with. */
static bool hash_header(struct reader *r, enum slot slot, uint64_t align, uint32_t *header,
                        size_t size, struct twz_elf_table *table)
{
    const uint64_t vaddr = pointer(r, slot);
    if (vaddr % align)
        return refuse_at(r, slot, TWZ_ELF_DYNAMIC_TABLE_ALIGN, vaddr, align);
    if (!place_table(r->dynamic->file, table, vaddr, size))
        return refuse_at(r, slot, TWZ_ELF_DYNAMIC_TABLE, vaddr, size);
    return twz_elf_table_read(r->dynamic, table, 0, header, size) ||
           refuse_at(r, slot, TWZ_ELF_READ, table->position, size);
}

/* DT_HASH: nbucket, nchain, buckets, chains; nchain is the number of symbols (gABI 5). */
static bool open_sysv_hash(struct reader *r)
{
    struct twz_elf_dynamic *d = r->dynamic;
    uint32_t header[2];
    struct twz_elf_table table;
    if (!has(r, S_HASH))
        return true;
    if (!hash_header(r, S_HASH, 4, header, sizeof header, &table))
        return false;
    const uint64_t size = sizeof header + ((uint64_t)header[0] + header[1]) * 4;
    if (!place_table(d->file, &table, table.vaddr, size))
        return refuse_at(r, S_HASH, TWZ_ELF_HASH_SIZE, header[0], header[1]);
    d->hash = table;
    d->hash_buckets = header[0];
    d->hash_chains = header[1];
    return true;
}

/* The highest symbol index of any GNU hash bucket, 0: all are empty. False: reported. */
static bool highest_bucket(struct reader *r, uint32_t *highest)
{
    struct twz_elf_dynamic *d = r->dynamic;
    const uint64_t buckets = 16 + (uint64_t)d->gnu_bloom_words * 8;
    struct window window;
    window_open(&window, d, &d->gnu_hash);
    *highest = 0;
    for (uint32_t i = 0; i < d->gnu_buckets; i++) {
        const void *p = window_at(&window, buckets + (uint64_t)i * 4, 4);
        if (!p)
            return refuse_at(r, S_GNU_HASH, TWZ_ELF_READ, d->gnu_hash.position, 4);
        const uint32_t symbol = load32(p);
        if (symbol && symbol < d->gnu_first) {
            refuse(&r->check, TWZ_ELF_GNU_HASH_BUCKET, TWZ_ELF_AT_GNU_HASH, i, symbol, d->gnu_first,
                   UINT32_MAX);
            return false;
        }
        if (symbol > *highest)
            *highest = symbol;
    }
    return true;
}

/* DT_GNU_HASH: nbuckets, symoffset, bloom_size, bloom_shift, filter, buckets, chains. The number of
 * symbols is where the last chain ends. */
static bool open_gnu_hash(struct reader *r)
{
    struct twz_elf_dynamic *d = r->dynamic;
    uint32_t header[4];
    struct twz_elf_table table;
    if (!has(r, S_GNU_HASH))
        return true;
    if (!hash_header(r, S_GNU_HASH, 8, header, sizeof header, &table))
        return false;
    if (header[2] == 0 || (header[2] & (header[2] - 1)) || header[3] > 31)
        return refuse_at(r, S_GNU_HASH, TWZ_ELF_GNU_HASH_BLOOM, header[2], header[3]);
    const uint64_t vaddr = table.vaddr, stored = stored_from(d->file, vaddr);
    const uint64_t fixed = sizeof header + (uint64_t)header[2] * 8 + (uint64_t)header[0] * 4;
    if (fixed > stored || !place_table(d->file, &d->gnu_hash, vaddr, stored))
        return refuse_at(r, S_GNU_HASH, TWZ_ELF_GNU_HASH_SIZE, header[0], header[2]);
    d->gnu_buckets = header[0];
    d->gnu_first = header[1];
    d->gnu_bloom_words = header[2];
    d->gnu_bloom_shift = header[3];
    uint32_t last;
    if (!highest_bucket(r, &last))
        return false;
    uint64_t length = 0; /* of the chain array, in words */
    if (last) {
        const uint64_t room = (stored - fixed) / 4;
        struct window window;
        window_open(&window, d, &d->gnu_hash);
        for (length = last - d->gnu_first;; length++) {
            if (length >= room || length + d->gnu_first >= UINT32_MAX)
                return refuse_at(r, S_GNU_HASH, TWZ_ELF_GNU_HASH_CHAIN, last, 0);
            const void *p = window_at(&window, fixed + length * 4, 4);
            if (!p)
                return refuse_at(r, S_GNU_HASH, TWZ_ELF_READ, d->gnu_hash.position, 4);
            if (load32(p) & 1)
                break;
        }
        length++;
    }
    d->gnu_chains = (uint32_t)length;
    d->gnu_hash.size = fixed + length * 4;
    return true;
}

/* Where the symbol table must end at the latest: at the next table, or with its segment. */
static uint64_t symbol_room(const struct reader *r, uint64_t symtab)
{
    const struct twz_elf_dynamic *d = r->dynamic;
    const uint64_t next[] = {
        d->strtab.vaddr,  d->hash.vaddr,          d->gnu_hash.vaddr,   pointer(r, S_VERSYM),
        d->verdef.vaddr,  d->verneed.vaddr,       d->rela.vaddr,       d->rel.vaddr,
        d->relr.vaddr,    d->jmprel.vaddr,        d->init_array.vaddr, d->fini_array.vaddr,
        d->entries.vaddr, d->preinit_array.vaddr,
    };
    uint64_t room = stored_from(d->file, symtab);
    for (size_t i = 0; i < sizeof next / sizeof next[0]; i++)
        if (next[i] > symtab && next[i] - symtab < room)
            room = next[i] - symtab;
    return room / sizeof(Elf64_Sym);
}

static bool open_symbols(struct reader *r)
{
    struct twz_elf_dynamic *d = r->dynamic;
    if (!has(r, S_SYMTAB)) {
        if (d->hash.size || d->gnu_hash.size)
            return refuse_at(r, d->hash.size ? S_HASH : S_GNU_HASH, TWZ_ELF_DYNAMIC_MISSING,
                             d->hash.size ? DT_HASH : DT_GNU_HASH, DT_SYMTAB);
        return true;
    }
    if (has(r, S_SYMENT) && r->value[S_SYMENT] != sizeof(Elf64_Sym))
        return refuse_at(r, S_SYMENT, TWZ_ELF_DYNAMIC_ENTRY_SIZE, r->value[S_SYMENT],
                         sizeof(Elf64_Sym));
    const uint64_t symtab = pointer(r, S_SYMTAB);
    if (symtab % 8)
        return refuse_at(r, S_SYMTAB, TWZ_ELF_DYNAMIC_TABLE_ALIGN, symtab, 8);
    const uint64_t room = symbol_room(r, symtab);
    const uint64_t gnu_end = (uint64_t)d->gnu_first + d->gnu_chains;
    uint64_t count = room < UINT32_MAX ? room : UINT32_MAX - 1;
    d->symbol_count_exact = true;
    if (d->hash.size)
        count = d->hash_chains;
    else if (d->gnu_chains)
        count = gnu_end;
    else
        d->symbol_count_exact = false;
    if (d->gnu_chains && gnu_end > count &&
        !refuse_at(r, S_GNU_HASH, TWZ_ELF_SYMBOL_INDEX, gnu_end - 1, count))
        return false;
    const uint64_t versym = pointer(r, S_VERSYM);
    if (has(r, S_VERSYM)) {
        const uint64_t versions = stored_from(d->file, versym) / 2;
        if (!d->symbol_count_exact && count > versions)
            count = versions;
        if (versym % 2)
            return refuse_at(r, S_VERSYM, TWZ_ELF_DYNAMIC_TABLE_ALIGN, versym, 2);
        if (!place_table(d->file, &d->versym, versym, count * 2))
            return refuse_at(r, S_VERSYM, TWZ_ELF_DYNAMIC_TABLE, versym, count * 2);
    }
    if (!place_table(d->file, &d->symtab, symtab, count * sizeof(Elf64_Sym)))
        return refuse_at(r, S_SYMTAB, TWZ_ELF_DYNAMIC_TABLE, symtab, count * sizeof(Elf64_Sym));
    d->symbol_count = (uint32_t)count;
    return true;
}

enum twz_elf_error twz_elf_dynamic_open(struct twz_elf_dynamic *dynamic,
                                        const struct twz_elf_file *file, struct twz_elf_diag *diag)
{
    struct reader r = {.check = {.diag = diag}, .dynamic = dynamic};
    memset(dynamic, 0, sizeof *dynamic);
    dynamic->file = file;
    dynamic->soname = dynamic->rpath = dynamic->runpath = TWZ_ELF_NONE;
    if (!twz_elf_has(&file->dynamic) || file->dynamic.filesz == 0)
        return TWZ_ELF_DYNAMIC_NONE;
    for (unsigned i = 0; i < SLOT_COUNT; i++)
        r.index[i] = TWZ_ELF_NONE;
    if (collect(&r) && open_strings(&r) && open_relocations(&r) && open_functions(&r) &&
        open_versions(&r, &dynamic->verdef, &dynamic->verdef_count, S_VERDEF, S_VERDEFNUM,
                      sizeof(Elf64_Verdef)) &&
        open_versions(&r, &dynamic->verneed, &dynamic->verneed_count, S_VERNEED, S_VERNEEDNUM,
                      sizeof(Elf64_Verneed)) &&
        open_sysv_hash(&r) && open_gnu_hash(&r) && open_symbols(&r))
        open_flags(&r);
    return r.check.result;
}
