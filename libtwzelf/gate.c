/* SPDX-License-Identifier: BSD-2-Clause */
#include "internal.h"
#include <twzelf/gate.h>

#define ISOLATION_MAX     3u
#define STACK_ARGUMENT    8u /* bytes */
#define INTEGER_REGISTERS 6u
#define VECTOR_REGISTERS  8u

/* A text in the read-only part of the file, not empty, of at most size bytes with its NUL. */
static bool good_text(const struct twz_elf_file *file, uint64_t vaddr, size_t size)
{
    const struct twz_elf_segment *load = twz_elf_segment_at(file, vaddr, 1);
    if (!load || (load->flags & PF_W))
        return false;
    char part[64];
    for (size_t done = 0; done < size;) {
        uint64_t position;
        const uint64_t skip = vaddr + done - load->vaddr;
        const uint64_t left = load->filesz > skip ? load->filesz - skip : 0;
        size_t step = size - done < sizeof part ? size - done : sizeof part;
        if (step > left)
            step = (size_t)left;
        if (step == 0 || !twz_elf_position(file, vaddr + done, step, &position) ||
            !twz_elf_read(file->bytes, position, part, step))
            return false;
        for (size_t i = 0; i < step; i++)
            if (part[i] == 0)
                return done + i > 0;
        done += step;
    }
    return false;
}

static uint64_t relative(uint64_t record, size_t field, int32_t distance)
{
    return record + field + (uint64_t)(int64_t)distance;
}

/* Registers that a parameter of this kind takes; 0: there is no such kind. */
static unsigned registers_of(const struct twz_elf_gate_param *param)
{
    switch (param->kind) {
    case TWZ_ELF_GATE_VAL:
    case TWZ_ELF_GATE_CALLBACK:
        return 1;
    case TWZ_ELF_GATE_IN:
    case TWZ_ELF_GATE_OUT:
    case TWZ_ELF_GATE_INOUT:
    case TWZ_ELF_GATE_STRING:
    case TWZ_ELF_GATE_HANDLE:
        return 2;
    default:
        return 0;
    }
}

static bool is_float(const struct twz_elf_gate_param *param)
{
    return param->kind == TWZ_ELF_GATE_VAL && (param->type & TWZ_ELF_GATE_TYPE_FLOAT);
}

/* Each parameter has registers of its own among those that the gate declares. */
static bool check_params(struct check *check, const struct twz_elf_file *file,
                         const struct twz_elf_gate *gate)
{
    const struct twz_elf_gate_record *record = &gate->record;
    unsigned used = 0, vectors_used = 0;
    for (unsigned i = 0; i < record->param_count; i++) {
        struct twz_elf_gate_param param;
        if (twz_elf_gate_param(file, gate, i, &param) != TWZ_ELF_OK)
            return refuse(check, TWZ_ELF_READ, TWZ_ELF_AT_GATE, gate->index, gate->vaddr,
                          sizeof param, 0);
        const unsigned count = registers_of(&param);
        unsigned room = is_float(&param) ? record->vector_args : record->register_args;
        if (param.kind == TWZ_ELF_GATE_VAL && !is_float(&param))
            room += record->stack_args / STACK_ARGUMENT;
        unsigned *taken = is_float(&param) ? &vectors_used : &used;
        const unsigned mask = ((1u << count) - 1) << (param.reg & 31);
        if (count == 0 || param.reg + count > room || (*taken & mask))
            return refuse(check, TWZ_ELF_GATE_PARAM, TWZ_ELF_AT_GATE, gate->index, i, param.kind,
                          param.reg);
        *taken |= mask;
    }
    return true;
}

static bool check_gate(struct check *check, const struct twz_elf_file *file,
                       const struct twz_elf_gate *gate)
{
    const struct twz_elf_gate_record *record = &gate->record;
    const uint32_t at = gate->index;
    if (record->isolation > ISOLATION_MAX && !refuse(check, TWZ_ELF_GATE_ISOLATION, TWZ_ELF_AT_GATE,
                                                     at, record->isolation, ISOLATION_MAX, 0))
        return false;
    if (!good_text(file, gate->name, TWZ_ELF_GATE_NAME_MAX) &&
        !refuse(check, TWZ_ELF_GATE_NAME, TWZ_ELF_AT_GATE, at, gate->name, 0, 0))
        return false;
    if (!good_text(file, gate->signature, TWZ_ELF_SIGNATURE_MAX) &&
        !refuse(check, TWZ_ELF_GATE_SIGNATURE, TWZ_ELF_AT_GATE, at, gate->signature, 0, 0))
        return false;
    if (!twz_elf_is_code(file, gate->entry) &&
        !refuse(check, TWZ_ELF_GATE_ENTRY, TWZ_ELF_AT_GATE, at, gate->entry, 0, 0))
        return false;
    if (record->register_args > INTEGER_REGISTERS || record->vector_args > VECTOR_REGISTERS ||
        record->param_count > TWZ_ELF_GATE_PARAMS_MAX || record->stack_args % STACK_ARGUMENT != 0 ||
        record->stack_args > TWZ_ELF_GATE_PARAMS_MAX * STACK_ARGUMENT ||
        (record->stack_args > 0 && record->register_args != INTEGER_REGISTERS))
        return refuse(check, TWZ_ELF_GATE_PARAM, TWZ_ELF_AT_GATE, at, record->param_count,
                      record->register_args, record->vector_args);
    return check_params(check, file, gate);
}

/* Reads the fixed part of the record at the cursor and judges its size and version, which have the
 * same place in gates and imports. */
static enum twz_elf_error read_fixed(struct check *check, const struct twz_elf_file *file,
                                     const struct twz_elf_span *span,
                                     const struct twz_elf_gate_cursor *cursor,
                                     enum twz_elf_place place, void *record, size_t fixed)
{
    const uint64_t vaddr = span->vaddr + cursor->offset;
    const uint64_t room = span->size - cursor->offset;
    uint16_t size;
    uint8_t version;
    if (room < fixed) {
        refuse(check, TWZ_ELF_GATE_SIZE, place, cursor->taken, room, vaddr, fixed);
        return TWZ_ELF_GATE_SIZE;
    }
    if (twz_elf_read_vaddr(file, vaddr, record, fixed) != TWZ_ELF_OK) {
        refuse(check, TWZ_ELF_READ, place, cursor->taken, vaddr, fixed, 0);
        return TWZ_ELF_READ;
    }
    memcpy(&size, record, sizeof size);
    version = ((const uint8_t *)record)[sizeof size];
    if (version != TWZ_ELF_GATE_VERSION) {
        refuse(check, TWZ_ELF_GATE_VERSION_UNKNOWN, place, cursor->taken, version,
               TWZ_ELF_GATE_VERSION, 0);
        return TWZ_ELF_GATE_VERSION_UNKNOWN;
    }
    if (size < fixed || size > room) {
        refuse(check, TWZ_ELF_GATE_SIZE, place, cursor->taken, size, vaddr, room);
        return TWZ_ELF_GATE_SIZE;
    }
    return TWZ_ELF_OK;
}

enum twz_elf_error twz_elf_gate_next(const struct twz_elf_file *file, const struct twz_elf_abi *abi,
                                     struct twz_elf_gate_cursor *cursor, struct twz_elf_gate *gate,
                                     struct twz_elf_diag *diag)
{
    struct check check = {.diag = diag};
    const struct twz_elf_span *span = &abi->gates;
    if (cursor->offset >= span->size)
        return TWZ_ELF_END;
    struct twz_elf_gate_record *record = &gate->record;
    const uint64_t vaddr = span->vaddr + cursor->offset;
    const enum twz_elf_error error =
        read_fixed(&check, file, span, cursor, TWZ_ELF_AT_GATE, record, sizeof *record);
    const size_t needed =
        sizeof *record + (size_t)record->param_count * sizeof(struct twz_elf_gate_param);
    if (error == TWZ_ELF_OK && record->size != needed)
        refuse(&check, TWZ_ELF_GATE_SIZE, TWZ_ELF_AT_GATE, cursor->taken, record->size, vaddr,
               needed);
    if (check.count) {
        cursor->offset = span->size;
        return check.result;
    }
    gate->index = cursor->taken++;
    gate->vaddr = vaddr;
    gate->name = relative(vaddr, offsetof(struct twz_elf_gate_record, name_rel), record->name_rel);
    gate->signature =
        relative(vaddr, offsetof(struct twz_elf_gate_record, signature_rel), record->signature_rel);
    gate->entry =
        relative(vaddr, offsetof(struct twz_elf_gate_record, entry_rel), record->entry_rel);
    cursor->offset += record->size;
    check_gate(&check, file, gate);
    if (check.count)
        cursor->offset = span->size;
    return check.result;
}

enum twz_elf_error twz_elf_gate_param(const struct twz_elf_file *file,
                                      const struct twz_elf_gate *gate, uint32_t index,
                                      struct twz_elf_gate_param *param)
{
    if (index >= gate->record.param_count)
        return TWZ_ELF_END;
    return twz_elf_read_vaddr(file,
                              gate->vaddr + sizeof gate->record + (uint64_t)index * sizeof *param,
                              param, sizeof *param);
}

enum twz_elf_error twz_elf_import_next(const struct twz_elf_file *file,
                                       const struct twz_elf_abi *abi,
                                       struct twz_elf_gate_cursor *cursor,
                                       struct twz_elf_import *import, struct twz_elf_diag *diag)
{
    struct check check = {.diag = diag};
    const struct twz_elf_span *span = &abi->imports;
    struct twz_elf_import_record record;
    if (cursor->offset >= span->size)
        return TWZ_ELF_END;
    const uint64_t vaddr = span->vaddr + cursor->offset;
    const uint32_t at = cursor->taken++;
    const struct twz_elf_gate_cursor here = {cursor->offset, at};
    cursor->offset = span->size; /* over, unless all is well */
    const enum twz_elf_error error =
        read_fixed(&check, file, span, &here, TWZ_ELF_AT_IMPORT, &record, sizeof record);
    if (error != TWZ_ELF_OK)
        return error;
    *import = (struct twz_elf_import){
        .index = at,
        .vaddr = vaddr,
        .name = relative(vaddr, offsetof(struct twz_elf_import_record, name_rel), record.name_rel),
        .signature = relative(vaddr, offsetof(struct twz_elf_import_record, signature_rel),
                              record.signature_rel),
    };
    if (record.size != sizeof record && !refuse(&check, TWZ_ELF_GATE_SIZE, TWZ_ELF_AT_IMPORT, at,
                                                record.size, vaddr, sizeof record))
        return check.result;
    if (!good_text(file, import->name, TWZ_ELF_GATE_NAME_MAX) &&
        !refuse(&check, TWZ_ELF_GATE_NAME, TWZ_ELF_AT_IMPORT, at, import->name, 0, 0))
        return check.result;
    if (!good_text(file, import->signature, TWZ_ELF_SIGNATURE_MAX) &&
        !refuse(&check, TWZ_ELF_GATE_SIGNATURE, TWZ_ELF_AT_IMPORT, at, import->signature, 0, 0))
        return check.result;
    if (check.count == 0)
        cursor->offset = here.offset + record.size;
    return check.result;
}
