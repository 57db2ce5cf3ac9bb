/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutants of ELF files through the fuzz target: of the small library of elf_builder.h in several
 * variants, and of libraries of this machine. Structure aware: places are chosen among the headers
 * and tables of the file at hand, and values among those that its other fields have.
 * With arguments: replays these files instead; or, for other tests, writes the mutants FIRST to
 * LAST of a file to DIRECTORY/1 and so on: --make FIRST LAST FILE DIRECTORY.
 */
#define _GNU_SOURCE
#include "test.h"

#include "elf_builder.h"
#include "mutants.h"
#include "tests/fuzz/elf.c"

#include <glob.h>
#include <stdio.h>

/* Parts of a file where a change has consequences. */
struct parts {
    struct {
        size_t start, size;
    } part[20];
    unsigned count;
};

static void add_part(struct parts *parts, uint64_t start, uint64_t size, size_t file_size)
{
    if (size == 0 || start >= file_size || parts->count == 20)
        return;
    if (size > file_size - start)
        size = file_size - start;
    parts->part[parts->count].start = start;
    parts->part[parts->count++].size = size;
}

static void add_table(struct parts *parts, const struct twz_elf_table *table, size_t file_size)
{
    /* Large tables: their beginning, so that headers and small tables keep their share. */
    add_part(parts, table->position, table->size < 512 ? table->size : 512, file_size);
}

static void find_parts(struct parts *parts, const uint8_t *seed, size_t size)
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
static uint64_t value_for(struct mutator *m, const struct parts *parts, const uint8_t *seed,
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

static size_t make_mutant(struct mutator *m, const struct parts *parts, uint8_t *to,
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

static void run_mutants(struct mutator *m, const uint8_t *seed, size_t size, unsigned long count)
{
    struct parts parts;
    uint8_t *mutant = malloc(size);
    assert_non_null(mutant);
    find_parts(&parts, seed, size);
    assert_true(parts.count > 1);
    for (unsigned long i = 0; i < count; i++) {
        mutant_begin();
        assert_int_equal(LLVMFuzzerTestOneInput(mutant, make_mutant(m, &parts, mutant, seed, size)),
                         0);
    }
    mutants_end();
    free(mutant);
}

/* Variants that reach other code: no hash tables, REL, another machine, an executable. */
static void vary(struct elf_image *image, unsigned variant)
{
    build_elf(image, variant % 2 ? EM_AARCH64 : EM_X86_64);
    switch (variant / 2) {
    case 1:
        put_number(image, F_DYN_TAG(D_GNU_HASH), DT_DEBUG, 8);
        break;
    case 2:
        put_number(image, F_DYN_TAG(D_HASH), DT_DEBUG, 8);
        put_number(image, F_EHDR(e_type), ET_EXEC, 2);
        break;
    case 3:
        put_number(image, F_DYN_TAG(D_GNU_HASH), DT_DEBUG, 8);
        put_number(image, F_DYN_TAG(D_HASH), DT_DEBUG, 8);
        break;
    case 4:
        put_number(image, F_DYN_TAG(D_RELA), DT_REL, 8);
        put_number(image, F_DYN_TAG(D_RELASZ), DT_RELSZ, 8);
        put_number(image, F_DYN_TAG(D_RELAENT), DT_RELENT, 8);
        put_number(image, F_DYN(D_RELAENT), sizeof(Elf64_Rel), 8);
        put_number(image, F_DYN(D_RELASZ), sizeof(Elf64_Rel), 8);
        break;
    default:
        break;
    }
}

static void survives_mutants_of_the_small_library(void **state)
{
    static struct elf_image image;
    struct mutator mutator = {.state = 1};
    const unsigned long count = mutant_count(20000);
    (void)state;
    for (unsigned variant = 0; variant < 10; variant++) {
        vary(&image, variant);
        run_mutants(&mutator, image.bytes, image.size, count / 10);
    }
}

static uint8_t *load_file(const char *path, size_t *size)
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

static void survives_mutants_of_real_libraries(void **state)
{
    static const char *const paths[] = {"/lib/x86_64-linux-gnu/libz.so.1",
                                        "/lib/x86_64-linux-gnu/libcmocka.so.0",
                                        "/lib/x86_64-linux-gnu/libdl.so.2", "build/lib/libtwzrt.so",
                                        "/usr/aarch64-linux-gnu/lib/libresolv.so.2"};
    struct mutator mutator = {.state = 2};
    const unsigned long count = mutant_count(5000) / 5;
    size_t found = 0;
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        size_t size;
        uint8_t *seed = load_file(paths[i], &size);
        if (!seed)
            continue;
        run_mutants(&mutator, seed, size, count);
        free(seed);
        found++;
    }
    if (found == 0)
        skip();
}

static int replay(int count, char **paths)
{
    for (int i = 0; i < count; i++) {
        size_t size;
        uint8_t *bytes = load_file(paths[i], &size);
        if (!bytes) {
            perror(paths[i]);
            return 1;
        }
        LLVMFuzzerTestOneInput(bytes, size);
        free(bytes);
    }
    return 0;
}

/* What fuzzing found worth keeping. */
static void survives_the_corpus(void **state)
{
    glob_t found;
    (void)state;
    if (glob("tests/fuzz/corpus/elf/*", 0, NULL, &found) != 0)
        skip();
    assert_int_equal(replay((int)found.gl_pathc, found.gl_pathv), 0);
    globfree(&found);
}

static int write_mutants(char **arguments)
{
    const unsigned long first = strtoul(arguments[0], NULL, 10);
    const unsigned long last = strtoul(arguments[1], NULL, 10);
    struct mutator mutator = {.state = 3};
    struct parts parts;
    size_t size = 0;
    uint8_t *seed = load_file(arguments[2], &size);
    uint8_t *mutant = malloc(size ? size : 1);
    int status = 1;
    if (seed && mutant) {
        find_parts(&parts, seed, size);
        status = parts.count < 2;
    }
    for (unsigned long i = 1; i <= last && status == 0; i++) {
        const size_t length = make_mutant(&mutator, &parts, mutant, seed, size);
        char path[4096];
        if (i < first)
            continue;
        snprintf(path, sizeof path, "%s/%lu", arguments[3], i);
        FILE *stream = fopen(path, "wb");
        status = !stream || fwrite(mutant, 1, length, stream) != length;
        if (stream && fclose(stream) != 0)
            status = 1;
    }
    free(seed);
    free(mutant);
    return status;
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        T(survives_the_corpus, "the kept corpus"),
        T(survives_mutants_of_the_small_library, "mutants of a two-slot library"),
        T(survives_mutants_of_real_libraries, "mutants of libraries of this machine"),
    };
    if (argc == 6 && strcmp(argv[1], "--make") == 0)
        return write_mutants(argv + 2);
    if (argc > 1)
        return replay(argc - 1, argv + 1);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
