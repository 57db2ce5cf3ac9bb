/* SPDX-License-Identifier: BSD-2-Clause */
/* Scopes: roots, then what they need breadth first (gABI 5, "Shared Object Dependencies"), inside
 * one compartment. The runtime set follows at the end, with what it needs. */
#include "state.h"

/* Appends to a scope whatever is not in it yet. `seen` has one bit per instance. */
static void visit(struct ld_compartment *compartment, uint64_t *seen, uint32_t instance)
{
    uint64_t bit = (uint64_t)1 << (instance % 64);
    if (seen[instance / 64] & bit)
        return;
    seen[instance / 64] |= bit;
    compartment->scope[compartment->scope_count++] = instance;
}

/* The library is to stand before `position`, and does not move back. */
static bool put_before(struct ld_compartment *compartment, uint64_t *seen, uint32_t instance,
                       uint32_t position)
{
    uint32_t at = 0, *scope = compartment->scope;
    visit(compartment, seen, instance);
    while (scope[at] != instance)
        at++;
    if (at < position)
        return false;
    for (; at > position; at--)
        scope[at] = scope[at - 1];
    scope[position] = instance;
    return true;
}

/* Breadth first. What a library filters is searched before it, as glibc does. */
static void search(const struct ld_program *program, struct ld_compartment *compartment,
                   uint64_t *seen, uint32_t from)
{
    uint64_t done[LD_INSTANCES_MAX / 64] = {0};
    for (uint32_t i = from; i < compartment->scope_count;) {
        uint32_t instance = compartment->scope[i], filtees = i;
        const struct ld_extra *extra = ld_extra(program, instance);
        uint64_t bit = (uint64_t)1 << (instance % 64);
        if (done[instance / 64] & bit) {
            i++;
            continue;
        }
        done[instance / 64] |= bit;
        for (uint32_t j = 0; j < extra->need_count - extra->filtee_count; j++)
            visit(compartment, seen, extra->needs[j]);
        for (uint32_t j = extra->need_count - extra->filtee_count; j < extra->need_count; j++)
            if (extra->needs[j] != instance)
                filtees += put_before(compartment, seen, extra->needs[j], filtees);
    }
}

enum ld_error ld_scope_of(struct ld_program *program, uint32_t root, uint32_t **scope,
                          uint32_t *count)
{
    struct ld_compartment found = {0};
    uint64_t seen[LD_INSTANCES_MAX / 64] = {0};
    uint32_t members = 0;
    for (uint32_t i = 0; i < program->instance_count; i++)
        members += program->instances[i]->compartment == program->instances[root]->compartment;
    found.scope = ld_zeroed(ld_memory_of(program), members, sizeof *found.scope);
    if (!found.scope)
        return LD_ENOMEM;
    visit(&found, seen, root);
    search(program, &found, seen, 0);
    *scope = found.scope;
    *count = found.scope_count;
    return LD_OK;
}

static enum ld_error make_scope(struct ld_program *program, struct ld_compartment *compartment)
{
    const struct ld_memory *memory = ld_memory_of(program);
    const struct ld_group *group = &program->state->groups[compartment->index];
    uint64_t seen[LD_INSTANCES_MAX / 64] = {0};
    uint32_t members = 0;
    for (uint32_t i = 0; i < program->instance_count; i++)
        members += program->instances[i]->compartment == compartment->index;
    compartment->scope = ld_zeroed(memory, members, sizeof *compartment->scope);
    if (!compartment->scope)
        return LD_ENOMEM;
    compartment->scope_count = 0;
    for (uint32_t i = 0; i < group->root_count; i++)
        visit(compartment, seen, group->roots[i]);
    search(program, compartment, seen, 0);
    uint32_t rest = compartment->scope_count;
    for (uint32_t i = 0; i < group->runtime_count; i++)
        visit(compartment, seen, group->runtime[i]);
    search(program, compartment, seen, rest);
    compartment->first_dibs = group->runtime;
    compartment->first_dibs_count = group->runtime_count;
    return LD_OK;
}

enum ld_error ld_scope_make(struct ld_program *program, struct ld_compartment *compartment)
{
    program->state->groups[compartment->index].index = NULL;
    enum ld_error error = make_scope(program, compartment);
    return error ? error : ld_order_make(program, compartment);
}

enum ld_error ld_scopes_make(struct ld_program *program)
{
    enum ld_error error = LD_OK;
    for (uint32_t i = 0; i < program->compartment_count && !error; i++) {
        struct ld_compartment *compartment = &program->compartments[i];
        const struct ld_compartment before = *compartment;
        struct ld_index *index = program->state->groups[i].index;
        error = ld_scope_make(program, compartment);
        if (index && before.scope_count == compartment->scope_count &&
            !__builtin_memcmp(before.scope, compartment->scope,
                              before.scope_count * sizeof *before.scope))
            program->state->groups[i].index = index; /* one that was made is good for it still */
    }
    return error;
}
