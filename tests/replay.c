/* SPDX-License-Identifier: BSD-2-Clause */
/* The corpus of a fuzz target, replayed: build/tests/corpus_elf runs all of tests/fuzz/corpus/elf
 * through tests/fuzz/elf.c. With arguments: these files instead. */
#define _GNU_SOURCE
#include <glob.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX ((size_t)16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
    uint8_t *bytes = malloc(INPUT_MAX);
    FILE *stream = fopen(path, "rb");
    int status = 1;
    if (bytes && stream) {
        LLVMFuzzerTestOneInput(bytes, fread(bytes, 1, INPUT_MAX, stream));
        status = ferror(stream);
    }
    if (stream)
        fclose(stream);
    free(bytes);
    return status;
}

int main(int argc, char **argv)
{
    const char *target = strstr(argv[0], "corpus_");
    char pattern[256];
    glob_t found;
    int failed = 0;
    if (argc > 1) {
        for (int i = 1; i < argc; i++)
            failed |= replay(argv[i]);
        return failed;
    }
    if (!target)
        return 2;
    target += strlen("corpus_");
    snprintf(pattern, sizeof pattern, "tests/fuzz/corpus/%s/*", target);
    if (glob(pattern, 0, NULL, &found) != 0)
        return 2;
    for (size_t i = 0; i < found.gl_pathc; i++)
        failed |= replay(found.gl_pathv[i]);
    printf("%s 1 - the corpus of %s (%zu inputs)\n1..1\n", failed ? "not ok" : "ok", target,
           found.gl_pathc);
    globfree(&found);
    return failed;
}
