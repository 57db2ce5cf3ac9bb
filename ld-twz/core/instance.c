/* SPDX-License-Identifier: BSD-2-Clause */
/* What the caller's search rules and reports want to know about a library that is loaded already.
 */
#include "state.h"

const char *ld_instance_runpath(const struct ld_instance *instance)
{
    return instance->module->runpath;
}

const char *ld_instance_rpath(const struct ld_instance *instance)
{
    return instance->module->rpath;
}

bool ld_instance_no_default_paths(const struct ld_instance *instance)
{
    return instance->module->has_dynamic &&
           (instance->module->dynamic.flags & TWZ_ELF_NODEFLIB) != 0;
}

const struct ld_instance *ld_instance_parent(const struct ld_program *program,
                                             const struct ld_instance *instance)
{
    if (instance->made_by >= program->edge_count)
        return NULL;
    uint32_t from = program->edges[instance->made_by].from;
    return from == LD_NONE || from == instance->index ? NULL : program->instances[from];
}

const char *ld_program_copy(const struct ld_program *program, const char *text)
{
    return ld_copy(ld_memory_of(program), text);
}

const char *ld_instance_interpreter(const struct ld_instance *instance)
{
    return instance->module->interpreter;
}

const struct twz_elf_file *ld_instance_elf(const struct ld_instance *instance)
{
    return &instance->module->elf;
}

void ld_instance_sizes(const struct ld_instance *instance, uint64_t *shared, uint64_t *own)
{
    const struct twz_elf_file *elf = &instance->module->elf;
    *shared = *own = 0;
    for (uint32_t i = 0; i < elf->load_count; i++)
        *(elf->loads[i].flags & PF_W ? own : shared) += elf->loads[i].memsz;
}
