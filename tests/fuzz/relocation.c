/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzz target: RELA or REL, RELR and JMPREL. The input is these tables of a file that is good
 * otherwise; its first byte chooses machine and form. */
#include "elf_tries.h"

#include "tests/unit/elf_builder.h"

static uint64_t try_it(const struct twz_elf_bytes *bytes)
{
    return try_part(bytes, try_relocations);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct elf_image image;
    if (size == 0 || size > 1 + O_GATES - O_RELA)
        return 0;
    build_elf(&image, data[0] & 1 ? EM_AARCH64 : EM_X86_64);
    put_bytes(&image, O_RELA, data + 1, size - 1);
    put_number(&image, F_DYN(D_RELASZ), 20 * sizeof(Elf64_Rela), 8);
    put_number(&image, F_DYN(D_RELRSZ), O_JMPREL - O_RELR, 8);
    put_number(&image, F_DYN(D_PLTRELSZ), 4 * sizeof(Elf64_Rela), 8);
    if (data[0] & 2) {
        put_number(&image, F_DYN_TAG(D_RELA), DT_REL, 8);
        put_number(&image, F_DYN_TAG(D_RELASZ), DT_RELSZ, 8);
        put_number(&image, F_DYN_TAG(D_RELAENT), DT_RELENT, 8);
        put_number(&image, F_DYN(D_RELAENT), sizeof(Elf64_Rel), 8);
    }
    try_both_ways(image.bytes, image.size, try_it);
    return 0;
}
