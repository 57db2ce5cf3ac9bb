/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slots, thread-local storage and the order of constructors.
 *
 * The order of constructors is a reverse postorder of the dependency graph, entered from the last
 * library of the scope to the first, as glibc has had it since 2.35 (elf/dl-sort-maps.c): without
 * cycles everything is initialised after what it needs; in a cycle the order of the scope decides.
 */
#include "state.h"
#include <ld/layout.h>
#include <twz/sys/types.h>

uint64_t ld_instance_address(const struct ld_instance *instance, uint64_t vaddr)
{
    return (uint64_t)instance->text_slot * TWZ_SLOT_SIZE + vaddr;
}

static enum ld_error refuse(struct ld_program *program, const struct ld_instance *instance,
                            enum ld_error error, const char *what, const char *cure)
{
    struct ld_report report = {.error = error,
                               .severity = LD_REFUSED,
                               .referrer = instance->name,
                               .compartment = program->compartments[instance->compartment].name,
                               .file = instance->path,
                               .message = ld_sentence(ld_memory_of(program), what, instance->path),
                               .cure = cure};
    enum ld_error told = ld_refuse(program, &report);
    return told ? told : error;
}

static enum ld_error assign_slots(struct ld_program *program, struct ld_slots *slots)
{
    for (uint32_t i = 0; i < program->instance_count; i++) {
        struct ld_instance *instance = program->instances[i];
        if (instance->static_position) {
            if (i || !ld_slots_take_at(slots, 0, 2))
                return refuse(program, instance, LD_ESLOTS,
                              i ? "%s is linked to a fixed address, but it is not the program"
                                : "%s is linked to slots 0 and 1, which are taken",
                              "link it with -pie or -shared");
            instance->text_slot = 0;
        } else if ((instance->text_slot = ld_slots_take(slots, 2)) == LD_NONE) {
            return refuse(program, instance, LD_ESLOTS, "there is no pair of slots left for %s",
                          "load fewer libraries");
        }
        instance->data_slot = instance->text_slot + 1;
    }
    return LD_OK;
}

/* Variant II (Drepper, "ELF Handling For Thread-Local Storage", 3): blocks lie below the thread
 * pointer, the program's first, so that local-exec offsets are known when it is linked. A block
 * starts at an address that agrees with its segment's modulo the alignment. */
static enum ld_error assign_tls(struct ld_program *program, struct ld_compartment *compartment)
{
    uint64_t size = 0, align = 1;
    uint32_t modules = 0;
    for (uint32_t i = 0; i < compartment->scope_count; i++) {
        struct ld_instance *instance = program->instances[compartment->scope[i]];
        const struct twz_elf_segment *tls = &instance->module->elf.tls;
        if (!twz_elf_has(tls) || !tls->memsz)
            continue;
        uint64_t skew = tls->vaddr & (tls->align - 1), total;
        if (tls->align > TWZ_PAGE_SIZE || __builtin_add_overflow(size, tls->memsz, &total) ||
            __builtin_add_overflow(total, skew + tls->align - 1, &total) ||
            total > TWZ_SLOT_SIZE / 4)
            return refuse(program, instance, LD_ETLS,
                          "the thread-local storage of %s is too large or aligned too widely",
                          "reduce thread-local data; alignment ends at 4096");
        /* the lowest offset >= size + memsz with offset = -skew modulo align */
        uint64_t offset = size + tls->memsz + skew;
        offset = ((offset + tls->align - 1) & ~(tls->align - 1)) - skew;
        instance->tls_offset = offset;
        instance->tls_module = ++modules;
        size = offset;
        if (tls->align > align)
            align = tls->align;
    }
    compartment->tls_size = (size + align - 1) & ~(align - 1);
    compartment->tls_align = align;
    compartment->tls_modules = modules;
    return LD_OK;
}

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

static enum ld_error order_constructors(struct ld_program *program,
                                        struct ld_compartment *compartment)
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

enum ld_error ld_program_layout(struct ld_program *program, struct ld_slots *slots)
{
    enum ld_error error = assign_slots(program, slots);
    for (uint32_t i = 0; i < program->compartment_count && !error; i++) {
        if (program->compartments[i].builtin)
            continue;
        error = assign_tls(program, &program->compartments[i]);
        if (!error)
            error = order_constructors(program, &program->compartments[i]);
    }
    return error;
}
