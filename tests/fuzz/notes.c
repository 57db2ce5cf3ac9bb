/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzz target: notes, properties, and the gates that a TWZ note leads to. The input is the note
 * segment of a file that is good otherwise; its first byte chooses machine and alignment. */
#include "elf_tries.h"

#include "tests/unit/elf_builder.h"

static uint64_t try_it(const struct twz_elf_bytes *bytes)
{
    struct twz_elf_file file;
    if (twz_elf_file_open(&file, bytes, TWZ_ELF_VIEW_FILE, NULL) != TWZ_ELF_OK)
        return 0;
    return note_down(try_notes(&file), try_gates(&file));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct elf_image image;
    if (size == 0 || size > 1 + O_CODE - 0x200 - O_NOTES)
        return 0;
    build_elf(&image, data[0] & 1 ? EM_AARCH64 : EM_X86_64);
    put_bytes(&image, O_NOTES, data + 1, size - 1);
    put_number(&image, F_PHDR(P_NOTE, p_filesz), size - 1, 8);
    put_number(&image, F_PHDR(P_NOTE, p_memsz), size - 1, 8);
    put_number(&image, F_PHDR(P_NOTE, p_align), data[0] & 2 ? 8 : 4, 8);
    try_both_ways(image.bytes, image.size, try_it);
    return 0;
}
