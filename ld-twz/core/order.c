/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order of constructors is a postorder of the dependency graph, entered from the last library
 * of the scope to the first, as glibc has had it since 2.35 (elf/dl-sort-maps.c): without cycles
 * everything is initialised after what it needs; in a cycle the order of the scope decides.
 */
#include "state.h"

/* A library whose needs are being visited. */
struct frame {
    uint32_t instance;
    uint32_t next; /* of its needs */
};

struct walk {
    const struct ld_program *program;
    uint64_t *seen;
    struct frame *stack;
    uint32_t *order;
    uint32_t count;
};

static bool mark(struct walk *walk, uint32_t instance)
{
    uint64_t bit = (uint64_t)1 << (instance % 64);
    bool fresh = !(walk->seen[instance / 64] & bit);
    walk->seen[instance / 64] |= bit;
    return fresh;
}

/* Appends `instance` after all that it needs. The program itself is only ever a start. */
static void postorder(struct walk *walk, uint32_t instance)
{
    uint32_t depth = 0;
    if (!mark(walk, instance))
        return;
    walk->stack[depth++] = (struct frame){instance, 0};
    while (depth) {
        struct frame *top = &walk->stack[depth - 1];
        const struct ld_extra *extra = ld_extra(walk->program, top->instance);
        if (top->next == extra->need_count) {
            walk->order[walk->count++] = top->instance;
            depth--;
            continue;
        }
        uint32_t need = extra->needs[top->next++];
        if (need && mark(walk, need))
            walk->stack[depth++] = (struct frame){need, 0};
    }
}

enum ld_error ld_order_late(struct ld_program *program, const uint32_t *scope, uint32_t count,
                            bool destructors, uint32_t *order)
{
    uint64_t seen[LD_INSTANCES_MAX / 64] = {0};
    struct walk walk = {.program = program,
                        .seen = seen,
                        .stack = ld_zeroed(ld_memory_of(program), count + 1, sizeof *walk.stack),
                        .order = order};
    if (!walk.stack)
        return LD_ENOMEM;
    /* glibc does not know yet what the library needs that is asked for, and puts it last. */
    uint32_t first = destructors ? 0 : 1;
    if (!destructors && count)
        (void)mark(&walk, scope[0]);
    for (uint32_t i = count; i-- > first;)
        postorder(&walk, scope[i]);
    if (!destructors && count)
        order[walk.count++] = scope[0];
    return LD_OK;
}

enum ld_error ld_order_make(struct ld_program *program, struct ld_compartment *compartment)
{
    const struct ld_memory *memory = ld_memory_of(program);
    uint32_t count = compartment->scope_count;
    uint64_t seen[LD_INSTANCES_MAX / 64] = {0};
    struct walk walk = {.program = program,
                        .seen = seen,
                        .stack = ld_zeroed(memory, count, sizeof *walk.stack),
                        .order = ld_zeroed(memory, count, sizeof *walk.order)};
    if (!walk.stack || !walk.order)
        return LD_ENOMEM;
    /* The runtime set comes before everything: what it replaces must work in all constructors. */
    for (uint32_t i = 0; i < compartment->first_dibs_count; i++)
        postorder(&walk, compartment->first_dibs[i]);
    for (uint32_t i = count; i-- > 0;)
        postorder(&walk, compartment->scope[i]);
    /* The program is always last, even when something needs it. */
    if (compartment->index == 0 && count)
        for (uint32_t i = 0; i + 1 < walk.count; i++)
            if (walk.order[i] == compartment->scope[0]) {
                walk.order[i] = walk.order[i + 1];
                walk.order[i + 1] = compartment->scope[0];
            }
    compartment->init_order = walk.order;
    compartment->init_count = walk.count;
    return LD_OK;
}
