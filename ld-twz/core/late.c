/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads at run time, and how they are undone: see <ld/late.h>. */
#include "open.h"
#include <ld/plan.h>

static const struct ld_module no_module = {.name = ""};

/* ---- Taking out ---- */

static void forget_gates(struct ld_program *program, uint32_t instance)
{
    for (uint32_t i = 0; i < program->gate_count; i++)
        if (program->gates[i].instance == instance) {
            ld_gate_leave(program, i);
            program->gates[i] = (struct ld_gate){
                .compartment = LD_NONE, .instance = LD_NONE, .name = "", .number = LD_NONE};
        }
}

static void leave_list(uint32_t *list, uint32_t *count, uint32_t instance)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < *count; i++)
        if (list[i] != instance)
            list[kept++] = list[i];
    *count = kept;
}

/* The number becomes vacant. */
static void vacate(struct ld_program *program, struct ld_slots *slots, uint32_t index)
{
    struct ld_state *state = program->state;
    struct ld_instance *instance = program->instances[index];
    if (instance->text_slot != LD_NONE)
        ld_slots_give_back(slots, instance->text_slot,
                           instance->data_slot - instance->text_slot + 1);
    forget_gates(program, index);
    for (uint32_t i = 0; i < program->compartment_count; i++)
        leave_list(state->groups[i].globals, &state->groups[i].global_count, index);
    for (struct ld_late *late = state->loads; late; late = late->next) {
        leave_list(late->scope, &late->scope_count, index);
        leave_list(late->instances, &late->instance_count, index);
    }
    *instance = (struct ld_instance){.program = program,
                                     .module = &no_module,
                                     .name = "",
                                     .path = "",
                                     .index = index,
                                     .compartment = LD_NONE,
                                     .text_slot = LD_NONE,
                                     .data_slot = LD_NONE,
                                     .vacant = true};
    *state->extras[index] = (struct ld_extra){.module = NULL};
    state->vacant++;
}

/* Whether something of a load is still there. */
static bool has_something(const struct ld_program *program, const struct ld_late *late)
{
    for (uint32_t i = 0; i < program->instance_count; i++)
        if (!program->instances[i]->vacant &&
            (ld_extra(program, i)->late == late || ld_extra(program, i)->module->late == late))
            return true;
    return false;
}

/* What else of a load lies in its memory. */
static void forget_load(struct ld_program *program, const struct ld_late *late)
{
    struct ld_state *state = program->state;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < state->module_count; i++)
        if (state->modules[i]->late != late)
            state->modules[kept++] = state->modules[i];
    state->module_count = kept;
    kept = 0;
    for (uint32_t i = 0; i < program->edge_count; i++) {
        if (program->edges[i].late == late)
            continue;
        for (uint32_t j = 0; j < program->instance_count; j++)
            if (program->instances[j]->made_by == i)
                program->instances[j]->made_by = kept;
        program->edges[kept++] = program->edges[i];
    }
    program->edge_count = kept;
    for (struct ld_late **at = &state->loads; *at; at = &(*at)->next)
        if (*at == late) {
            *at = late->next;
            break;
        }
}

void ld_late_undo(struct ld_program *program, struct ld_late *late)
{
    for (uint32_t i = 0; i < program->instance_count; i++)
        if (!program->instances[i]->vacant && ld_extra(program, i)->late == late)
            program->instances[i]->leaving = true;
    program->state->counted = LD_NONE; /* compartments may go as well */
}

void ld_late_remove(struct ld_program *program, struct ld_slots *slots,
                    void (*gone)(void *context, struct ld_late *late), void *context)
{
    for (uint32_t i = 0; i < program->instance_count; i++)
        if (program->instances[i]->leaving)
            vacate(program, slots, i);
    for (struct ld_late *late = program->state->loads, *next; late; late = next) {
        next = late->next;
        if (has_something(program, late))
            continue;
        forget_load(program, late);
        if (gone)
            gone(context, late);
    }
}

/* ---- Loading ---- */

/* Numbers that a load restores when it fails. */
struct before {
    struct ld_memory memory;
    uint32_t compartments;
    uint32_t grants;
};

static bool is_new(const struct ld_program *program, const struct ld_late *late, uint32_t instance)
{
    return !program->instances[instance]->vacant && ld_extra(program, instance)->late == late;
}

static bool is_answered(struct ld_program *program, const struct ld_late_request *request)
{
    const struct ld_symbol_request question = {.memory = request->memory,
                                               .from = request->from == LD_NONE ? 0 : request->from,
                                               .where = LD_SEARCH_DEFAULT,
                                               .name = request->symbol};
    struct ld_binding binding;
    struct ld_report report;
    return ld_late_symbol(program, &question, &binding, &report) == LD_OK;
}

static enum ld_error make_scopes(struct ld_program *program, struct ld_late *late)
{
    enum ld_error error = LD_OK;
    for (uint32_t i = late->first_compartment; i < program->compartment_count && !error; i++)
        error = ld_scope_make(program, &program->compartments[i]);
    if (!error && late->root != LD_NONE)
        error = ld_scope_of(program, late->root, &late->scope, &late->scope_count);
    return error ? error : ld_gates_collect(program);
}

static void close_compartments(struct ld_program *program, uint32_t first)
{
    for (uint32_t i = first; i < program->compartment_count; i++)
        program->state->groups[i] = (struct ld_group){0};
    program->compartment_count = first;
}

/* Libraries that the policy names for the asking compartment and that are not loaded: one of them
 * may define the name. Those that do not are taken out again. */
static enum ld_error try_own_libraries(struct ld_program *program, struct ld_late *late,
                                       struct ld_slots *slots,
                                       const struct ld_late_request *request)
{
    const struct ld_policy *policy = program->options.policy;
    const struct ld_policy_compartment *record = ld_policy_of(program, late->compartment);
    for (uint32_t i = 0; record && i < record->libraries.count; i++) {
        const char *name =
            ld_policy_string(policy, policy->libraries[record->libraries.first + i].pattern);
        if (ld_glob_is_pattern(name))
            continue;
        uint32_t before = program->state->fresh_count;
        enum ld_error error =
            ld_follow_late(program, late->compartment, request, name, &late->root);
        if (!error && late->root != LD_NONE && before != program->state->fresh_count)
            error = make_scopes(program, late);
        if (error)
            return error;
        struct ld_query query = {.program = program,
                                 .from = program->instances[0],
                                 .name = twz_elf_name(request->symbol, ld_length(request->symbol)),
                                 .reference = LD_NONE};
        struct twz_elf_symbol symbol;
        if (before != program->state->fresh_count && !program->state->first_error &&
            late->root != LD_NONE && ld_lookup(&query, late->root, LD_CLASS_CALL, &symbol))
            return LD_OK;
        ld_late_undo(program, late);
        for (uint32_t j = 0; j < program->instance_count; j++)
            if (program->instances[j]->leaving)
                vacate(program, slots, j);
        close_compartments(program, late->first_compartment);
        late->root = LD_NONE;
        late->scope_count = 0;
        program->state->first_error = LD_OK;
        program->state->fresh_count = program->state->followed = program->state->collected = 0;
    }
    return LD_OK;
}

/* Compartments that are not in use and offer what is wanted, to the one who asks or to what came.
 */
static enum ld_error open_compartments(struct ld_program *program, struct ld_late *late,
                                       const struct ld_late_request *request)
{
    enum ld_error error = LD_OK;
    for (uint32_t before = 0; !error && before != program->compartment_count;) {
        uint32_t opened = before = program->compartment_count;
        if (request->symbol && !is_answered(program, request))
            error = ld_open_for(program, late->compartment, request->symbol);
        for (uint32_t i = 0; i < program->instance_count && !error; i++)
            if (is_new(program, late, i))
                error = ld_open_for_instance(program, program->instances[i]);
        if (!error)
            error = ld_follow_all(program, &opened);
        if (!error)
            error = make_scopes(program, late);
    }
    return error;
}

static enum ld_error find(struct ld_program *program, struct ld_slots *slots,
                          const struct ld_late_request *request, struct ld_late *late)
{
    enum ld_error error = LD_OK;
    if (request->name) {
        struct ld_late_request wanted = *request;
        uint32_t into = late->compartment;
        if (request->into != LD_NONE) {
            wanted.demand |= ld_demand_on(program, into, request->into);
            error = ld_open_late(program, request->into, wanted.demand, &into);
            wanted.demand = 0; /* that compartment meets it */
        }
        if (!error)
            error = ld_follow_late(program, into, &wanted, request->name, &late->root);
        if (!error && late->root == LD_NONE)
            error = program->state->first_error ? program->state->first_error : LD_ENOTFOUND;
        if (!error)
            error = make_scopes(program, late);
    } else {
        error = try_own_libraries(program, late, slots, request);
    }
    if (!error && (request->name || late->root == LD_NONE))
        error = open_compartments(program, late, request);
    if (!error && !request->name && late->root == LD_NONE && !is_answered(program, request))
        error = LD_ENOTFOUND;
    return error ? error : program->state->first_error;
}

/* What came, in the order of its constructors: compartments that were opened keep their own. */
static enum ld_error list_instances(struct ld_program *program, struct ld_late *late)
{
    uint32_t room = late->scope_count + program->state->fresh_count, count = 0;
    uint32_t *order = ld_zeroed(ld_memory_of(program), room, sizeof *order);
    late->instances = ld_zeroed(ld_memory_of(program), room, sizeof *late->instances);
    if (!order || !late->instances)
        return LD_ENOMEM;
    for (uint32_t i = late->first_compartment; i < program->compartment_count; i++)
        for (uint32_t j = 0; j < program->compartments[i].init_count; j++)
            late->instances[count++] = program->compartments[i].init_order[j];
    enum ld_error error = ld_order_late(program, late->scope, late->scope_count, true, order);
    for (uint32_t i = 0; i < late->scope_count && !error; i++)
        if (is_new(program, late, order[i]))
            program->instances[order[i]]->sequence = ++program->state->sequence;
    if (!error)
        error = ld_order_late(program, late->scope, late->scope_count, false, order);
    for (uint32_t i = 0; i < late->scope_count && !error; i++)
        if (is_new(program, late, order[i]) &&
            program->instances[order[i]]->compartment < late->first_compartment)
            late->instances[count++] = order[i];
    /* Needed by the load, but the policy put it into another compartment that runs. */
    for (uint32_t i = 0; i < program->state->fresh_count && !error; i++) {
        bool listed = false;
        for (uint32_t j = 0; j < count && !listed; j++)
            listed = late->instances[j] == program->state->fresh[i];
        if (!listed)
            late->instances[count++] = program->state->fresh[i];
    }
    late->instance_count = count;
    return error;
}

static enum ld_error lay_out(struct ld_program *program, struct ld_slots *slots,
                             const struct ld_late *late)
{
    enum ld_error error = LD_OK;
    for (uint32_t i = 0; i < late->instance_count && !error; i++) {
        struct ld_instance *instance = program->instances[late->instances[i]];
        const struct twz_elf_segment *tls = &instance->module->elf.tls;
        struct ld_compartment *compartment = &program->compartments[instance->compartment];
        error = ld_slots_assign(program, slots, instance);
        if (!instance->sequence) /* not in the scope of the load */
            instance->sequence = ++program->state->sequence;
        instance->permanent |=
            instance->compartment >= late->first_compartment ||
            (instance->module->has_dynamic && instance->module->dynamic.flags & TWZ_ELF_NODELETE);
        if (instance->compartment < late->first_compartment && twz_elf_has(tls) && tls->memsz) {
            instance->dynamic_tls = true;
            instance->tls_align = tls->align;
            instance->tls_module = ++compartment->tls_last;
        }
    }
    for (uint32_t i = late->first_compartment; i < program->compartment_count && !error; i++)
        error = ld_tls_assign(program, &program->compartments[i]);
    return error;
}

static enum ld_error plan_instances(struct ld_program *program, struct ld_plan *plan,
                                    const struct ld_late *late)
{
    enum ld_error error = ld_plan_room(program, plan);
    for (uint32_t i = 0; i < late->instance_count && !error; i++) {
        const struct ld_extra *extra = ld_extra(program, late->instances[i]);
        uint32_t compartment = program->instances[late->instances[i]]->compartment;
        error = ld_plan_instance(program, plan, late->instances[i]);
        for (uint32_t j = 0; extra->bindings && j < extra->module->reference_count && !error; j++)
            if (extra->bindings[j].kind == LD_BOUND_GATE &&
                !ld_plan_is_granted(plan, compartment, extra->bindings[j].gate))
                error = ld_plan_grant(plan, compartment, extra->bindings[j].gate);
    }
    for (uint32_t i = late->first_compartment; i < program->compartment_count && !error; i++)
        error = ld_plan_callbacks(program, plan, i);
    return error;
}

static enum ld_error make_global(struct ld_program *program, const struct ld_late *late)
{
    struct ld_group *group = &program->state->groups[program->instances[late->root]->compartment];
    for (uint32_t i = 0; i < late->scope_count; i++) {
        bool known = program->instances[late->scope[i]]->sequence == 0;
        for (uint32_t j = 0; j < group->global_count && !known; j++)
            known = group->globals[j] == late->scope[i];
        if (!known && !ld_append(ld_base_of(program), &group->globals, &group->global_count,
                                 &group->global_capacity, late->scope[i]))
            return LD_ENOMEM;
    }
    return LD_OK;
}

static enum ld_error load(struct ld_program *program, struct ld_plan *plan, struct ld_slots *slots,
                          const struct ld_late_request *request, struct ld_late *late)
{
    enum ld_error error = find(program, slots, request, late);
    if (!error)
        error = list_instances(program, late);
    for (uint32_t i = 0; i < late->instance_count && !error; i++)
        error = ld_resolve_instance(program, program->instances[late->instances[i]]);
    if (!error)
        error = program->state->first_error;
    if (!error)
        error = lay_out(program, slots, late);
    if (!error)
        error = plan_instances(program, plan, late);
    if (!error && request->global && late->root != LD_NONE)
        error = make_global(program, late);
    return error;
}

static void restore(struct ld_program *program, struct ld_plan *plan, struct ld_slots *slots,
                    struct ld_late *late, const struct before *before)
{
    ld_late_undo(program, late);
    ld_late_remove(program, slots, NULL, NULL);
    close_compartments(program, before->compartments);
    plan->grant_count = before->grants;
}

/* What is asked for and there already. */
static uint32_t find_loaded(const struct ld_program *program, uint32_t compartment,
                            const char *name)
{
    for (uint32_t i = 0; i < program->instance_count; i++) {
        const struct ld_instance *instance = program->instances[i];
        if (instance->compartment != compartment || instance->leaving)
            continue;
        for (const struct ld_alias *a = ld_extra(program, i)->aliases; a; a = a->next)
            if (ld_equal(a->name, name))
                return i;
        if (ld_equal(instance->module->soname, name))
            return i;
    }
    return LD_NONE;
}

enum ld_error ld_late_load(struct ld_program *program, struct ld_plan *plan, struct ld_slots *slots,
                           const struct ld_late_request *request, struct ld_late **result)
{
    struct ld_state *state = program->state;
    const struct before before = {.memory = program->options.memory,
                                  .compartments = program->compartment_count,
                                  .grants = plan->grant_count};
    const struct ld_memory *memory = &request->memory;
    struct ld_late *late = ld_zeroed(memory, 1, sizeof *late);
    *result = NULL;
    if (!late)
        return LD_ENOMEM;
    if (request->only_loaded && request->name &&
        find_loaded(program, request->compartment, request->name) == LD_NONE)
        return LD_ENOTFOUND;
    const char *name = request->name ? ld_copy(memory, request->name) : NULL;
    struct ld_late_request copy = *request;
    copy.name = name;
    *late = (struct ld_late){.next = state->loads,
                             .memory = request->memory,
                             .compartment = request->compartment,
                             .root = LD_NONE,
                             .first_compartment = program->compartment_count};
    state->loads = late;
    state->loading = late;
    state->fresh_count = state->followed = state->collected = 0;
    state->first_error = LD_OK;
    state->near_budget = LD_NEAR_BUDGET;
    state->patience = LD_PATIENCE;
    program->options.memory = request->memory;
    enum ld_error error =
        request->name && !name ? LD_ENOMEM : load(program, plan, slots, &copy, late);
    state->loading = NULL;
    program->options.memory = before.memory;
    if (error) {
        restore(program, plan, slots, late, &before);
        return error;
    }
    if (late->root != LD_NONE)
        program->instances[late->root]->opens++;
    if (!late->instance_count)
        forget_load(program, late);
    *result = late;
    return LD_OK;
}

const struct ld_late *ld_late_of(const struct ld_program *program, uint32_t instance)
{
    return ld_extra(program, instance)->late;
}

/* ---- Unloading ---- */

/* Marks what `instance` cannot do without; returns how many marks are new. `used` has one bit per
 * instance. Definitions that references bound to count as needs. */
static uint32_t mark_needs(const struct ld_program *program, uint32_t instance, uint64_t *used)
{
    const struct ld_extra *extra = ld_extra(program, instance);
    uint32_t fresh = 0, total = extra->need_count;
    if (extra->bindings)
        total += extra->module->reference_count;
    for (uint32_t i = 0; i < total; i++) {
        uint32_t other = i < extra->need_count ? extra->needs[i]
                                               : extra->bindings[i - extra->need_count].definer;
        if (other == LD_NONE || used[other / 64] >> (other % 64) & 1)
            continue;
        used[other / 64] |= (uint64_t)1 << (other % 64);
        fresh++;
    }
    return fresh;
}

static void mark_used(const struct ld_program *program, uint64_t *used)
{
    uint64_t done[LD_INSTANCES_MAX / 64] = {0};
    for (uint32_t i = 0; i < program->instance_count; i++) {
        const struct ld_instance *instance = program->instances[i];
        if (!instance->vacant && (!instance->sequence || instance->permanent || instance->opens))
            used[i / 64] |= (uint64_t)1 << (i % 64);
    }
    for (bool again = true; again;) {
        again = false;
        for (uint32_t i = 0; i < program->instance_count; i++) {
            uint64_t bit = (uint64_t)1 << (i % 64);
            if (!(used[i / 64] & bit) || done[i / 64] & bit)
                continue;
            done[i / 64] |= bit;
            if (program->instances[i]->sequence) /* what was there at the start stays anyway */
                again |= mark_needs(program, i, used) > 0;
        }
    }
}

uint32_t ld_late_close(struct ld_program *program, uint32_t instance, uint32_t *leaving)
{
    uint64_t used[LD_INSTANCES_MAX / 64] = {0};
    uint32_t count = 0;
    if (instance >= program->instance_count || !program->instances[instance]->opens)
        return 0;
    if (--program->instances[instance]->opens)
        return 0;
    mark_used(program, used);
    for (uint32_t i = 0; i < program->instance_count; i++) {
        struct ld_instance *candidate = program->instances[i];
        if (candidate->vacant || candidate->leaving || used[i / 64] >> (i % 64) & 1)
            continue;
        candidate->leaving = true;
        uint32_t at = count++;
        for (; at > 0 && program->instances[leaving[at - 1]]->sequence < candidate->sequence; at--)
            leaving[at] = leaving[at - 1];
        leaving[at] = i;
    }
    return count;
}
