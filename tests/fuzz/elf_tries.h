/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For fuzz targets: what libtwzelf does with each part of a file. Nothing may be read outside the
 * input or written outside the file's own writable segments. Each function returns a hash of all
 * that was decoded, so that two ways to the same file can be compared.
 */
#ifndef ELF_TRIES_H
#define ELF_TRIES_H

#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include <stdlib.h>
#include <string.h>
#include <twzelf/load.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define IMAGE_MAX ((uint64_t)1 << 20) /* larger data segments are only emitted */
#define BIAS      UINT64_C(0x7f0000000000)

static inline void require(bool holds)
{
    if (!holds)
        abort();
}

static inline bool read_input(const struct twz_elf_bytes *bytes, uint64_t offset, void *buffer,
                              size_t length)
{
    require(offset <= bytes->size && length <= bytes->size - offset);
    memcpy(buffer, (const uint8_t *)bytes->context + offset, length);
    return true;
}

/* A mixed-in hash of all that was decoded, so that both sources can be compared. */
static inline uint64_t note_down(uint64_t sum, uint64_t value)
{
    sum ^= value + UINT64_C(0x9e3779b97f4a7c15) + (sum << 6) + (sum >> 2);
    return sum;
}

static inline bool resolve(void *context, const struct twz_elf_reloc *reloc, uint32_t symbol,
                           struct twz_elf_definition *definition)
{
    static const uint8_t source[64];
    const struct twz_elf_rule *rule = twz_elf_rule(context, reloc->type);
    definition->value = symbol * UINT64_C(16);
    definition->tls_module = 1;
    definition->tls_offset = -64;
    definition->ifunc = symbol % 16 == 5;
    if (rule->flags & TWZ_ELF_RULE_COPY) {
        definition->value = (uintptr_t)source;
        definition->size = sizeof source;
    }
    return symbol % 64 != 63;
}

static inline bool call(void *context, uint64_t address, uint64_t *value)
{
    (void)context;
    *value = address + 1;
    return true;
}

static inline bool tlsdesc(void *context, const struct twz_elf_definition *definition,
                           int64_t addend, uint64_t words[2])
{
    (void)context;
    words[0] = definition->value;
    words[1] = (uint64_t)addend;
    return true;
}

/* Where emitted writes go, and the rule that they must keep. */
struct target {
    const struct twz_elf_file *file;
    uint64_t sum;
};

static inline void require_writable(const struct target *target, uint64_t vaddr, uint64_t size)
{
    const struct twz_elf_segment *load = twz_elf_segment_at(target->file, vaddr, size);
    require(load && (load->flags & PF_W));
}

static inline bool take_write(void *context, uint64_t vaddr, uint64_t value, unsigned width)
{
    struct target *target = context;
    require(width == 4 || width == 8);
    require_writable(target, vaddr, width);
    target->sum = note_down(note_down(target->sum, vaddr), value);
    return true;
}

static inline bool take_copy(void *context, uint64_t vaddr, uint64_t source, uint64_t size)
{
    struct target *target = context;
    (void)source;
    require_writable(target, vaddr, size);
    target->sum = note_down(note_down(target->sum, vaddr), size);
    return true;
}

static inline uint64_t try_relocations(const struct twz_elf_dynamic *d)
{
    const struct twz_elf_resolver resolver = {(void *)(uintptr_t)d->file->arch, resolve, call,
                                              tlsdesc};
    struct target target = {d->file, 0};
    const struct twz_elf_receiver receiver = {&target, take_write, take_copy};
    const enum twz_elf_error checked = twz_elf_relocs_check(d, TWZ_ELF_ACCEPT_ALL, NULL);
    const enum twz_elf_error emitted = twz_elf_relocs_emit(d, BIAS, &resolver, &receiver, NULL);
    if (checked == TWZ_ELF_OK && !(d->flags & TWZ_ELF_TEXTREL))
        require(emitted == TWZ_ELF_OK || emitted == TWZ_ELF_RELOC_UNRESOLVED ||
                emitted == TWZ_ELF_RELOC_OVERFLOW);
    for (uint32_t i = 0; i < d->file->load_count; i++) {
        const struct twz_elf_segment *load = &d->file->loads[i];
        if (!(load->flags & PF_W) || load->memsz > IMAGE_MAX)
            continue;
        uint8_t *image = calloc(1, load->memsz); /* its exact size, for the address sanitizer */
        require(image != NULL);
        require(twz_elf_read_vaddr(d->file, load->vaddr, image, load->memsz) == TWZ_ELF_OK);
        const struct twz_elf_memory memory = {image, load->vaddr, load->memsz};
        const enum twz_elf_error error = twz_elf_relocate(d, BIAS, &resolver, &memory, NULL);
        target.sum = note_down(target.sum, error);
        for (uint64_t j = 0; j + 8 <= load->memsz; j += 8) {
            uint64_t word;
            memcpy(&word, image + j, sizeof word);
            target.sum = note_down(target.sum, word);
        }
        free(image);
    }
    return note_down(note_down(target.sum, checked), emitted);
}

static inline uint64_t try_symbols(const struct twz_elf_dynamic *d)
{
    static struct twz_elf_version table[0x8000];
    struct twz_elf_dynamic kept = *d;
    const uint32_t versions = twz_elf_versions_count(d);
    require(versions <= 0x8000);
    if (versions)
        twz_elf_versions_keep(&kept, table, versions);
    static const char *const names[] = {"malloc", "alpha", "delta", "", "adler32", "_init"};
    uint64_t sum = note_down(twz_elf_symbols_check(d, NULL), twz_elf_versions_check(d, NULL));
    struct twz_elf_symbol symbol;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct twz_elf_name name = twz_elf_name(names[i], strlen(names[i]));
        const struct twz_elf_want want = {"A_1", 3,     twz_elf_hash_sysv("A_1", 3),
                                          i & 1, i & 2, NULL};
        const struct twz_elf_want *wants[] = {NULL, &want};
        for (unsigned j = 0; j < 2; j++)
            if (twz_elf_lookup(d, &name, wants[j], &symbol) == TWZ_ELF_OK) {
                require(symbol.index < d->symbol_count);
                sum = note_down(sum, symbol.index);
            }
    }
    const uint32_t count = d->symbol_count < 200 ? d->symbol_count : 200;
    for (uint32_t i = 0; i < count; i++) {
        char buffer[128];
        struct twz_elf_version version;
        require(twz_elf_symbol(d, i, &symbol) == TWZ_ELF_OK);
        const char *name = twz_elf_symbol_name(d, &symbol, buffer, sizeof buffer);
        if (name) {
            const size_t length = strnlen(name, sizeof buffer);
            const struct twz_elf_name hashed = twz_elf_name(name, length);
            sum = note_down(sum, length < sizeof buffer ? hashed.gnu : 0);
            sum = note_down(sum, twz_elf_lookup(d, &hashed, NULL, &symbol));
        } else {
            sum = note_down(note_down(sum, 0), TWZ_ELF_END);
        }
        symbol.index = i;
        const enum twz_elf_error error = twz_elf_symbol_version(d, &symbol, &version);
        sum = note_down(sum, error);
        require(!kept.versions || twz_elf_symbol_version(&kept, &symbol, &version) == error);
    }
    return sum;
}

static inline uint64_t try_dynamic(const struct twz_elf_file *file)
{
    struct twz_elf_dynamic d;
    const enum twz_elf_error error = twz_elf_dynamic_open(&d, file, NULL);
    if (error != TWZ_ELF_OK)
        return error;
    uint64_t sum = note_down(d.symbol_count, d.entry_count);
    uint32_t cursor = 0, name, needed = 0;
    while (twz_elf_needed_next(&d, &cursor, &name) == TWZ_ELF_OK) {
        require(name < d.strtab.size);
        sum = note_down(sum, name);
        needed++;
    }
    require(needed == d.needed_count);
    require(d.soname == TWZ_ELF_NONE || d.soname < d.strtab.size);
    sum = note_down(sum, try_symbols(&d));
    return note_down(sum, try_relocations(&d));
}

/* One part of what the dynamic section leads to, if the file has one. */
static inline uint64_t try_part(const struct twz_elf_bytes *bytes,
                                uint64_t (*part)(const struct twz_elf_dynamic *d))
{
    struct twz_elf_file file;
    struct twz_elf_dynamic d;
    enum twz_elf_error error = twz_elf_file_open(&file, bytes, TWZ_ELF_VIEW_FILE, NULL);
    if (error == TWZ_ELF_OK)
        error = twz_elf_dynamic_open(&d, &file, NULL);
    return error == TWZ_ELF_OK ? part(&d) : error;
}

static inline uint64_t try_notes(const struct twz_elf_file *file)
{
    struct twz_elf_note_cursor cursor = {0};
    struct twz_elf_note note;
    uint64_t sum = 0;
    enum twz_elf_error error;
    while ((error = twz_elf_note_next(file, &cursor, &note, NULL)) == TWZ_ELF_OK) {
        struct twz_elf_property property;
        uint64_t offset = 0;
        uint8_t last;
        require(note.desc_size == 0 ||
                twz_elf_note_read(file, &note, note.desc_size - 1, &last, 1));
        while (twz_elf_property_next(file, &note, &offset, &property, NULL) == TWZ_ELF_OK)
            sum = note_down(sum, property.value);
        sum = note_down(note_down(sum, note.type), note.desc_position);
    }
    uint8_t id[20];
    size_t length = 0;
    sum = note_down(sum, twz_elf_build_id(file, id, sizeof id, &length, NULL));
    return note_down(note_down(sum, error), length);
}

static inline uint64_t try_gates(const struct twz_elf_file *file)
{
    struct twz_elf_abi abi;
    struct twz_elf_gate_cursor gates = {0}, imports = {0};
    struct twz_elf_gate gate;
    struct twz_elf_import import;
    char buffer[TWZ_ELF_SIGNATURE_MAX];
    uint64_t sum = twz_elf_abi_open(&abi, file, NULL);
    if (sum != TWZ_ELF_OK)
        return sum;
    while (twz_elf_gate_next(file, &abi, &gates, &gate, NULL) == TWZ_ELF_OK) {
        require(twz_elf_is_code(file, gate.entry));
        require(twz_elf_text_at(file, gate.name, buffer, sizeof buffer) != NULL);
        require(twz_elf_text_at(file, gate.signature, buffer, sizeof buffer) != NULL);
        sum = note_down(sum, gate.entry);
    }
    while (twz_elf_import_next(file, &abi, &imports, &import, NULL) == TWZ_ELF_OK)
        sum = note_down(sum, import.name);
    return sum;
}

/* What a loader would do with an accepted file of `size` bytes stays in its slots. */
static inline void require_placed(const struct twz_elf_plan *plan, size_t size)
{
    uint64_t last = 1;
    for (uint32_t i = 0; i < plan->range_count; i++) {
        const struct twz_elf_range *range = &plan->ranges[i];
        require(range->first_page >= last && range->page_count > 0);
        require(range->rights == PF_R || range->rights == (PF_R | PF_X));
        last = (uint64_t)range->first_page + range->page_count;
        require(last * TWZ_ELF_PAGE <= TWZ_ELF_TEXT_END);
    }
    require(plan->slots == 2 || plan->slots == 3);
    require(plan->text_end <= size + TWZ_ELF_TEXT_BASE + (plan->slots - 2) * TWZ_ELF_SLOT);
    /* Pages of the packed object, whose first one is in front of the file. */
    require((uint64_t)plan->constant_page + plan->constant_count <=
            1 + twz_elf_page_up(size) / TWZ_ELF_PAGE);
    require((plan->slots == 3) == (plan->constant_count > 0) && plan->constant_page <= 1);
    require(plan->copy_target >= TWZ_ELF_PAGE || !plan->has_data);
    require(plan->data_end <= TWZ_ELF_SLOT - TWZ_ELF_PAGE);
    require(plan->copy_target + plan->copy_length <= plan->data_end || plan->copy_length == 0);
    require(plan->copy_length % TWZ_ELF_PAGE == 0 && plan->copy_source % TWZ_ELF_PAGE == 0);
    require(plan->zero_length < TWZ_ELF_PAGE);
    require(plan->copy_length - plan->zero_length <= size);
    require(plan->relro_length == 0 || (plan->relro_target >= plan->copy_target &&
                                        plan->relro_target + plan->relro_length <= plan->data_end));
}

static inline void require_loadable(const struct twz_elf_module *module, size_t size)
{
    require_placed(&module->plan, size);
    require(!module->has_dynamic ||
            twz_elf_relocs_check(&module->dynamic, TWZ_ELF_ACCEPT_SLOT, NULL) == TWZ_ELF_OK);
}

/* A file in memory and the same file behind a callback give the same answers. */
static inline void try_both_ways(const uint8_t *data, size_t size,
                                 uint64_t (*try_it)(const struct twz_elf_bytes *bytes))
{
    uint8_t *input = malloc(size ? size : 1); /* its exact size, for the address sanitizer */
    struct twz_elf_bytes direct, callback;
    if (!input)
        return;
    memcpy(input, data, size);
    twz_elf_bytes_memory(&direct, input, size);
    twz_elf_bytes_callback(&callback, 0, size, read_input, input);
    require(try_it(&direct) == try_it(&callback));
    free(input);
}

#endif
