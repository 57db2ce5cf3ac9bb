/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file that somebody writes to while it is read: every read may give other bytes than the one
 * before, so nothing that was checked is so when it is used. What is found need not make sense, but
 * nothing is read outside the source or written outside the segments that were found, and it ends.
 */
#define _GNU_SOURCE
#include "test.h"

#include "elf_builder.h"
#include "elf_mutator.h"
#include "tests/fuzz/elf_tries.h"

struct changing {
    const uint8_t *bytes;
    struct mutator mutator;
    unsigned calm; /* of this many reads, one gives something else */
};

/* Half of the changes are those of real writers: a field that was fine becomes huge, 0 or another.
 */
static void change(struct changing *source, uint8_t *buffer, size_t length)
{
    static const uint64_t values[] = {0,          1,      UINT64_MAX, 0x7fffffff,
                                      0x40001000, 0x1000, 24,         0x10000};
    const uint64_t random = mutator_next(&source->mutator);
    const size_t width = (size_t)1 << (random >> 8 & 3);
    const size_t at = (random >> 16) % length / width * width;
    const uint64_t value = random & 1 ? values[random >> 4 & 7] : random >> 24;
    memcpy(buffer + at, &value, width < length - at ? width : length - at);
}

static bool read_changing(const struct twz_elf_bytes *bytes, uint64_t offset, void *buffer,
                          size_t length)
{
    struct changing *source = bytes->context;
    require(offset <= bytes->size && length <= bytes->size - offset);
    memcpy(buffer, source->bytes + offset, length);
    if (length && mutator_next(&source->mutator) % source->calm == 0)
        change(source, buffer, length);
    return true;
}

static void try_lookups(const struct twz_elf_dynamic *d)
{
    static const char *const names[] = {"alpha", "delta", "getenv", ""};
    static struct twz_elf_version table[0x8000];
    struct twz_elf_dynamic kept = *d;
    const uint32_t versions = twz_elf_versions_count(d);
    char buffer[64];
    require(versions <= 0x8000);
    if (versions)
        twz_elf_versions_keep(&kept, table, versions);
    for (size_t i = 0; i < 2 * sizeof names / sizeof names[0]; i++) {
        const char *text = names[i / 2];
        const struct twz_elf_name name = twz_elf_name(text, strlen(text));
        const struct twz_elf_want want = {"A_1", 3, twz_elf_hash_sysv("A_1", 3), false, true, NULL};
        struct twz_elf_symbol symbol;
        struct twz_elf_version version;
        if (twz_elf_lookup(i & 1 ? &kept : d, &name, i & 1 ? &want : NULL, &symbol) != TWZ_ELF_OK)
            continue;
        require(symbol.index < d->symbol_count);
        (void)!twz_elf_symbol_version(&kept, &symbol, &version);
        const char *found = twz_elf_symbol_name(d, &symbol, buffer, sizeof buffer);
        require(!found || strnlen(found, sizeof buffer) < sizeof buffer);
    }
    (void)!twz_elf_symbols_check(d, NULL);
    (void)!twz_elf_versions_check(d, NULL);
}

static void try_writes(const struct twz_elf_dynamic *d)
{
    const struct twz_elf_resolver resolver = {(void *)(uintptr_t)d->file->arch, resolve, call,
                                              tlsdesc};
    struct target target = {d->file, 0};
    const struct twz_elf_receiver receiver = {&target, take_write, take_copy};
    (void)!twz_elf_relocs_check(d, TWZ_ELF_ACCEPT_ALL, NULL);
    (void)!twz_elf_relocs_emit(d, BIAS, &resolver, &receiver, NULL);
    for (uint32_t i = 0; i < d->file->load_count; i++) {
        const struct twz_elf_segment *load = &d->file->loads[i];
        if (!(load->flags & PF_W) || load->memsz > IMAGE_MAX)
            continue;
        uint8_t *image = calloc(1, load->memsz); /* its exact size, for the address sanitizer */
        require(image != NULL);
        const struct twz_elf_memory memory = {image, load->vaddr, load->memsz};
        (void)!twz_elf_relocate(d, BIAS, &resolver, &memory, NULL);
        free(image);
    }
}

static void try_records(const struct twz_elf_module *module)
{
    struct twz_elf_gate_cursor gates = {0}, imports = {0};
    struct twz_elf_gate gate;
    struct twz_elf_gate_param param;
    struct twz_elf_import import;
    char buffer[TWZ_ELF_SIGNATURE_MAX];
    uint8_t id[64];
    size_t length = 0;
    uint32_t value, cursor = 0, name;
    const struct twz_elf_file *file = &module->file;
    while (twz_elf_gate_next(file, &module->abi, &gates, &gate, NULL) == TWZ_ELF_OK) {
        require(twz_elf_is_code(file, gate.entry));
        (void)twz_elf_text_at(file, gate.name, buffer, sizeof buffer);
        for (uint32_t i = 0; i < gate.record.param_count; i++)
            (void)!twz_elf_gate_param(file, &gate, i, &param);
    }
    while (twz_elf_import_next(file, &module->abi, &imports, &import, NULL) == TWZ_ELF_OK)
        (void)twz_elf_text_at(file, import.name, buffer, sizeof buffer);
    (void)!twz_elf_build_id(file, id, sizeof id, &length, NULL);
    (void)!twz_elf_property(file, 1, &value, NULL);
    while (module->has_dynamic &&
           twz_elf_needed_next(&module->dynamic, &cursor, &name) == TWZ_ELF_OK)
        (void)twz_elf_string(&module->dynamic, name, buffer, sizeof buffer);
}

/* Whether it was taken for a file of the two-slot layout. */
static bool try_once(struct changing *source, size_t size)
{
    static struct twz_elf_module module;
    struct twz_elf_bytes bytes;
    twz_elf_bytes_callback(&bytes, 0, size, read_changing, source);
    mutant_begin();
    const bool accepted = twz_elf_module_open(&module, &bytes, EM_X86_64, NULL) == TWZ_ELF_OK;
    if (accepted)
        require_placed(&module.plan, size);
    if (accepted || twz_elf_file_open(&module.file, &bytes, TWZ_ELF_VIEW_FILE, NULL) == TWZ_ELF_OK)
        module.has_dynamic =
            twz_elf_dynamic_open(&module.dynamic, &module.file, NULL) == TWZ_ELF_OK;
    else
        return false;
    if (module.has_dynamic) {
        try_lookups(&module.dynamic);
        try_writes(&module.dynamic);
    }
    if (twz_elf_abi_open(&module.abi, &module.file, NULL) == TWZ_ELF_OK)
        try_records(&module);
    return accepted;
}

static void try_many(const uint8_t *bytes, size_t size, unsigned long count)
{
    struct changing source = {.bytes = bytes, .mutator = {.state = 1}};
    unsigned long accepted = 0;
    for (unsigned long i = 0; i < count; i++) {
        source.calm = 8u << i % 8;
        accepted += try_once(&source, size);
    }
    mutants_end();
    print_message("# %lu of %lu accepted\n", accepted, count);
    assert_true(accepted > 0 && accepted < count);
}

static void survives_changes(void **state)
{
    static struct elf_image image;
    (void)state;
    build_elf(&image, EM_X86_64);
    try_many(image.bytes, image.size, mutant_count(20000));
}

static void survives_changes_of_a_library(void **state)
{
    const char *build = getenv("B");
    char path[256];
    size_t size = 0;
    (void)state;
    snprintf(path, sizeof path, "%s/lib/libtwzrt.so", build ? build : "build");
    uint8_t *file = load_file(path, &size);
    assert_non_null(file);
    try_many(file, size, mutant_count(1000));
    free(file);
}

RUN_TESTS(T(survives_changes, "a small library that changes while it is read"),
          T(survives_changes_of_a_library, "the runtime, changing"))
