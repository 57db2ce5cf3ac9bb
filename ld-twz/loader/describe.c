/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses in words, for reports: the exported function nearest below. The file is read again for
 * this, with all checks; crashes are rare. */
#include "loader.h"
#include <twzelf/symbol.h>

enum ld_error loader_describe(struct loader_answer *answer)
{
    struct ld_file source;
    struct twz_elf_bytes bytes;
    struct twz_elf_file file;
    struct twz_elf_dynamic dynamic;
    uint64_t vaddr = loader.request->address;
    if (loader.image.header == NULL || !loader_file(loader.request->file, &source))
        return LD_ENOTFOUND;
    twz_elf_bytes_memory(&bytes, source.bytes, source.size);
    if (twz_elf_file_open(&file, &bytes, TWZ_ELF_VIEW_FILE, NULL) != TWZ_ELF_OK ||
        twz_elf_dynamic_open(&dynamic, &file, NULL) != TWZ_ELF_OK)
        return LD_EELF;
    struct twz_elf_symbol best = {.index = 0};
    for (uint32_t i = 1; i < dynamic.symbol_count; i++) {
        struct twz_elf_symbol symbol;
        if (twz_elf_symbol(&dynamic, i, &symbol) != TWZ_ELF_OK)
            break;
        if (twz_elf_symbol_undefined(&symbol) || twz_elf_symbol_type(&symbol) != STT_FUNC ||
            symbol.sym.st_value > vaddr)
            continue;
        if (best.index == 0 || symbol.sym.st_value > best.sym.st_value)
            best = symbol;
    }
    /* Code far behind the last exported function is some other function, without a name here. */
    if (best.index == 0 ||
        vaddr - best.sym.st_value >= (best.sym.st_size != 0 ? best.sym.st_size : TWZ_PAGE_SIZE))
        return LD_EUNRESOLVED;
    const char *name = twz_elf_symbol_name(&dynamic, &best, NULL, 0);
    if (name == NULL)
        return LD_EUNRESOLVED;
    answer->name = loader_offset_in(&source, name);
    answer->value = best.sym.st_value;
    return LD_OK;
}
