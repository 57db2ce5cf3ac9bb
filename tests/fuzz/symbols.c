/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzz target: symbols, versions, and both hash tables. The input is all of these tables of a file
 * that is good otherwise; its first byte chooses the machine and which hash table there is. */
#include "elf_tries.h"

#include "tests/unit/elf_builder.h"

static uint64_t try_it(const struct twz_elf_bytes *bytes)
{
    return try_part(bytes, try_symbols);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct elf_image image;
    if (size == 0 || size > 1 + O_RELA - O_SYMTAB)
        return 0;
    build_elf(&image, data[0] & 1 ? EM_AARCH64 : EM_X86_64);
    put_bytes(&image, O_SYMTAB, data + 1, size - 1);
    if (data[0] & 2)
        put_number(&image, F_DYN_TAG(D_GNU_HASH), DT_DEBUG, 8);
    if (data[0] & 4)
        put_number(&image, F_DYN_TAG(D_HASH), DT_DEBUG, 8);
    try_both_ways(image.bytes, image.size, try_it);
    return 0;
}
