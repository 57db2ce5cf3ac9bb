/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzz target: everything that libtwzelf does with a file; and what the loader's check accepts can
 * be loaded. */
#include "elf_tries.h"

static uint64_t try_all(const struct twz_elf_bytes *bytes)
{
    static struct twz_elf_module module;
    struct twz_elf_file file;
    struct twz_elf_diag diag = {0};
    const enum twz_elf_error accepted = twz_elf_module_open(&module, bytes, EM_NONE, &diag);
    char line[TWZ_ELF_LINE];
    if (accepted == TWZ_ELF_OK) {
        require(diag.count == 0);
        require_loadable(&module, bytes->size);
    } else {
        require(diag.count == 1 && diag.first.error == accepted);
        require(twz_elf_format(&diag.first, line, sizeof line) < sizeof line);
    }
    uint64_t sum = note_down(accepted, twz_elf_file_open(&file, bytes, TWZ_ELF_VIEW_FILE, NULL));
    if (sum == note_down(accepted, TWZ_ELF_OK)) {
        sum = note_down(sum, try_dynamic(&file));
        sum = note_down(sum, try_notes(&file));
        sum = note_down(sum, try_gates(&file));
    }
    if (twz_elf_file_open(&file, bytes, TWZ_ELF_VIEW_MEMORY, NULL) == TWZ_ELF_OK) {
        (void)try_dynamic(&file); /* pointers depend on where the source is */
        sum = note_down(sum, try_notes(&file));
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_both_ways(data, size, try_all);
    return 0;
}
