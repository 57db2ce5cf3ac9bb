/* SPDX-License-Identifier: BSD-2-Clause */
#include "internal.h"
#include <twzelf/load.h>

static enum twz_elf_error check_gates(const struct twz_elf_module *module,
                                      struct twz_elf_diag *diag)
{
    struct twz_elf_gate_cursor gates = {0}, imports = {0};
    struct twz_elf_gate gate;
    struct twz_elf_import import;
    enum twz_elf_error error;
    while ((error = twz_elf_gate_next(&module->file, &module->abi, &gates, &gate, diag)) ==
           TWZ_ELF_OK)
        ;
    if (error != TWZ_ELF_END)
        return error;
    while ((error = twz_elf_import_next(&module->file, &module->abi, &imports, &import, diag)) ==
           TWZ_ELF_OK)
        ;
    return error == TWZ_ELF_END ? TWZ_ELF_OK : error;
}

/* Each step relies on the one before; within a step, a diag that goes on sees all problems. */
enum twz_elf_error twz_elf_module_open(struct twz_elf_module *module,
                                       const struct twz_elf_bytes *bytes, uint16_t machine,
                                       struct twz_elf_diag *diag)
{
    memset(module, 0, sizeof *module);
    enum twz_elf_error error = twz_elf_file_open(&module->file, bytes, TWZ_ELF_VIEW_FILE, diag);
    if (error != TWZ_ELF_OK)
        return error;
    error = twz_elf_dynamic_open(&module->dynamic, &module->file, diag);
    module->has_dynamic = error == TWZ_ELF_OK;
    if (error != TWZ_ELF_OK && error != TWZ_ELF_DYNAMIC_NONE)
        return error;
    const struct twz_elf_dynamic *dynamic = module->has_dynamic ? &module->dynamic : NULL;
    error = twz_elf_plan_make(&module->plan, &module->file, dynamic, machine, diag);
    if (error != TWZ_ELF_OK)
        return error;
    if (dynamic) {
        if ((error = twz_elf_symbols_check(dynamic, diag)) != TWZ_ELF_OK ||
            (error = twz_elf_versions_check(dynamic, diag)) != TWZ_ELF_OK ||
            (error = twz_elf_relocs_check(dynamic, TWZ_ELF_ACCEPT_SLOT, diag)) != TWZ_ELF_OK)
            return error;
    }
    error = twz_elf_abi_open(&module->abi, &module->file, diag);
    module->has_abi = error == TWZ_ELF_OK;
    if (error == TWZ_ELF_ABI_NONE)
        return TWZ_ELF_OK;
    return error != TWZ_ELF_OK ? error : check_gates(module, diag);
}
