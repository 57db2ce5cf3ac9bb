/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loading a program: names are followed breadth first, so that with one compartment files are found
 * in the order of the system's linker.
 */
#include "open.h"

enum ld_error ld_refuse(struct ld_program *program, const struct ld_report *report)
{
    if (report->severity == LD_REFUSED)
        ld_first(&program->state->first_error, report->error);
    if (!report->message)
        return LD_ENOMEM;
    return ld_tell(program->options.diag, report);
}

enum ld_error ld_refuse_endless(struct ld_program *program, const char *name)
{
    const struct ld_memory *memory = ld_memory_of(program);
    struct ld_report report = {
        .error = LD_ELIMIT,
        .severity = LD_REFUSED,
        .symbol = name,
        .message = ld_sentence(memory,
                               "what %s asks for cannot be settled in reasonable time: it, or the "
                               "policy, has lists without end",
                               name),
        .cure = "name less in DT_NEEDED, in versions, or in lists of the policy"};
    enum ld_error told = ld_refuse(program, &report);
    return told ? told : LD_ELIMIT;
}

bool ld_append(const struct ld_memory *memory, uint32_t **array, uint32_t *count,
               uint32_t *capacity, uint32_t value)
{
    uint32_t *larger = ld_grow(memory, *array, *count, capacity, sizeof **array);
    if (!larger)
        return false;
    *array = larger;
    larger[(*count)++] = value;
    return true;
}

static enum ld_error follow_needs(struct ld_program *program, const struct ld_instance *instance)
{
    const struct ld_module *module = instance->module;
    struct wish wish = {.kind = LD_EDGE_NEEDED,
                        .from = instance->index,
                        .search_as = instance->index,
                        .compartment = instance->compartment};
    enum ld_error error = LD_OK;
    for (uint32_t i = 0; i < module->needed_count && !error; i++) {
        wish.name = module->needed[i];
        error = ld_follow(program, wish);
    }
    for (uint32_t i = 0; i < module->filtee_count && !error; i++) {
        wish.name = module->filtees[i].name;
        wish.optional = module->filtees[i].optional;
        wish.kind = wish.optional ? LD_EDGE_AUXILIARY : LD_EDGE_FILTER;
        error = ld_follow(program, wish);
    }
    return error;
}

enum ld_error ld_follow_all(struct ld_program *program, uint32_t *opened)
{
    struct ld_state *state = program->state;
    enum ld_error error = LD_OK;
    while (!error) {
        if (state->followed < state->fresh_count) {
            const struct ld_instance *instance =
                program->instances[state->fresh[state->followed++]];
            error = follow_needs(program, instance);
        } else if (*opened < program->compartment_count) {
            error = ld_open_imported(program, (*opened)++);
        } else {
            break;
        }
    }
    return error;
}

static enum ld_error start(struct ld_program *program, const struct ld_file *file)
{
    const struct ld_options *options = &program->options;
    uint32_t instance;
    struct ld_module *module;
    enum ld_error error = ld_obtain_module(program, file, &module);
    if (!error)
        error = ld_add_instance(program, module, 0, &instance);
    if (error)
        return error;
    struct wish wish = {
        .kind = LD_EDGE_PROGRAM, .from = LD_NONE, .search_as = LD_NONE, .name = file->path};
    error = ld_arrive(program, &wish, instance, NULL);
    for (uint32_t i = 0; i < options->preload_count && !error; i++)
        error = ld_follow(program, (struct wish){.kind = LD_EDGE_PRELOAD,
                                                 .from = LD_NONE,
                                                 .name = options->preload[i],
                                                 .optional = options->preload_count - i <=
                                                             options->preload_optional});
    return error;
}

static struct ld_program *make_program(const struct ld_options *options)
{
    const struct ld_memory *memory = &options->memory;
    uint32_t capacity = ld_compartment_room(options->policy);
    struct ld_program *program = ld_zeroed(memory, 1, sizeof *program);
    if (!program)
        return NULL;
    program->options = *options;
    program->compartment_room = capacity;
    program->compartments = ld_zeroed(memory, capacity, sizeof *program->compartments);
    program->state = ld_zeroed(memory, 1, sizeof *program->state);
    if (!program->compartments || !program->state)
        return NULL;
    program->state->groups = ld_zeroed(memory, capacity, sizeof *program->state->groups);
    if (!program->state->groups)
        return NULL;
    program->state->near_budget = LD_NEAR_BUDGET;
    program->state->patience = LD_PATIENCE;
    program->state->base = *memory;
    program->state->counted = LD_NONE;
    uint32_t main = options->policy ? ld_policy_compartment(options->policy, LD_MAIN) : LD_NONE;
    ld_add_compartment(program, LD_MAIN, main, false);
    if (main != LD_NONE)
        program->compartments[0].demand = (uint8_t)ld_demand_on(program, 0, main);
    program->state->monitor = options->monitor_gate_count
                                  ? ld_add_compartment(program, LD_MONITOR, LD_NONE, true)
                                  : LD_NONE;
    return program;
}

enum ld_error ld_program_load(const struct ld_options *options, const struct ld_file *file,
                              struct ld_program **result)
{
    *result = NULL;
    struct ld_program *program = make_program(options);
    if (!program)
        return LD_ENOMEM;
    uint32_t opened = 0;
    enum ld_error error = start(program, file);
    if (!error)
        error = ld_follow_all(program, &opened);
    if (!error)
        error = ld_follow_runtime(program, 0, 0);
    if (!error)
        error = ld_follow_all(program, &opened);
    if (!error)
        error = ld_open_offered(program, &opened);
    if (!error)
        error = ld_open_for_reports(program, &opened);
    if (!error)
        error = ld_scopes_make(program);
    if (!error)
        error = ld_gates_collect(program);
    if (error)
        return error;
    *result = program;
    return program->state->first_error;
}

enum ld_error ld_follow_late(struct ld_program *program, uint32_t compartment,
                             const struct ld_late_request *request, const char *name,
                             uint32_t *root)
{
    struct ld_state *state = program->state;
    uint32_t opened = program->compartment_count, edges = program->edge_count;
    enum ld_error error =
        ld_follow(program, (struct wish){.kind = LD_EDGE_LATE,
                                         .from = LD_NONE,
                                         .search_as = request->from == LD_NONE ? 0 : request->from,
                                         .compartment = compartment,
                                         .name = name,
                                         .demand = request->demand});
    *root = LD_NONE;
    for (uint32_t i = edges; i < program->edge_count; i++)
        if (program->edges[i].kind == LD_EDGE_LATE)
            *root = program->edges[i].to;
    return error || state->first_error ? error : ld_follow_all(program, &opened);
}

enum ld_error ld_open_late(struct ld_program *program, uint32_t policy, uint32_t demand,
                           uint32_t *index)
{
    uint32_t opened = program->compartment_count;
    enum ld_error error = ld_open_compartment(program, policy, demand, 0, index);
    return error ? error : ld_follow_all(program, &opened);
}

const struct ld_compartment *ld_program_compartment(const struct ld_program *program,
                                                    const char *name)
{
    for (uint32_t i = 0; i < program->compartment_count; i++)
        if (ld_equal(program->compartments[i].name, name))
            return &program->compartments[i];
    return NULL;
}
