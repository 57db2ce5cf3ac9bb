/* SPDX-License-Identifier: BSD-2-Clause */
/* The plan: mappings, calls, grants and the order in which compartments start. */
#include "state.h"
#include <ld/plan.h>
#include <twz/sys/types.h>

static uint64_t array_address(const struct ld_instance *instance, const struct twz_elf_table *array,
                              uint64_t *count)
{
    *count = twz_elf_array_count(array);
    return *count ? ld_instance_address(instance, array->vaddr) : 0;
}

static void list_calls(const struct ld_instance *instance, struct ld_calls *calls)
{
    const struct ld_module *module = instance->module;
    const struct twz_elf_dynamic *dynamic = &module->dynamic;
    const struct twz_elf_segment *tls = &module->elf.tls;
    calls->instance = instance->index;
    if (module->has_dynamic) {
        if (!instance->index)
            calls->preinit_array =
                array_address(instance, &dynamic->preinit_array, &calls->preinit_count);
        calls->init_array = array_address(instance, &dynamic->init_array, &calls->init_count);
        calls->fini_array = array_address(instance, &dynamic->fini_array, &calls->fini_count);
        calls->init = dynamic->init ? ld_instance_address(instance, dynamic->init) : 0;
        calls->fini = dynamic->fini ? ld_instance_address(instance, dynamic->fini) : 0;
    }
    if (instance->tls_module) {
        calls->tls_image = ld_instance_address(instance, tls->vaddr);
        calls->tls_file_size = tls->filesz;
        calls->tls_size = tls->memsz;
    }
}

enum ld_error ld_plan_instance(struct ld_program *program, struct ld_plan *plan, uint32_t index)
{
    const struct ld_instance *instance = program->instances[index];
    if (!instance->laid_out || instance->text_slot == LD_NONE) {
        struct ld_report report = {
            .error = LD_ELAYOUT,
            .severity = LD_REFUSED,
            .file = instance->path,
            .referrer = instance->name,
            .message = ld_sentence(ld_memory_of(program),
                                   "%s is not laid out for two slots, so it cannot be mapped",
                                   instance->path),
            .cure = "link it with twz-cc or -T twz-lib.ld"};
        enum ld_error told = ld_refuse(program, &report);
        return told ? told : LD_ELAYOUT;
    }
    struct ld_mapping *mapping = &plan->mappings[index];
    *mapping = (struct ld_mapping){.instance = index,
                                   .compartment = instance->compartment,
                                   .handle = instance->module->file.handle,
                                   .text_slot = instance->text_slot,
                                   .data_slot = instance->data_slot};
    ld_mapping_fill(mapping, &instance->module->plan);
    plan->calls[index] = (struct ld_calls){0};
    list_calls(instance, &plan->calls[index]);
    return LD_OK;
}

enum ld_error ld_plan_move(struct ld_plan *plan, uint32_t index, uint32_t text_slot)
{
    struct ld_instance *instance = plan->program->instances[index];
    instance->text_slot = text_slot;
    instance->data_slot = text_slot + instance->module->plan.slots - 1;
    return ld_plan_instance(plan->program, plan, index);
}

enum ld_error ld_plan_room(struct ld_program *program, struct ld_plan *plan)
{
    const struct ld_memory *memory = ld_base_of(program);
    if (program->instance_count > plan->room) {
        uint32_t room = plan->room ? plan->room : program->instance_count;
        while (room < program->instance_count)
            room *= 2;
        struct ld_mapping *mappings = ld_zeroed(memory, room, sizeof *mappings);
        struct ld_calls *calls = ld_zeroed(memory, room, sizeof *calls);
        if (!mappings || !calls)
            return LD_ENOMEM;
        if (plan->mapping_count) {
            __builtin_memcpy(mappings, plan->mappings, plan->mapping_count * sizeof *mappings);
            __builtin_memcpy(calls, plan->calls, plan->mapping_count * sizeof *calls);
        }
        plan->mappings = mappings;
        plan->calls = calls;
        plan->room = room;
    }
    plan->mapping_count = program->instance_count;
    return LD_OK;
}

bool ld_plan_is_granted(const struct ld_plan *plan, uint32_t compartment, uint32_t gate)
{
    for (uint32_t i = 0; i < plan->grant_count; i++)
        if (plan->grants[i].compartment == compartment && plan->grants[i].gate == gate)
            return true;
    return false;
}

enum ld_error ld_plan_grant(struct ld_plan *plan, uint32_t compartment, uint32_t gate)
{
    struct ld_grant *grants = ld_grow(ld_base_of(plan->program), plan->grants, plan->grant_count,
                                      &plan->grant_room, sizeof *grants);
    if (!grants)
        return LD_ENOMEM;
    plan->grants = grants;
    const struct ld_policy_import *import;
    (void)ld_gate_imported(plan->program, compartment, &plan->program->gates[gate], &import);
    grants[plan->grant_count++] =
        (struct ld_grant){compartment, gate, import ? import->deadline : 0};
    return plan->program->state->patience ? LD_OK : LD_ELIMIT;
}

/* Whether some gate of the compartment has a parameter that is a gate of its caller. */
static bool takes_callbacks(const struct ld_program *program, uint32_t compartment)
{
    for (uint32_t i = 0; i < program->gate_count; i++) {
        const struct ld_gate *gate = &program->gates[i];
        if (gate->compartment != compartment || !gate->descriptor)
            continue;
        struct twz_elf_gate_record record;
        __builtin_memcpy(&record, gate->descriptor, sizeof record);
        const char *params = (const char *)gate->descriptor + sizeof record;
        for (uint32_t k = 0; k < record.param_count; k++)
            if (params[k * sizeof(struct twz_elf_gate_param)] == TWZ_ELF_GATE_CALLBACK)
                return true;
    }
    return false;
}

/* Bindings to gates, one bit per (compartment, gate). */
struct gate_use {
    uint64_t *bits;
    uint32_t words; /* per compartment */
};

static bool test_and_set(const struct gate_use *use, uint32_t compartment, uint32_t gate)
{
    uint64_t *word = &use->bits[(size_t)compartment * use->words + gate / 64];
    uint64_t bit = (uint64_t)1 << (gate % 64);
    bool was = (*word & bit) != 0;
    *word |= bit;
    return was;
}

/* Callbacks are bound to by nobody: what the policy names for whoever takes some. */
enum ld_error ld_plan_callbacks(struct ld_program *program, struct ld_plan *plan, uint32_t index)
{
    enum ld_error error = LD_OK;
    if (program->compartments[index].builtin || !takes_callbacks(program, index))
        return LD_OK;
    for (uint32_t gate = 0; !error && gate < program->gate_count; gate++) {
        const struct ld_policy_import *import;
        if (program->gates[gate].exported && program->gates[gate].compartment != index &&
            ld_gate_imported(program, index, &program->gates[gate], &import) && import &&
            !ld_plan_is_granted(plan, index, gate))
            error = ld_plan_grant(plan, index, gate);
    }
    return error ? error : program->state->patience ? LD_OK : LD_ELIMIT;
}

static enum ld_error make_grants(struct ld_program *program, struct ld_plan *plan)
{
    const struct ld_memory *memory = ld_memory_of(program);
    struct gate_use use = {.words = program->gate_count / 64 + 1};
    uint64_t cursor = 0;
    struct ld_binding binding;
    enum ld_error error = LD_OK;
    use.bits = ld_zeroed(memory, (size_t)use.words * program->compartment_count, sizeof *use.bits);
    if (!use.bits)
        return LD_ENOMEM;
    while (!error && ld_binding_next(program, &cursor, &binding)) {
        if (binding.kind != LD_BOUND_GATE)
            continue;
        uint32_t compartment = program->instances[binding.referrer]->compartment;
        if (test_and_set(&use, compartment, binding.gate))
            continue;
        error = ld_plan_grant(plan, compartment, binding.gate);
    }
    for (uint32_t i = 0; !error && i < program->compartment_count; i++)
        error = ld_plan_callbacks(program, plan, i);
    return error;
}

static uint32_t offering(const struct ld_plan *plan, uint32_t grant)
{
    return plan->program->gates[plan->grants[grant].gate].compartment;
}

/* Callees before callers; compartments that call each other in the order of their coming into use,
 * main last. */
static enum ld_error order_compartments(struct ld_program *program, struct ld_plan *plan)
{
    const struct ld_memory *memory = ld_memory_of(program);
    uint32_t count = program->compartment_count;
    bool *done = ld_zeroed(memory, count, sizeof *done);
    uint32_t *awaited = ld_zeroed(memory, count, sizeof *awaited); /* grants of gates of others */
    plan->start_order = ld_zeroed(memory, count, sizeof *plan->start_order);
    if (!done || !awaited || !plan->start_order)
        return LD_ENOMEM;
    for (uint32_t i = 0; i < count; i++)
        done[i] = program->compartments[i].builtin;
    for (uint32_t j = 0; j < plan->grant_count; j++)
        awaited[plan->grants[j].compartment] += !done[offering(plan, j)];
    for (;;) {
        uint32_t chosen = LD_NONE, fallback = LD_NONE;
        for (uint32_t i = count; i-- > 0;) {
            if (done[i])
                continue;
            fallback = i ? i : fallback == LD_NONE ? 0 : fallback;
            if (!awaited[i] && (i || fallback == 0))
                chosen = i;
        }
        if (chosen == LD_NONE)
            chosen = fallback;
        if (chosen == LD_NONE)
            return LD_OK;
        done[chosen] = true;
        plan->start_order[plan->start_count++] = chosen;
        for (uint32_t j = 0; j < plan->grant_count; j++)
            awaited[plan->grants[j].compartment] -= offering(plan, j) == chosen;
    }
}

uint64_t ld_program_entry(const struct ld_program *program)
{
    const struct ld_instance *main = program->instances[0];
    static const char start[] = "twz_rt_main";
    const struct ld_module *module = main->module;
    struct twz_elf_name name = twz_elf_name(start, sizeof start - 1);
    struct twz_elf_want want = {0};
    struct twz_elf_symbol symbol;
    uint64_t entry = module->elf.entry;
    if (module->has_dynamic &&
        twz_elf_lookup(&module->dynamic, &name, &want, &symbol) == TWZ_ELF_OK)
        entry = symbol.sym.st_value;
    return entry ? ld_instance_address(main, entry) : 0;
}

enum ld_error ld_plan_make(struct ld_program *program, struct ld_plan **result)
{
    const struct ld_memory *memory = ld_memory_of(program);
    struct ld_plan *plan = ld_zeroed(memory, 1, sizeof *plan);
    *result = NULL;
    if (!plan)
        return LD_ENOMEM;
    plan->program = program;
    program->state->patience = LD_PATIENCE;
    enum ld_error error = ld_plan_room(program, plan);
    for (uint32_t i = 0; i < program->instance_count && !error; i++)
        error = ld_plan_instance(program, plan, i);
    if (!error)
        error = make_grants(program, plan);
    if (!error)
        error = order_compartments(program, plan);
    if (error)
        return error;
    plan->entry = ld_program_entry(program);
    *result = plan;
    return LD_OK;
}
