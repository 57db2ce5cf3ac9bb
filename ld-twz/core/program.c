/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loading: which file is an instance in which compartment. A name is placed by the policy: into the
 * compartment of whoever needs it unless another compartment names it. Names are followed breadth
 * first, so that with one compartment files are found in the order of the system's linker.
 */
#include "state.h"

enum ld_error ld_refuse(struct ld_program *program, const struct ld_report *report)
{
    if (report->severity == LD_REFUSED)
        ld_first(&program->state->first_error, report->error);
    if (!report->message)
        return LD_ENOMEM;
    return ld_tell(program->options.diag, report);
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

/* A name that is to be loaded. */
struct wish {
    enum ld_edge_kind kind;
    uint32_t from;        /* instance, or LD_NONE */
    uint32_t search_as;   /* instance whose search rules apply */
    uint32_t compartment; /* that wants it */
    const char *name;
    uint32_t line; /* in the policy, or 0 */
};

static uint32_t add_compartment(struct ld_program *program, const char *name, uint32_t policy,
                                bool builtin)
{
    uint32_t index = program->compartment_count++;
    program->compartments[index] = (struct ld_compartment){
        .name = name, .index = index, .policy = policy, .builtin = builtin, .tls_align = 1};
    return index;
}

/* The policy's compartment that names a library, the wanting one first: index in the policy and the
 * line that does, or LD_NONE. */
static uint32_t claimant(const struct ld_program *program, uint32_t wanting, const char *name,
                         uint32_t *line)
{
    const struct ld_policy *policy = program->options.policy;
    if (!policy)
        return LD_NONE;
    uint32_t own = program->compartments[wanting].policy, found = LD_NONE;
    name = ld_base_name(name);
    for (uint32_t i = 0; i < policy->compartment_count; i++) {
        const struct ld_policy_run *run = &policy->compartments[i].libraries;
        for (uint32_t j = run->first; j < run->first + run->count; j++) {
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

static bool is_called(const struct ld_program *program, uint32_t instance, const char *name)
{
    for (const struct ld_alias *alias = ld_extra(program, instance)->aliases; alias;
         alias = alias->next)
        if (ld_equal(alias->name, name))
            return true;
    return ld_equal(program->instances[instance]->module->soname, name);
}

static uint32_t find_called(const struct ld_program *program, uint32_t compartment,
                            const char *name)
{
    for (uint32_t i = 0; i < program->instance_count; i++)
        if (program->instances[i]->compartment == compartment && is_called(program, i, name))
            return i;
    return LD_NONE;
}

static enum ld_error add_alias(struct ld_program *program, uint32_t instance, const char *name)
{
    if (is_called(program, instance, name))
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
    *alias = (struct ld_alias){extra->aliases, name};
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

/* A library that demands isolation must have been put where it is by the policy. */
static enum ld_error check_demand(struct ld_program *program, const struct ld_instance *instance)
{
    uint32_t line;
    const struct ld_module *module = instance->module;
    if (!module->has_abi || !module->abi.min_isolation || !instance->index ||
        (program->options.policy &&
         claimant(program, instance->compartment, instance->name, &line) ==
             program->compartments[instance->compartment].policy &&
         program->compartments[instance->compartment].policy != LD_NONE))
        return LD_OK;
    const struct ld_memory *memory = ld_memory_of(program);
    const char *compartment = program->compartments[instance->compartment].name;
    struct ld_report report = {
        .error = LD_EISOLATION,
        .severity = LD_REFUSED,
        .symbol = instance->name,
        .compartment = compartment,
        .file = instance->path,
        .message = ld_sentence(
            memory, "%s demands a compartment of its own, but the policy leaves it in %s",
            instance->name, compartment),
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

static enum ld_error add_instance(struct ld_program *program, struct ld_module *module,
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
    extra->needs = ld_zeroed(ld_memory_of(program), module->needed_count, sizeof *extra->needs);
    if (!extra->needs || !ld_append(ld_base_of(program), &state->fresh, &state->fresh_count,
                                    &state->fresh_capacity, *index))
        return LD_ENOMEM;
    return check_demand(program, instance);
}

/* Opens a file, or finds that it is open already under another name. */
static enum ld_error obtain_module(struct ld_program *program, const struct ld_file *file,
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

static enum ld_error open_compartment(struct ld_program *program, uint32_t policy, uint32_t opener,
                                      uint32_t *index);

/* Where a library named `name` belongs: *compartment is the wanting one and may change. */
static enum ld_error place_name(struct ld_program *program, struct wish *wish, const char *name,
                                uint32_t *compartment)
{
    uint32_t line = 0;
    bool anchored = wish->kind == LD_EDGE_RUNTIME || wish->kind == LD_EDGE_FIRST_DIBS ||
                    wish->kind == LD_EDGE_PROGRAM || wish->kind == LD_EDGE_PRELOAD ||
                    wish->kind == LD_EDGE_POLICY;
    uint32_t policy = anchored ? LD_NONE : claimant(program, wish->compartment, name, &line);
    if (policy == LD_NONE || policy == program->compartments[wish->compartment].policy) {
        if (policy != LD_NONE)
            wish->line = line;
        return LD_OK;
    }
    wish->line = line;
    return open_compartment(program, policy, wish->search_as, compartment);
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
        .severity = LD_REFUSED,
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
static enum ld_error arrive(struct ld_program *program, struct wish *wish, uint32_t instance,
                            const struct ld_place *places)
{
    const struct ld_memory *memory = ld_memory_of(program);
    uint32_t compartment = program->instances[instance]->compartment;
    struct ld_group *group = &program->state->groups[compartment];
    bool crossing = compartment != wish->compartment;
    if (crossing && wish->kind == LD_EDGE_NEEDED)
        wish->kind = LD_EDGE_CROSSING;
    enum ld_error error = add_alias(program, instance, wish->name);
    if (!error)
        error = add_edge(program, wish, instance, places);
    if (error)
        return error;
    if (wish->kind == LD_EDGE_NEEDED) {
        struct ld_extra *extra = ld_extra(program, wish->from);
        extra->needs[extra->need_count++] = instance;
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

/* Whether a file is who it says it is: what its soname leads to in the compartment of that name. A
 * file may call itself anything, and must not come into a compartment by that. */
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

/* Follows one name. A library that is missing or refused is reported and leaves an edge without
 * target; the result is an error only when there is no point in going on. */
static enum ld_error follow(struct ld_program *program, struct wish wish)
{
    uint32_t compartment = wish.compartment;
    enum ld_error error = place_name(program, &wish, wish.name, &compartment);
    if (error)
        return error;
    /* Another compartment's library is the one of that name, whatever path leads to it from here.
     */
    uint32_t instance =
        find_called(program, compartment,
                    compartment == wish.compartment ? wish.name : ld_base_name(wish.name));
    if (instance != LD_NONE)
        return arrive(program, &wish, instance, NULL);

    struct ld_request request = {
        .program = program,
        .name = wish.name,
        .needed_by = wish.search_as == LD_NONE ? NULL : program->instances[wish.search_as],
        .compartment = program->compartments[compartment].name};
    struct ld_file file = {0};
    if (!program->options.load.find ||
        !program->options.load.find(program->options.load.context, &request, &file)) {
        error = tell_not_found(program, &wish, request.first_place);
        return error ? error : add_edge(program, &wish, LD_NONE, request.first_place);
    }
    struct ld_module *module;
    error = obtain_module(program, &file, &module);
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
        error = place_name(program, &wish, module->name, &compartment);
        if (error)
            return error;
        if (compartment != wish.compartment &&
            !answers_to_name(program, &request, compartment, module)) {
            error = refuse_impostor(program, &wish, compartment, module);
            return error ? error : add_edge(program, &wish, LD_NONE, request.first_place);
        }
    }
    for (uint32_t i = 0; i < program->instance_count; i++)
        if (program->instances[i]->compartment == compartment &&
            program->instances[i]->module == module)
            return arrive(program, &wish, i, request.first_place);
    error = add_instance(program, module, compartment, &instance);
    return error ? error : arrive(program, &wish, instance, request.first_place);
}

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

/* The first-dibs set of a compartment: what the caller gave, then what the policy adds. */
static enum ld_error follow_runtime(struct ld_program *program, uint32_t compartment,
                                    uint32_t opener)
{
    const struct ld_policy *policy = program->options.policy;
    const struct ld_policy_compartment *record = ld_policy_of(program, compartment);
    uint32_t count = compartment == 0 && carries_runtime(program->instances[0]->module)
                         ? 0
                         : program->options.runtime_count;
    enum ld_error error = LD_OK;
    for (uint32_t i = 0; i < count && !error; i++)
        error = follow(program, (struct wish){LD_EDGE_RUNTIME, LD_NONE, opener, compartment,
                                              program->options.runtime[i], 0});
    for (uint32_t i = 0; record && i < record->first_dibs.count && !error; i++) {
        const struct ld_policy_library *library = &policy->first_dibs[record->first_dibs.first + i];
        error = follow(program,
                       (struct wish){LD_EDGE_FIRST_DIBS, LD_NONE, opener, compartment,
                                     ld_policy_string(policy, library->pattern), library->line});
    }
    return error;
}

/* Brings a compartment of the policy into use: its libraries, then its runtime set. */
static enum ld_error open_compartment(struct ld_program *program, uint32_t policy, uint32_t opener,
                                      uint32_t *index)
{
    const struct ld_policy *text = program->options.policy;
    const struct ld_policy_compartment *record = &text->compartments[policy];
    for (uint32_t i = 0; i < program->compartment_count; i++)
        if (program->compartments[i].policy == policy) {
            *index = i;
            return LD_OK;
        }
    if (program->compartment_count >= LD_COMPARTMENTS_MAX)
        return LD_ELIMIT;
    *index = add_compartment(program, ld_policy_string(text, record->name), policy, false);
    enum ld_error error = LD_OK;
    for (uint32_t i = 0; i < record->libraries.count && !error; i++) {
        const struct ld_policy_library *library = &text->libraries[record->libraries.first + i];
        const char *name = ld_policy_string(text, library->pattern);
        if (!ld_glob_is_pattern(name))
            error = follow(program, (struct wish){LD_EDGE_POLICY, LD_NONE, opener, *index, name,
                                                  library->line});
    }
    return error ? error : follow_runtime(program, *index, opener);
}

/* Compartments that an import of a compartment in use names. */
static enum ld_error open_imported(struct ld_program *program, uint32_t compartment)
{
    const struct ld_policy *policy = program->options.policy;
    const struct ld_policy_compartment *record = ld_policy_of(program, compartment);
    enum ld_error error = LD_OK;
    for (uint32_t i = 0; record && i < record->imports.count && !error; i++) {
        const char *name =
            ld_policy_string(policy, policy->imports[record->imports.first + i].compartment);
        uint32_t named = ld_policy_compartment(policy, name), index;
        if (named != LD_NONE)
            error = open_compartment(program, named, 0, &index);
    }
    return error;
}

/* Follows DT_NEEDED of every instance, oldest first, and opens what imports name. */
static enum ld_error follow_all(struct ld_program *program, uint32_t *opened)
{
    struct ld_state *state = program->state;
    enum ld_error error = LD_OK;
    while (!error) {
        if (state->followed < state->fresh_count) {
            const struct ld_instance *instance =
                program->instances[state->fresh[state->followed++]];
            for (uint32_t i = 0; i < instance->module->needed_count && !error; i++)
                error = follow(program, (struct wish){LD_EDGE_NEEDED, instance->index,
                                                      instance->index, instance->compartment,
                                                      instance->module->needed[i], 0});
        } else if (*opened < program->compartment_count) {
            error = open_imported(program, (*opened)++);
        } else {
            break;
        }
    }
    return error;
}

/* A reference that nothing answers may be meant for a compartment that is not in use yet: main may
 * import from all of them. They are opened one after the other until it is answered. */
static enum ld_error open_on_demand(struct ld_program *program, uint32_t *opened)
{
    const struct ld_policy *policy = program->options.policy;
    const struct ld_policy_compartment *main = ld_policy_of(program, 0);
    enum ld_error error = LD_OK;
    if (!policy || (main && main->flags & LD_POLICY_NARROWS_IMPORTS))
        return LD_OK;
    for (uint32_t i = 0; i < policy->compartment_count && !error; i++) {
        uint32_t before = program->compartment_count, index;
        if (ld_equal(ld_policy_string(policy, policy->compartments[i].name), LD_MAIN))
            continue;
        error = ld_scopes_make(program);
        if (!error)
            error = ld_gates_collect(program);
        if (error || !ld_has_unresolved(program, 0))
            break;
        error = open_compartment(program, i, 0, &index);
        if (!error && program->compartment_count != before)
            error = follow_all(program, opened);
    }
    return error;
}

static enum ld_error start(struct ld_program *program, const struct ld_file *file)
{
    const struct ld_options *options = &program->options;
    uint32_t instance;
    struct ld_module *module;
    enum ld_error error = obtain_module(program, file, &module);
    if (!error)
        error = add_instance(program, module, 0, &instance);
    if (error)
        return error;
    struct wish wish = {LD_EDGE_PROGRAM, LD_NONE, LD_NONE, 0, file->path, 0};
    error = arrive(program, &wish, instance, NULL);
    for (uint32_t i = 0; i < options->preload_count && !error; i++)
        error =
            follow(program, (struct wish){LD_EDGE_PRELOAD, LD_NONE, 0, 0, options->preload[i], 0});
    return error;
}

static struct ld_program *make_program(const struct ld_options *options)
{
    const struct ld_memory *memory = &options->memory;
    uint32_t capacity = 2 + (options->policy ? options->policy->compartment_count : 0);
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
    program->state->base = *memory;
    uint32_t main = options->policy ? ld_policy_compartment(options->policy, LD_MAIN) : LD_NONE;
    add_compartment(program, LD_MAIN, main, false);
    program->state->monitor =
        options->monitor_gate_count ? add_compartment(program, LD_MONITOR, LD_NONE, true) : LD_NONE;
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
        error = follow_all(program, &opened);
    if (!error)
        error = follow_runtime(program, 0, 0);
    if (!error)
        error = follow_all(program, &opened);
    if (!error)
        error = open_on_demand(program, &opened);
    if (!error)
        error = ld_scopes_make(program);
    if (!error)
        error = ld_gates_collect(program);
    if (error)
        return error;
    *result = program;
    return program->state->first_error;
}

enum ld_error ld_follow_late(struct ld_program *program, uint32_t compartment, uint32_t from,
                             const char *name, uint32_t *root)
{
    struct ld_state *state = program->state;
    uint32_t opened = program->compartment_count, edges = program->edge_count;
    enum ld_error error =
        follow(program, (struct wish){LD_EDGE_LATE, LD_NONE, from == LD_NONE ? 0 : from,
                                      compartment, name, 0});
    *root = LD_NONE;
    for (uint32_t i = edges; i < program->edge_count; i++)
        if (program->edges[i].kind == LD_EDGE_LATE)
            *root = program->edges[i].to;
    return error || state->first_error ? error : follow_all(program, &opened);
}

enum ld_error ld_open_late(struct ld_program *program, uint32_t policy, uint32_t *index)
{
    uint32_t opened = program->compartment_count;
    enum ld_error error = open_compartment(program, policy, 0, index);
    return error ? error : follow_all(program, &opened);
}

const struct ld_compartment *ld_program_compartment(const struct ld_program *program,
                                                    const char *name)
{
    for (uint32_t i = 0; i < program->compartment_count; i++)
        if (ld_equal(program->compartments[i].name, name))
            return &program->compartments[i];
    return NULL;
}
