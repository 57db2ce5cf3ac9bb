/* SPDX-License-Identifier: BSD-2-Clause */
#include "open.h"
#include <twz/sys/syscall.h>

uint32_t ld_add_compartment(struct ld_program *program, const char *name, uint32_t policy,
                            bool builtin)
{
    uint32_t index = program->compartment_count;
    if (index == program->compartment_room)
        return LD_NONE;
    program->compartment_count++;
    program->compartments[index] = (struct ld_compartment){.name = name,
                                                           .index = index,
                                                           .policy = policy,
                                                           .owner = LD_NONE,
                                                           .builtin = builtin,
                                                           .tls_align = 1};
    return index;
}

uint32_t ld_home_policy(const struct ld_program *program, uint32_t compartment)
{
    uint32_t owner = program->compartments[compartment].owner;
    return program->compartments[owner == LD_NONE ? compartment : owner].policy;
}

uint32_t ld_claimant(const struct ld_program *program, uint32_t own, const char *name,
                     uint32_t *line)
{
    const struct ld_policy *policy = program->options.policy;
    if (!policy)
        return LD_NONE;
    uint32_t found = LD_NONE;
    name = ld_base_name(name);
    for (uint32_t i = 0; i < policy->compartment_count; i++) {
        const struct ld_policy_run *run = &policy->compartments[i].libraries;
        for (uint32_t j = run->first; j < run->first + run->count; j++) {
            if (!ld_spend(program, 1))
                return LD_NONE;
            if (!ld_glob_match(ld_policy_string(policy, policy->libraries[j].pattern), name))
                continue;
            if (i == own || found == LD_NONE) {
                found = i;
                *line = policy->libraries[j].line;
            }
            if (i == own)
                return own;
            break;
        }
    }
    return found;
}

/* ---- Demands ---- */

uint32_t ld_demand_on(const struct ld_program *program, uint32_t importer, uint32_t offering)
{
    return ld_policy_demand(program->options.policy, program->compartments[importer].policy,
                            offering);
}

static const char *demand_text(uint32_t demand)
{
    static const char *const texts[] = {
        [TWZ_ISOLATE_NONE] = "none",
        [TWZ_ISOLATE_CALLEE] = "callee",
        [TWZ_ISOLATE_CALLER] = "caller",
        [TWZ_ISOLATE_BOTH] = "both",
    };
    return texts[demand & TWZ_ISOLATE_BOTH];
}

/* ---- Bringing into use ---- */

/* A program that needs no library and starts itself has the runtime linked in. */
static bool carries_runtime(const struct ld_module *program)
{
    static const char start[] = "twz_rt_start";
    struct twz_elf_name name = twz_elf_name(start, sizeof start - 1);
    struct twz_elf_want want = {0};
    struct twz_elf_symbol symbol;
    return program->has_dynamic && program->needed_count == 0 &&
           twz_elf_lookup(&program->dynamic, &name, &want, &symbol) == TWZ_ELF_OK;
}

enum ld_error ld_follow_runtime(struct ld_program *program, uint32_t compartment, uint32_t opener)
{
    const struct ld_policy *policy = program->options.policy;
    const struct ld_policy_compartment *record = ld_policy_of(program, compartment);
    uint32_t count = compartment == 0 && carries_runtime(program->instances[0]->module)
                         ? 0
                         : program->options.runtime_count;
    enum ld_error error = LD_OK;
    for (uint32_t i = 0; i < count && !error; i++)
        error = ld_follow(program, (struct wish){.kind = LD_EDGE_RUNTIME,
                                                 .from = LD_NONE,
                                                 .search_as = opener,
                                                 .compartment = compartment,
                                                 .name = program->options.runtime[i]});
    for (uint32_t i = 0; record && i < record->first_dibs.count && !error; i++) {
        const struct ld_policy_library *library = &policy->first_dibs[record->first_dibs.first + i];
        error = ld_follow(program, (struct wish){.kind = LD_EDGE_FIRST_DIBS,
                                                 .from = LD_NONE,
                                                 .search_as = opener,
                                                 .compartment = compartment,
                                                 .name = ld_policy_string(policy, library->pattern),
                                                 .line = library->line});
    }
    return error;
}

enum ld_error ld_open_compartment(struct ld_program *program, uint32_t policy, uint32_t demand,
                                  uint32_t opener, uint32_t *index)
{
    const struct ld_policy *text = program->options.policy;
    const struct ld_policy_compartment *record = &text->compartments[policy];
    const char *name = ld_policy_string(text, record->name);
    for (uint32_t i = 0; i < program->compartment_count; i++) {
        const struct ld_compartment *open = &program->compartments[i];
        if (open->policy != policy)
            continue;
        if (!i || open->demand == demand) {
            *index = i;
            return LD_OK;
        }
        name = NULL; /* is taken by the first of them */
    }
    if (!name)
        name = ld_sentence(ld_memory_of(program), "%s/%s", ld_policy_string(text, record->name),
                           demand_text(demand));
    if (!name)
        return LD_ENOMEM;
    *index = ld_add_compartment(program, name, policy, false);
    if (*index == LD_NONE)
        return LD_ELIMIT;
    program->compartments[*index].demand = (uint8_t)demand;
    enum ld_error error = LD_OK;
    for (uint32_t i = 0; i < record->libraries.count && !error; i++) {
        const struct ld_policy_library *library = &text->libraries[record->libraries.first + i];
        name = ld_policy_string(text, library->pattern);
        if (!ld_glob_is_pattern(name))
            error = ld_follow(program, (struct wish){.kind = LD_EDGE_POLICY,
                                                     .from = LD_NONE,
                                                     .search_as = opener,
                                                     .compartment = *index,
                                                     .name = name,
                                                     .line = library->line});
    }
    return error ? error : ld_follow_runtime(program, *index, opener);
}

enum ld_error ld_open_own(struct ld_program *program, const struct wish *wish,
                          const struct ld_module *module, uint32_t *index, uint32_t *instance)
{
    uint32_t owner = program->compartments[wish->compartment].owner;
    if (owner == LD_NONE)
        owner = wish->compartment;
    for (*instance = 0; *instance < program->instance_count; ++*instance) {
        const struct ld_instance *other = program->instances[*instance];
        *index = other->compartment;
        if (!other->vacant && other->module == module &&
            program->compartments[*index].owner == owner &&
            program->compartments[*index].demand == wish->demand)
            return LD_OK;
    }
    *instance = LD_NONE;
    const char *name =
        ld_sentence(ld_memory_of(program), wish->demand ? "%s/%s/%s" : "%s/%s",
                    program->compartments[owner].name, module->name, demand_text(wish->demand));
    if (!name)
        return LD_ENOMEM;
    *index = ld_add_compartment(program, name, LD_NONE, false);
    if (*index == LD_NONE)
        return LD_ELIMIT;
    program->compartments[*index].owner = owner;
    program->compartments[*index].demand = (uint8_t)wish->demand;
    return LD_OK;
}

enum ld_error ld_open_imported(struct ld_program *program, uint32_t compartment)
{
    const struct ld_policy *policy = program->options.policy;
    const struct ld_policy_compartment *record = ld_policy_of(program, compartment);
    enum ld_error error = LD_OK;
    for (uint32_t i = 0; record && i < record->imports.count && !error; i++) {
        const char *name =
            ld_policy_string(policy, policy->imports[record->imports.first + i].compartment);
        uint32_t named = ld_policy_compartment(policy, name), index;
        if (named != LD_NONE)
            error = ld_open_compartment(program, named, ld_demand_on(program, compartment, named),
                                        0, &index);
    }
    return error;
}

/* ---- On demand ---- */

enum ld_error ld_open_for(struct ld_program *program, uint32_t importer, const char *name)
{
    struct ld_offers offers;
    uint32_t index;
    enum ld_error error = ld_offers_find(program, importer, name, &offers);
    if (error || offers.count != 1)
        return error;
    return ld_open_compartment(program, offers.policy,
                               ld_demand_on(program, importer, offers.policy), 0, &index);
}

/* Whether the policy lets the compartment import from compartments that it does not name. */
static bool imports_by_pattern(const struct ld_program *program, uint32_t compartment)
{
    const struct ld_policy *policy = program->options.policy;
    const struct ld_policy_compartment *record = ld_policy_of(program, compartment);
    if (!record || !(record->flags & LD_POLICY_NARROWS_IMPORTS))
        return !compartment;
    const struct ld_policy_import *imports = &policy->imports[record->imports.first];
    for (uint32_t i = 0; i < record->imports.count; i++)
        if (ld_glob_is_pattern(ld_policy_string(policy, imports[i].compartment)))
            return true;
    return false;
}

enum ld_error ld_open_for_instance(struct ld_program *program, const struct ld_instance *instance)
{
    uint32_t cursor = 0;
    const char *name;
    enum ld_error error = LD_OK;
    struct ld_extra *extra = ld_extra(program, instance->index);
    if (instance->vacant || extra->complete || !imports_by_pattern(program, instance->compartment))
        return LD_OK;
    extra->complete = true;
    while (!error && (name = ld_next_unresolved(program, instance, &cursor))) {
        extra->complete = false;
        error = ld_open_for(program, instance->compartment, name);
    }
    if (!error && !program->state->patience)
        error = ld_refuse_endless(program, instance->name);
    return error;
}

enum ld_error ld_open_offered(struct ld_program *program, uint32_t *opened)
{
    enum ld_error error = LD_OK;
    if (!program->options.policy)
        return LD_OK;
    for (uint32_t before = 0; !error && before != program->compartment_count;) {
        before = program->compartment_count;
        error = ld_scopes_make(program);
        if (!error)
            error = ld_gates_collect(program);
        for (uint32_t i = 0; i < program->instance_count && !error; i++)
            error = ld_open_for_instance(program, program->instances[i]);
        if (!error)
            error = ld_follow_all(program, opened);
    }
    return error;
}

enum ld_error ld_open_for_reports(struct ld_program *program, uint32_t *opened)
{
    const struct ld_policy *policy = program->options.policy;
    const struct ld_policy_compartment *main = ld_policy_of(program, 0);
    enum ld_error error = LD_OK;
    if (!policy || (main && main->flags & LD_POLICY_NARROWS_IMPORTS) ||
        !ld_has_unresolved(program, 0))
        return LD_OK;
    for (uint32_t i = 0; i < policy->compartment_count && !error; i++) {
        uint32_t index;
        if (i != program->compartments[0].policy)
            error = ld_open_compartment(program, i, ld_demand_on(program, 0, i), 0, &index);
        if (!error)
            error = ld_follow_all(program, opened);
    }
    return error;
}
