/* SPDX-License-Identifier: BSD-2-Clause */
/* From the core's model to flat tables. */
#include "loader.h"

void loader_table_at(struct loader_table *table, const void *records, uint64_t count, size_t size)
{
    *table = (struct loader_table){.offset = (uintptr_t)records - loader.request->arena,
                                   .count = (uint32_t)count,
                                   .size = (uint32_t)size};
    if (count == 0)
        table->offset = 0;
}

void *loader_table(struct loader_table *table, uint64_t count, size_t size)
{
    struct ld_memory memory = loader_scratch();
    void *records = memory.allocate(memory.context, (count + 1) * size, 16);
    if (records != NULL)
        loader_table_at(table, records, count, size);
    return records;
}

static enum ld_error add_instances(const uint32_t *list, uint32_t count)
{
    struct loader_instance *to = loader_table(&loader.answer->instances, count, sizeof *to);
    if (to == NULL)
        return LD_ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        const struct ld_instance *instance = loader.program->instances[list != NULL ? list[i] : i];
        const struct ld_file *file = &instance->module->file;
        to[i] = (struct loader_instance){.instance = instance->index,
                                         .compartment = instance->compartment,
                                         .file = (uint32_t)file->handle,
                                         .tls_module = instance->tls_module,
                                         .tls_offset = instance->tls_offset,
                                         .name = loader_offset_in(file, instance->name)};
    }
    return LD_OK;
}

/* Compartments from `first` on, with what they run at the start. */
static enum ld_error add_compartments(uint32_t first)
{
    const struct ld_program *program = loader.program;
    uint32_t count = 0, inits = 0;
    for (uint32_t i = first; i < program->compartment_count; i++) {
        count += !program->compartments[i].builtin;
        inits += program->compartments[i].init_count;
    }
    struct loader_compartment *to = loader_table(&loader.answer->compartments, count, sizeof *to);
    uint32_t *init = loader_table(&loader.answer->init, inits, sizeof *init);
    if (to == NULL || init == NULL)
        return LD_ENOMEM;
    inits = 0;
    for (uint32_t i = first; i < program->compartment_count; i++) {
        const struct ld_compartment *c = &program->compartments[i];
        if (c->builtin)
            continue;
        uint32_t root = c->scope_count > 0 ? c->scope[0] : LOADER_NONE;
        uint64_t file =
            root == LOADER_NONE ? LOADER_NONE : program->instances[root]->module->file.handle;
        *to++ = (struct loader_compartment){.compartment = i,
                                            .policy = c->policy,
                                            .owner = c->owner,
                                            .file = (uint32_t)file,
                                            .demand = c->demand,
                                            .init_first = inits,
                                            .init_count = c->init_count,
                                            .root = root,
                                            .tls_modules = c->tls_modules,
                                            .tls_size = c->tls_size,
                                            .tls_align = c->tls_align};
        for (uint32_t j = 0; j < c->init_count; j++)
            init[inits++] = c->init_order[j];
    }
    return LD_OK;
}

static bool is_listed(const uint32_t *list, uint32_t count, uint32_t instance)
{
    for (uint32_t i = 0; list != NULL && i < count; i++)
        if (list[i] == instance)
            return true;
    return list == NULL;
}

/* The gates of the listed instances, or all but the monitor's. */
static enum ld_error add_gates(const uint32_t *list, uint32_t count)
{
    const struct ld_program *program = loader.program;
    struct loader_gate *to = loader_table(&loader.answer->gates, program->gate_count, sizeof *to);
    if (to == NULL)
        return LD_ENOMEM;
    uint32_t found = 0;
    for (uint32_t i = 0; i < program->gate_count; i++) {
        const struct ld_gate *gate = &program->gates[i];
        if (gate->descriptor == NULL || !is_listed(list, count, gate->instance))
            continue;
        /* In the two-slot layout a text address is the offset in the file and a page. */
        const struct ld_file *file = &program->instances[gate->instance]->module->file;
        to[found++] = (struct loader_gate){
            .gate = i,
            .instance = gate->instance,
            .descriptor = loader_offset_in(file, gate->descriptor) + TWZ_OBJECT_BASE,
            .isolation = gate->isolation,
        };
    }
    loader.answer->gates.count = found;
    return LD_OK;
}

enum ld_error loader_answer_program(void)
{
    struct ld_plan *plan = loader.plan;
    enum ld_error error = add_instances(NULL, loader.program->instance_count);
    if (error == LD_OK)
        error = add_compartments(0);
    if (error == LD_OK)
        error = add_gates(NULL, 0);
    loader_table_at(&loader.answer->grants, plan->grants, plan->grant_count, sizeof *plan->grants);
    loader_table_at(&loader.answer->starts, plan->start_order, plan->start_count,
                    sizeof *plan->start_order);
    return error;
}

enum ld_error loader_answer_late(uint32_t first_grant)
{
    const struct ld_late *late = loader.late;
    struct ld_plan *plan = loader.plan;
    loader.answer->root = late->root;
    if (late->instance_count == 0)
        return LD_OK;
    enum ld_error error = add_instances(late->instances, late->instance_count);
    if (error == LD_OK)
        error = add_compartments(late->first_compartment);
    if (error == LD_OK)
        error = add_gates(late->instances, late->instance_count);
    loader_table_at(&loader.answer->grants, plan->grants + first_grant,
                    plan->grant_count - first_grant, sizeof *plan->grants);
    return error;
}

enum ld_error loader_answer_list(const uint32_t *instances, uint32_t count)
{
    uint32_t *to = loader_table(&loader.answer->init, count, sizeof *to);
    if (to == NULL)
        return LD_ENOMEM;
    for (uint32_t i = 0; i < count; i++)
        to[i] = instances[i];
    return LD_OK;
}

/* Those that the request speaks of: of a compartment, of the last load, or all. */
static uint32_t *pending(uint32_t *count)
{
    const struct ld_program *program = loader.program;
    struct ld_memory memory = loader_scratch();
    uint32_t wanted = loader.request->compartment;
    uint32_t *list =
        memory.allocate(memory.context, (program->instance_count + 1) * sizeof *list, 4);
    *count = 0;
    if (list == NULL)
        return NULL;
    for (uint32_t i = 0;
         wanted == LOADER_NONE && loader.late != NULL && i < loader.late->instance_count; i++)
        list[(*count)++] = loader.late->instances[i];
    for (uint32_t i = 0;
         (wanted != LOADER_NONE || loader.late == NULL) && i < program->instance_count; i++)
        if (!program->instances[i]->vacant &&
            (wanted == LOADER_NONE || program->instances[i]->compartment == wanted))
            list[(*count)++] = i;
    return list;
}

static enum ld_error add_entries(void)
{
    const struct ld_program *program = loader.program;
    struct loader_entry *to =
        loader_table(&loader.answer->entries, program->compartment_count, sizeof *to);
    if (to == NULL)
        return LD_ENOMEM;
    for (uint32_t i = 0; i < program->compartment_count; i++)
        to[i] = (struct loader_entry){
            .compartment = i,
            .start = ld_runtime_function(program, i, "twz_rt_start"),
            .library_start = ld_runtime_function(program, i, "twz_rt_library_start"),
        };
    return LD_OK;
}

enum ld_error loader_answer_writes(void)
{
    uint32_t count;
    uint64_t write_count = 0;
    struct ld_write *writes = NULL;
    const uint32_t *list = pending(&count);
    struct ld_calls *calls = loader_table(&loader.answer->calls, count, sizeof *calls);
    if (list == NULL || calls == NULL)
        return LD_ENOMEM;
    enum ld_error error = LD_OK;
    for (uint32_t i = 0; i < count && error == LD_OK; i++) {
        error = ld_plan_move(loader.plan, list[i], loader.request->slots[list[i]]);
        calls[i] = loader.plan->calls[list[i]];
    }
    if (error == LD_OK)
        error = ld_writes_of(loader.plan, loader_scratch(), list, count, loader.request->stubs,
                             &writes, &write_count);
    loader_table_at(&loader.answer->writes, writes, write_count, sizeof *writes);
    loader.answer->entry = ld_program_entry(loader.program);
    return error != LD_OK ? error : add_entries();
}
