/* SPDX-License-Identifier: BSD-2-Clause */
/* Gates: which ones there are, who offers them, who may import them. */
#include "state.h"
#include <twz/sys/syscall.h>

/* NULL without memory, or when there are as many as there can be. */
static struct ld_gate *add_gate(struct ld_program *program)
{
    for (uint32_t i = 0; program->state->vacant && i < program->gate_count; i++)
        if (program->gates[i].compartment == LD_NONE)
            return &program->gates[i]; /* of a library that was unloaded */
    if (program->gate_count == LD_GATES_MAX)
        return NULL;
    struct ld_gate *gates = ld_grow(ld_base_of(program), program->gates, program->gate_count,
                                    &program->state->gate_capacity, sizeof *gates);
    if (!gates)
        return NULL;
    program->gates = gates;
    return &gates[program->gate_count++];
}

bool ld_may_import(const struct ld_program *program, uint32_t importer, const char *offering,
                   const char *gate, const struct ld_policy_import **import)
{
    const struct ld_policy_compartment *record = ld_policy_of(program, importer);
    *import = NULL;
    return ld_spend(program, record ? record->imports.count : 0) &&
           ld_policy_imports(program->options.policy, program->compartments[importer].policy,
                             importer == 0, offering, gate, import);
}

/* Whether something in compartment `from` needs what is in compartment `to`. */
static bool is_needed(const struct ld_program *program, uint32_t from, uint32_t to)
{
    for (uint32_t i = 0; i < program->edge_count && ld_spend(program, 1); i++) {
        const struct ld_edge *edge = &program->edges[i];
        if (edge->compartment == from && edge->to != LD_NONE &&
            program->instances[edge->to]->compartment == to)
            return true;
    }
    return false;
}

bool ld_gate_imported(const struct ld_program *program, uint32_t importer,
                      const struct ld_gate *gate, const struct ld_policy_import **import)
{
    const struct ld_policy *policy = program->options.policy;
    const struct ld_compartment *offering = &program->compartments[gate->compartment];
    uint32_t own = program->compartments[importer].policy;
    *import = NULL;
    if (offering->builtin)
        return true;
    if (offering->owner != LD_NONE)
        return offering->owner == importer || is_needed(program, importer, gate->compartment);
    if (offering->policy != LD_NONE && offering->policy == own)
        return false; /* another instance of the own compartment */
    const char *name = offering->policy == LD_NONE
                           ? offering->name
                           : ld_policy_string(policy, policy->compartments[offering->policy].name);
    return ld_may_import(program, importer, name, gate->name, import);
}

bool ld_gate_selected(const struct ld_program *program, uint32_t importer,
                      const struct ld_gate *gate)
{
    const struct ld_compartment *offering = &program->compartments[gate->compartment];
    if (!offering->index || offering->builtin)
        return true;
    if (offering->owner != LD_NONE)
        return !offering->demand;
    return offering->demand == ld_demand_on(program, importer, offering->policy);
}

static enum ld_error refuse_gate(struct ld_program *program, const struct ld_instance *instance,
                                 const char *name, const char *message, const char *cure)
{
    struct ld_report report = {.error = LD_EGATE,
                               .severity = LD_REFUSED,
                               .symbol = name,
                               .definer = instance->name,
                               .definer_compartment =
                                   program->compartments[instance->compartment].name,
                               .file = instance->path,
                               .message = message,
                               .cure = cure};
    return ld_refuse(program, &report);
}

static enum ld_error refuse_more(struct ld_program *program, const struct ld_instance *instance)
{
    if (program->gate_count < LD_GATES_MAX)
        return LD_ENOMEM;
    enum ld_error told = refuse_gate(
        program, instance, NULL,
        ld_sentence(ld_memory_of(program),
                    "with the gates of %s there are more than the %u that a program can have",
                    instance->name, LD_GATES_MAX),
        "declare fewer, or load fewer of the libraries that do");
    return told ? told : LD_ELIMIT;
}

/* The symbol that carries a gate's name must be its entry. Its version becomes the gate's. */
static enum ld_error match_symbol(struct ld_program *program, const struct ld_instance *instance,
                                  struct ld_gate *gate)
{
    const struct ld_module *module = instance->module;
    struct twz_elf_name name = twz_elf_name(gate->name, ld_length(gate->name));
    const struct twz_elf_want want = {.patience = &program->state->patience};
    struct twz_elf_symbol symbol;
    if (!module->has_dynamic ||
        twz_elf_lookup(&module->dynamic, &name, &want, &symbol) != TWZ_ELF_OK)
        return refuse_gate(program, instance, gate->name,
                           ld_sentence(ld_memory_of(program),
                                       "gate `%s` of %s has a descriptor, but no exported symbol",
                                       gate->name, instance->name),
                           "declare it with TWZ_GATE, with default visibility");
    if (symbol.sym.st_value != gate->entry || twz_elf_symbol_type(&symbol) != STT_FUNC)
        return refuse_gate(
            program, instance, gate->name,
            ld_sentence(ld_memory_of(program),
                        "symbol `%s` of %s is not the entry of the gate of that name", gate->name,
                        instance->name),
            "do not define a function of the gate's name: write `NAME_impl`");
    const struct ld_version *version = ld_module_symbol_version(module, symbol.index, NULL);
    gate->version = version ? version->name : NULL;
    return LD_OK;
}

static enum ld_error check_twice(struct ld_program *program, const struct ld_instance *instance,
                                 const struct ld_gate *gate)
{
    const struct twz_elf_name name = twz_elf_name_of(gate->name);
    struct ld_gate_cursor cursor = {0};
    for (const struct ld_gate *other; (other = ld_gate_next(program, &name, &cursor));)
        if (other->compartment == gate->compartment)
            return refuse_gate(
                program, instance, gate->name,
                ld_sentence(ld_memory_of(program),
                            "gate `%s` is declared twice in compartment %s: by %s and by %s",
                            gate->name, program->compartments[gate->compartment].name,
                            program->instances[other->instance]->name, instance->name),
                "rename one of them, or move one of the libraries into another compartment");
    return LD_OK;
}

static enum ld_error collect_instance(struct ld_program *program,
                                      const struct ld_instance *instance)
{
    const struct ld_module *module = instance->module;
    struct twz_elf_gate_cursor cursor = {0};
    struct twz_elf_gate found;
    struct twz_elf_diag diag = {0};
    enum twz_elf_error problem;
    enum ld_error error = LD_OK;
    while (!error && (problem = twz_elf_gate_next(&module->elf, &module->abi, &cursor, &found,
                                                  &diag)) == TWZ_ELF_OK) {
        struct ld_gate *gate = add_gate(program);
        if (!gate)
            return refuse_more(program, instance);
        uint64_t place = 0;
        (void)!twz_elf_position(&module->elf, found.vaddr, found.record.size, &place);
        uint32_t own = found.record.isolation | module->abi.min_isolation;
        uint32_t isolation = own | program->compartments[instance->compartment].demand;
        *gate = (struct ld_gate){
            .compartment = instance->compartment,
            .instance = instance->index,
            .name = twz_elf_text_at(&module->elf, found.name, NULL, TWZ_ELF_GATE_NAME_MAX),
            .signature =
                twz_elf_text_at(&module->elf, found.signature, NULL, TWZ_ELF_SIGNATURE_MAX),
            .descriptor = twz_elf_direct(&module->bytes, place, found.record.size),
            .entry = found.entry,
            .isolation = (uint8_t)(isolation ? isolation : TWZ_ISOLATE_BOTH),
            .own_isolation = (uint8_t)own,
            .number = LD_NONE};
        if (!gate->name)
            gate->name = "";
        program->instances[instance->index]->permanent = true; /* others may call it */
        gate->hash = twz_elf_hash_gnu(gate->name, ld_length(gate->name));
        gate->exported =
            ld_policy_exports(program->options.policy,
                              program->compartments[instance->compartment].policy, gate->name);
        error = check_twice(program, instance, gate);
        if (!error)
            error = match_symbol(program, instance, gate);
        if (!error)
            error = ld_gate_enter(program, (uint32_t)(gate - program->gates));
    }
    if (error || problem == TWZ_ELF_END)
        return error;
    char line[TWZ_ELF_LINE];
    (void)twz_elf_format(&diag.first, line, sizeof line);
    return refuse_gate(program, instance, NULL,
                       ld_sentence(ld_memory_of(program), "%s: %s", instance->path, line),
                       twz_elf_error_cure(diag.first.error));
}

enum ld_error ld_gates_collect(struct ld_program *program)
{
    const struct ld_options *options = &program->options;
    struct ld_state *state = program->state;
    enum ld_error error = LD_OK;
    for (uint32_t i = 0; !error && !state->monitor_known && i < options->monitor_gate_count; i++) {
        const struct ld_known_gate *known = &options->monitor_gates[i];
        struct ld_gate *gate = add_gate(program);
        if (!gate)
            return program->gate_count == LD_GATES_MAX ? LD_ELIMIT : LD_ENOMEM;
        *gate = (struct ld_gate){.compartment = program->state->monitor,
                                 .instance = LD_NONE,
                                 .name = known->name,
                                 .signature = known->signature,
                                 .isolation = TWZ_ISOLATE_BOTH,
                                 .exported = true,
                                 .pattern = ld_glob_is_pattern(known->name),
                                 .hash = twz_elf_hash_gnu(known->name, ld_length(known->name)),
                                 .number = known->number};
        error = ld_gate_enter(program, (uint32_t)(gate - program->gates));
    }
    state->monitor_known = true;
    while (!error && state->collected < state->fresh_count) {
        const struct ld_instance *instance = program->instances[state->fresh[state->collected++]];
        if (instance->module->has_abi)
            error = collect_instance(program, instance);
    }
    return error;
}

/* What an entry of <twz/gate.h> begins with: test $8, %spl; jnz NAME_impl. */
static const uint8_t plain_call[] = {0x40, 0xf6, 0xc4, 0x08, 0x0f, 0x85};

bool ld_gate_function(const struct ld_program *program, const struct ld_instance *instance,
                      uint64_t entry, uint64_t *function)
{
    const struct ld_module *module = instance->module;
    uint8_t code[sizeof plain_call + sizeof(int32_t)];
    if (!module->has_abi || module->elf.machine != EM_X86_64 ||
        twz_elf_read_vaddr(&module->elf, entry, code, sizeof code) != TWZ_ELF_OK)
        return false;
    for (uint32_t i = 0; i < sizeof plain_call; i++)
        if (code[i] != plain_call[i])
            return false;
    uint32_t distance = 0;
    for (uint32_t i = 0; i < sizeof distance; i++)
        distance |= (uint32_t)code[sizeof plain_call + i] << 8 * i;
    *function = entry + sizeof code + (uint64_t)(int64_t)(int32_t)distance;
    if (!twz_elf_is_code(&module->elf, *function))
        return false;
    return ld_gate_at(program, instance->index, entry, false) != NULL;
}
