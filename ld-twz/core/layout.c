/* SPDX-License-Identifier: BSD-2-Clause */
/* Slots and thread-local storage. */
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

enum ld_error ld_slots_assign(struct ld_program *program, struct ld_slots *slots,
                              struct ld_instance *instance)
{
    uint32_t count = instance->laid_out ? instance->module->plan.slots : 2;
    if (instance->static_position) {
        if (instance->index || !ld_slots_take_at(slots, 0, 2))
            return refuse(program, instance, LD_ESLOTS,
                          instance->index
                              ? "%s is linked to a fixed address, but it is not the program"
                              : "%s is linked to slots 0 and 1, which are taken",
                          "link it with -pie or -shared");
        instance->text_slot = 0;
    } else if ((instance->text_slot = ld_slots_take(slots, count)) == LD_NONE) {
        return refuse(program, instance, LD_ESLOTS, "there is no pair of slots left for %s",
                      "load fewer libraries");
    }
    instance->data_slot = instance->text_slot + count - 1;
    return LD_OK;
}

/* Variant II (Drepper, "ELF Handling For Thread-Local Storage", 3): blocks lie below the thread
 * pointer, the program's first, so that local-exec offsets are known when it is linked. A block
 * starts at an address that agrees with its segment's modulo the alignment. */
enum ld_error ld_tls_assign(struct ld_program *program, struct ld_compartment *compartment)
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
        instance->tls_align = tls->align;
        size = offset;
        if (tls->align > align)
            align = tls->align;
    }
    compartment->tls_size = (size + align - 1) & ~(align - 1);
    compartment->tls_align = align;
    compartment->tls_modules = compartment->tls_last = modules;
    return LD_OK;
}

enum ld_error ld_program_layout(struct ld_program *program, struct ld_slots *slots)
{
    enum ld_error error = LD_OK;
    for (uint32_t i = 0; i < program->instance_count && !error; i++)
        error = ld_slots_assign(program, slots, program->instances[i]);
    for (uint32_t i = 0; i < program->compartment_count && !error; i++)
        if (!program->compartments[i].builtin)
            error = ld_tls_assign(program, &program->compartments[i]);
    return error;
}
