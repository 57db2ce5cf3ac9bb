/* SPDX-License-Identifier: BSD-2-Clause */
/* Mutants of policies: compiled ones through the reader, texts through the compiler. */
#include "ld_world.h"
#include "mutants.h"
#include "tests/fuzz/policy.c"

static const char text[] = "# a policy\n"
                           "defaults { heap = 1M }\n"
                           "compartment codec { libraries = { \"libcodec.so\", \"libz.so.*\" }\n"
                           "  exports = { \"codec_*\" } after-fault = continue stack = 64k }\n"
                           "compartment main { imports = { \"codec:codec_inflate\", \"box\" }\n"
                           "  import \"codec:codec_open\" { isolation = both deadline = 50ms } }\n"
                           "compartment box { first-dibs = { \"libm.so\" } isolation = callee }\n";

static void *compile(const char *bytes, size_t size, size_t *result)
{
    char path[512];
    struct policy_error error;
    snprintf(path, sizeof path, "%s/p", world_directory());
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    fwrite(bytes, 1, size, stream);
    assert_int_equal(fclose(stream), 0);
    void *blob = policy_text_compile(path, result, &error);
    if (!blob) {
        assert_non_null(error.message);
        char *line = policy_error_line(&error);
        assert_non_null(strstr(line, path));
        free(line);
    }
    policy_error_free(&error);
    return blob;
}

static void binary(void **state)
{
    (void)state;
    world_in_memory();
    size_t size;
    uint8_t *compiled = compile(text, sizeof text - 1, &size);
    assert_non_null(compiled);
    uint8_t *seed = calloc(1, size + 8); /* the mutator changes whole words */
    assert_non_null(seed);
    memcpy(seed, compiled, size);
    free(compiled);
    mutants_feed(LLVMFuzzerTestOneInput, 3, seed, size, size, mutant_count(20000));
    free(seed);
}

/* What the compiler accepts, the reader accepts. */
static void source(void **state)
{
    (void)state;
    struct mutator mutator = {.state = 4};
    uint8_t mutant[sizeof text + 8];
    for (unsigned long i = 0; i < mutant_count(20000); i++) {
        size_t size, length = mutant_make(&mutator, mutant, (const uint8_t *)text, sizeof text - 1,
                                          sizeof text - 1);
        mutant_begin();
        void *blob = compile((const char *)mutant, length, &size);
        struct ld_policy policy;
        if (blob)
            assert_int_equal(ld_policy_read(blob, size, &policy, NULL), LD_OK);
        free(blob);
    }
    mutants_end();
    world_remove_directory();
}

RUN_TESTS(T(binary, "mutants of a compiled policy are refused or can be walked"),
          T(source, "mutants of a policy's text are refused with a place, or compile"))
