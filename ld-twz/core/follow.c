/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Following names: which file is an instance in which compartment. A name is placed by the policy:
 * into the compartment of whoever needs it unless another compartment names it. What demands to be
 * isolated, or is demanded so, gets a compartment of its own.
 */
#include "open.h"

const char *ld_edge_text(enum ld_edge_kind kind)
{
    static const char *const texts[] = {
#define X(name, text) [name] = text,
        LD_EDGES(X)
#undef X
    };
    return (unsigned)kind < sizeof texts / sizeof *texts ? texts[kind] : "?";
}

void ld_place_tried(struct ld_request *request, const char *path, const char *origin,
                    const char *result)
{
    const struct ld_memory *memory = ld_memory_of(request->program);
    struct ld_place *place = ld_zeroed(memory, 1, sizeof *place);
    if (!place)
        return;
    place->path = ld_copy(memory, path);
    place->origin = ld_copy(memory, origin);
    place->result = ld_copy(memory, result);
    if (!place->path || !place->origin || !place->result)
        return;
    if (request->last_place)
        request->last_place->next = place;
    else
        request->first_place = place;
    request->last_place = place;
}

static bool is_called(const struct ld_program *program, uint32_t instance,
                      const struct twz_elf_name *name)
{
    const struct ld_module *module = program->instances[instance]->module;
    for (const struct ld_alias *alias = ld_extra(program, instance)->aliases; alias;
         alias = alias->next)
        if (ld_spend(program, 1) && alias->hash == name->gnu && ld_equal(alias->name, name->text))
            return true;
    return module->soname_hash == name->gnu && ld_equal(module->soname, name->text);
}

static uint32_t find_called(const struct ld_program *program, uint32_t compartment,
                            const char *text)
{
    const struct twz_elf_name name = twz_elf_name_of(text);
    for (uint32_t i = 0; i < program->instance_count; i++)
        if (program->instances[i]->compartment == compartment && is_called(program, i, &name))
            return i;
    return LD_NONE;
}

static enum ld_error add_alias(struct ld_program *program, uint32_t instance, const char *name)
{
    const struct twz_elf_name wanted = twz_elf_name_of(name);
    if (is_called(program, instance, &wanted))
        return LD_OK;
    struct ld_extra *extra = ld_extra(program, instance);
    /* A name from a load at run time may go before what it names. */
    bool late = program->state->loading && extra->late != program->state->loading;
    const struct ld_memory *memory = late ? ld_base_of(program) : ld_memory_of(program);
    struct ld_alias *alias = ld_zeroed(memory, 1, sizeof *alias);
    if (late)
        name = ld_copy(memory, name);
    if (!alias || !name)
        return LD_ENOMEM;
    *alias = (struct ld_alias){extra->aliases, name, wanted.gnu};
    extra->aliases = alias;
    return LD_OK;
}

static enum ld_error add_edge(struct ld_program *program, const struct wish *wish, uint32_t to,
                              const struct ld_place *places)
{
    struct ld_edge *edges = ld_grow(ld_base_of(program), program->edges, program->edge_count,
                                    &program->state->edge_capacity, sizeof *edges);
    if (!edges)
        return LD_ENOMEM;
    program->edges = edges;
    edges[program->edge_count++] = (struct ld_edge){.kind = wish->kind,
                                                    .from = wish->from,
                                                    .compartment = wish->compartment,
                                                    .to = to,
                                                    .name = wish->name,
                                                    .policy_line = wish->line,
                                                    .places = places,
                                                    .late = program->state->loading};
    return LD_OK;
}

/* A library that demands isolation is in nobody's compartment but one that the policy or its demand
 * has made for it. */
static enum ld_error check_demand(struct ld_program *program, const struct ld_instance *instance)
{
    uint32_t line;
    const struct ld_module *module = instance->module;
    const struct ld_compartment *compartment = &program->compartments[instance->compartment];
    if (!module->has_abi || !module->abi.min_isolation || !instance->index ||
        compartment->owner != LD_NONE ||
        (compartment->index && compartment->policy != LD_NONE &&
         ld_claimant(program, compartment->policy, instance->name, &line) == compartment->policy))
        return LD_OK;
    const struct ld_memory *memory = ld_memory_of(program);
    struct ld_report report = {
        .error = LD_EISOLATION,
        .severity = LD_REFUSED,
        .symbol = instance->name,
        .compartment = compartment->name,
        .file = instance->path,
        .message = ld_sentence(
            memory, "%s demands a compartment of its own, but the policy puts it into %s",
            instance->name, compartment->name),
        .cure =
            ld_sentence(memory, "name it in a compartment of the policy: libraries = { \"%s\" }",
                        instance->name)};
    return ld_refuse(program, &report);
}

/* A number for an instance: a vacant one, or the next. */
static enum ld_error take_number(struct ld_program *program, uint32_t *index)
{
    struct ld_state *state = program->state;
    const struct ld_memory *memory = ld_base_of(program);
    for (uint32_t i = 0; state->vacant && i < program->instance_count; i++)
        if (program->instances[i]->vacant) {
            state->vacant--;
            *index = i;
            return LD_OK;
        }
    if (program->instance_count >= LD_INSTANCES_MAX)
        return LD_ELIMIT;
    struct ld_instance **instances = ld_grow(memory, program->instances, program->instance_count,
                                             &state->instance_capacity, sizeof *instances);
    struct ld_extra **extras = ld_grow(memory, state->extras, program->instance_count,
                                       &state->extra_capacity, sizeof *extras);
    struct ld_instance *instance = ld_zeroed(memory, 1, sizeof *instance);
    struct ld_extra *extra = ld_zeroed(memory, 1, sizeof *extra);
    if (!instances || !extras || !instance || !extra)
        return LD_ENOMEM;
    program->instances = instances;
    state->extras = extras;
    *index = program->instance_count++;
    instances[*index] = instance;
    extras[*index] = extra;
    return LD_OK;
}

enum ld_error ld_add_instance(struct ld_program *program, struct ld_module *module,
                              uint32_t compartment, uint32_t *index)
{
    struct ld_state *state = program->state;
    enum ld_error error = take_number(program, index);
    if (error)
        return error;
    struct ld_instance *instance = program->instances[*index];
    struct ld_extra *extra = ld_extra(program, *index);
    *instance = (struct ld_instance){.program = program,
                                     .module = module,
                                     .name = module->name,
                                     .path = module->file.path,
                                     .index = *index,
                                     .compartment = compartment,
                                     .made_by = program->edge_count,
                                     .text_slot = LD_NONE,
                                     .data_slot = LD_NONE,
                                     .laid_out = module->laid_out,
                                     .static_position = module->elf.type == ET_EXEC};
    *extra = (struct ld_extra){.module = module, .late = state->loading};
    extra->needs = ld_zeroed(ld_memory_of(program), module->needed_count + module->filtee_count,
                             sizeof *extra->needs);
    if (!extra->needs || !ld_append(ld_base_of(program), &state->fresh, &state->fresh_count,
                                    &state->fresh_capacity, *index))
        return LD_ENOMEM;
    return check_demand(program, instance);
}

/* Opens a file, or finds that it is open already under another name. */
enum ld_error ld_obtain_module(struct ld_program *program, const struct ld_file *file,
                               struct ld_module **module)
{
    struct ld_state *state = program->state;
    for (uint32_t i = 0; i < state->module_count; i++) {
        const uint64_t *known = state->modules[i]->file.identity;
        if (known[0] == file->identity[0] && known[1] == file->identity[1]) {
            *module = state->modules[i];
            return LD_OK;
        }
    }
    enum ld_error error = ld_module_open(&program->options, file, module);
    if (error)
        return error;
    struct ld_module **modules = ld_grow(ld_base_of(program), state->modules, state->module_count,
                                         &state->module_capacity, sizeof *modules);
    if (!modules)
        return LD_ENOMEM;
    (*module)->late = state->loading;
    state->modules = modules;
    modules[state->module_count++] = *module;
    return LD_OK;
}

/* Where the policy puts a library named `name`: *compartment is the wanting one and may change.
 * *claimed: the policy names it for the wanting one. */
static enum ld_error place_name(struct ld_program *program, struct wish *wish, const char *name,
                                uint32_t *compartment, bool *claimed)
{
    uint32_t line = 0, own = ld_home_policy(program, wish->compartment);
    bool anchored = wish->kind == LD_EDGE_RUNTIME || wish->kind == LD_EDGE_FIRST_DIBS ||
                    wish->kind == LD_EDGE_PROGRAM || wish->kind == LD_EDGE_PRELOAD ||
                    wish->kind == LD_EDGE_POLICY;
    uint32_t policy = anchored ? LD_NONE : ld_claimant(program, own, name, &line);
    *claimed = anchored || (policy != LD_NONE && policy == own);
    if (policy == LD_NONE)
        return LD_OK;
    wish->line = line;
    if (policy == own)
        return LD_OK;
    return ld_open_compartment(program, policy,
                               ld_demand_on(program, wish->compartment, policy) | wish->demand,
                               wish->search_as, compartment);
}

static enum ld_error tell_not_found(struct ld_program *program, const struct wish *wish,
                                    const struct ld_place *places)
{
    const struct ld_memory *memory = ld_memory_of(program);
    const char *compartment = program->compartments[wish->compartment].name;
    const char *referrer = wish->from == LD_NONE ? NULL : program->instances[wish->from]->name;
    uint32_t count = 0;
    for (const struct ld_place *place = places; place; place = place->next)
        count++;
    struct ld_report report = {
        .error = LD_ENOTFOUND,
        .severity = wish->optional ? LD_WARNING : LD_REFUSED,
        .referrer = referrer,
        .compartment = compartment,
        .symbol = wish->name,
        .rule = ld_edge_text(wish->kind),
        .message =
            referrer
                ? ld_sentence(memory, "%s, needed by %s in compartment %s, was not found; %u %s",
                              wish->name, referrer, compartment, count,
                              count == 1 ? "place searched" : "places searched")
                : ld_sentence(memory, "%s (%s) of compartment %s was not found; %u %s", wish->name,
                              ld_edge_text(wish->kind), compartment, count,
                              count == 1 ? "place searched" : "places searched"),
        .cure = "put it where the search leads (--library-path DIR), or into the image"};
    return ld_refuse(program, &report);
}

/* Records that the wish led to `instance`. */
enum ld_error ld_arrive(struct ld_program *program, struct wish *wish, uint32_t instance,
                        const struct ld_place *places)
{
    const struct ld_memory *memory = ld_memory_of(program);
    uint32_t compartment = program->instances[instance]->compartment;
    struct ld_group *group = &program->state->groups[compartment];
    bool crossing = compartment != wish->compartment;
    bool needed = wish->kind == LD_EDGE_NEEDED || wish->kind == LD_EDGE_FILTER ||
                  wish->kind == LD_EDGE_AUXILIARY;
    if (crossing && needed)
        wish->kind = program->compartments[compartment].owner == LD_NONE ? LD_EDGE_CROSSING
                                                                         : LD_EDGE_ISOLATED;
    enum ld_error error = add_alias(program, instance, wish->name);
    if (!error)
        error = add_edge(program, wish, instance, places);
    if (error)
        return error;
    if (needed && !crossing) {
        struct ld_extra *extra = ld_extra(program, wish->from);
        extra->needs[extra->need_count++] = instance;
        extra->filtee_count += wish->kind != LD_EDGE_NEEDED;
        return LD_OK;
    }
    if (wish->kind == LD_EDGE_RUNTIME || wish->kind == LD_EDGE_FIRST_DIBS) {
        program->instances[instance]->runtime = true;
        return ld_append(memory, &group->runtime, &group->runtime_count, &group->runtime_capacity,
                         instance)
                   ? LD_OK
                   : LD_ENOMEM;
    }
    if (program->state->loading && compartment < program->state->loading->first_compartment)
        return LD_OK; /* the scope of a compartment that runs does not change */
    for (uint32_t i = 0; i < group->root_count; i++)
        if (group->roots[i] == instance)
            return LD_OK;
    return ld_append(memory, &group->roots, &group->root_count, &group->root_capacity, instance)
               ? LD_OK
               : LD_ENOMEM;
}

/* Whether a file is who it says it is: what its soname leads to in the compartment of that
 * name. A file may call itself anything, and must not come into a compartment by that. */
static bool answers_to_name(const struct ld_program *program, struct ld_request *request,
                            uint32_t compartment, const struct ld_module *module)
{
    struct ld_file file = {0};
    uint32_t known = find_called(program, compartment, module->name);
    if (known != LD_NONE)
        return program->instances[known]->module == module;
    request->name = module->name;
    return program->options.load.find(program->options.load.context, request, &file) &&
           file.identity[0] == module->file.identity[0] &&
           file.identity[1] == module->file.identity[1];
}

static enum ld_error refuse_impostor(struct ld_program *program, const struct wish *wish,
                                     uint32_t compartment, const struct ld_module *module)
{
    const struct ld_memory *memory = ld_memory_of(program);
    const char *taken = program->compartments[compartment].name;
    struct ld_report report = {
        .error = LD_EDUPLICATE,
        .severity = LD_REFUSED,
        .symbol = wish->name,
        .compartment = program->compartments[wish->compartment].name,
        .file = module->file.path,
        .rule = ld_edge_text(wish->kind),
        .message =
            ld_sentence(memory, "%s calls itself %s, which is another file, in compartment %s",
                        module->file.path, module->name, taken),
        .cure = ld_sentence(memory, "link it with a soname of its own: -Wl,-soname,%s",
                            ld_base_name(wish->name))};
    return ld_refuse(program, &report);
}

/* Into a compartment of its own, which the wish made. */
static enum ld_error isolate(struct ld_program *program, struct wish *wish,
                             struct ld_module *module, const struct ld_place *places)
{
    uint32_t compartment, instance;
    enum ld_error error = ld_open_own(program, wish, module, &compartment, &instance);
    if (error || instance != LD_NONE)
        return error ? error : ld_arrive(program, wish, instance, places);
    error = ld_add_instance(program, module, compartment, &instance);
    if (!error)
        error = ld_arrive(program, wish, instance, places);
    return error ? error : ld_follow_runtime(program, compartment, instance);
}

static enum ld_error follow(struct ld_program *program, struct wish wish)
{
    uint32_t compartment = wish.compartment;
    bool claimed;
    enum ld_error error = place_name(program, &wish, wish.name, &compartment, &claimed);
    if (error)
        return error;
    /* Another compartment's library is the one of that name, whatever path leads to it from
     * here.
     */
    uint32_t instance = LD_NONE;
    if (compartment != wish.compartment)
        instance = find_called(program, compartment, ld_base_name(wish.name));
    else if (!wish.demand)
        instance = find_called(program, compartment, wish.name);
    if (instance != LD_NONE)
        return ld_arrive(program, &wish, instance, NULL);

    struct ld_request request = {
        .program = program,
        .name = wish.name,
        .needed_by = wish.search_as == LD_NONE ? NULL : program->instances[wish.search_as],
        .compartment = program->compartments[compartment].name};
    struct ld_file file = {0};
    if (!program->options.load.find ||
        !program->options.load.find(program->options.load.context, &request, &file)) {
        if (wish.kind == LD_EDGE_AUXILIARY)
            return LD_OK; /* is used if it is there */
        error = tell_not_found(program, &wish, request.first_place);
        return error ? error : add_edge(program, &wish, LD_NONE, request.first_place);
    }
    struct ld_module *module;
    error = ld_obtain_module(program, &file, &module);
    if (error == LD_ENOMEM || error == LD_ESTOPPED)
        return error;
    if (!error && module->elf.machine != program->instances[0]->module->elf.machine) {
        struct ld_report report = {.error = error = LD_EELF,
                                   .severity = LD_REFUSED,
                                   .file = file.path,
                                   .message = ld_sentence(ld_memory_of(program),
                                                          "%s is made for another machine than %s",
                                                          file.path, program->instances[0]->path),
                                   .cure = "build both for the same machine"};
        enum ld_error told = ld_refuse(program, &report);
        if (told)
            return told;
    }
    if (error) {
        ld_first(&program->state->first_error, error);
        return add_edge(program, &wish, LD_NONE, request.first_place);
    }
    if (compartment == wish.compartment) {
        bool named;
        error = place_name(program, &wish, module->name, &compartment, &named);
        if (error)
            return error;
        claimed = claimed || named;
        if (compartment != wish.compartment &&
            !answers_to_name(program, &request, compartment, module)) {
            error = refuse_impostor(program, &wish, compartment, module);
            return error ? error : add_edge(program, &wish, LD_NONE, request.first_place);
        }
    }
    if (compartment == wish.compartment && (wish.demand || (!claimed && module->demand)))
        return isolate(program, &wish, module, request.first_place);
    for (uint32_t i = 0; i < program->instance_count; i++)
        if (program->instances[i]->compartment == compartment &&
            program->instances[i]->module == module)
            return ld_arrive(program, &wish, i, request.first_place);
    error = ld_add_instance(program, module, compartment, &instance);
    return error ? error : ld_arrive(program, &wish, instance, request.first_place);
}

enum ld_error ld_follow(struct ld_program *program, struct wish wish)
{
    enum ld_error error = follow(program, wish);
    if (!error && !program->state->patience)
        error = ld_refuse_endless(program, wish.name);
    return error;
}
