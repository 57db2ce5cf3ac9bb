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
#include "elf_mutator.h"
#include "tests/fuzz/elf.c"

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

static void survives_mutants_of_real_libraries(void **state)
{
    static const char *const paths[] = {
        "/lib/x86_64-linux-gnu/libz.so.1",  "/lib/x86_64-linux-gnu/libcmocka.so.0",
        "/lib/x86_64-linux-gnu/libdl.so.2", "build/lib/libtwzrt.so",
        "build/apart/libapart.so",          "/usr/aarch64-linux-gnu/lib/libresolv.so.2"};
    struct mutator mutator = {.state = 2};
    const unsigned long count = mutant_count(5000) / 6;
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
