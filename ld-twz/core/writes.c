/* SPDX-License-Identifier: BSD-2-Clause */
/* The relocation writes of a plan: libtwzelf computes them, the bindings say what symbols are. */
#include "state.h"
#include <ld/plan.h>
#include <twz/sys/types.h>

/* Writes of one kind: copies and calls come after all values, because they need them. */
struct write_list {
    struct ld_write *writes;
    uint32_t count, capacity;
};

struct emitter {
    struct ld_plan *plan;
    struct ld_program *program;
    const struct ld_instance *instance;
    uint64_t stubs;
    struct write_list lists[3]; /* by enum ld_write_kind */
    bool from_thread_pointer;   /* the reference at hand is one of TLS model initial-exec */
    bool calling;               /* the next value is the address of an IFUNC resolver */
    enum ld_error error;
    const char *reason; /* why a relocation was refused, with one %s for the library */
};

static bool fail(struct emitter *emitter, enum ld_error error, const char *reason)
{
    ld_first(&emitter->error, error);
    if (!emitter->reason)
        emitter->reason = reason;
    return false;
}

static bool define_symbol(struct emitter *emitter, const struct ld_binding *binding,
                          struct twz_elf_definition *definition)
{
    const struct ld_instance *definer = emitter->program->instances[binding->definer];
    struct twz_elf_symbol symbol;
    if (!ld_module_symbol(definer->module, binding->symbol, &symbol))
        return fail(emitter, LD_ERELOC, "%s refers to a symbol that its definer lost");
    unsigned type = twz_elf_symbol_type(&symbol);
    definition->size = symbol.sym.st_size;
    definition->tls_module = definer->tls_module;
    definition->tls_offset = -(int64_t)definer->tls_offset;
    definition->ifunc = type == STT_GNU_IFUNC;
    if (type == STT_TLS && definer->dynamic_tls && emitter->from_thread_pointer)
        return fail(emitter, LD_ETLS,
                    "%s reaches thread-local storage of a library that was loaded at run time by "
                    "its distance from the thread pointer; build it without "
                    "-ftls-model=initial-exec");
    if (type == STT_TLS || symbol.sym.st_shndx == SHN_ABS)
        definition->value = symbol.sym.st_value;
    else
        definition->value = ld_instance_address(definer, symbol.sym.st_value);
    return true;
}

static bool define(struct emitter *emitter, const struct ld_binding *binding,
                   struct twz_elf_definition *definition)
{
    switch (binding->kind) {
    case LD_BOUND_SYMBOL:
        return define_symbol(emitter, binding, definition);
    case LD_BOUND_GATE: {
        uint32_t number = emitter->program->gates[binding->gate].number;
        if (number == LD_NONE)
            return fail(emitter, LD_EGATE, "%s calls a gate that has no number yet");
        definition->value = emitter->stubs + (uint64_t)number * 16;
        return true;
    }
    case LD_BOUND_ZERO:
        return true;
    default:
        return fail(emitter, LD_EUNRESOLVED, "%s has references that are not bound");
    }
}

/* A slot of the PLT is only ever called through. When the callee is a gate of the same compartment
 * it leads past the entry, so that the call costs what any other does. Slots that hold a function's
 * address keep the entry: it is what a callback is known by. */
static void relax(const struct emitter *emitter, const struct ld_binding *binding,
                  struct twz_elf_definition *definition)
{
    const struct ld_instance *definer = emitter->program->instances[binding->definer];
    struct twz_elf_symbol symbol;
    uint64_t function;
    if (definer->compartment == emitter->instance->compartment &&
        ld_module_symbol(definer->module, binding->symbol, &symbol) &&
        twz_elf_symbol_type(&symbol) == STT_FUNC &&
        ld_gate_function(emitter->program, definer, symbol.sym.st_value, &function))
        definition->value = ld_instance_address(definer, function);
}

static bool resolve(void *context, const struct twz_elf_reloc *reloc, uint32_t symbol,
                    struct twz_elf_definition *definition)
{
    struct emitter *emitter = context;
    const struct ld_extra *extra = ld_extra(emitter->program, emitter->instance->index);
    const struct twz_elf_rule *rule = twz_elf_rule(extra->module->elf.arch, reloc->type);
    *definition =
        (struct twz_elf_definition){.tls_module = emitter->instance->tls_module,
                                    .tls_offset = -(int64_t)emitter->instance->tls_offset};
    emitter->from_thread_pointer = rule && rule->flags & TWZ_ELF_RULE_TPOFF;
    if (!symbol && emitter->from_thread_pointer && emitter->instance->dynamic_tls)
        return fail(emitter, LD_ETLS,
                    "%s was loaded at run time and reaches its thread-local storage by its "
                    "distance from the thread pointer; build it without -ftls-model=initial-exec");
    if (!symbol)
        return true;
    *definition = (struct twz_elf_definition){0};
    const uint16_t tls =
        TWZ_ELF_RULE_DTPMOD | TWZ_ELF_RULE_DTPOFF | TWZ_ELF_RULE_TPOFF | TWZ_ELF_RULE_TLSDESC;
    enum ld_reference_class class = !rule                                     ? LD_CLASS_DATA
                                    : rule->flags & TWZ_ELF_RULE_COPY         ? LD_CLASS_COPY
                                    : rule->flags & (tls | TWZ_ELF_RULE_SLOT) ? LD_CLASS_CALL
                                                                              : LD_CLASS_DATA;
    const uint32_t *of = extra->module->reference_of[class];
    if (!extra->bindings || !of || symbol >= extra->module->dynamic.symbol_count || !of[symbol])
        return fail(emitter, LD_EUNRESOLVED, "%s was not resolved");
    const struct ld_binding *binding = &extra->bindings[of[symbol] - 1];
    if (!define(emitter, binding, definition))
        return false;
    if (rule && rule->flags & TWZ_ELF_RULE_SLOT && binding->kind == LD_BOUND_SYMBOL)
        relax(emitter, binding, definition);
    return true;
}

uint64_t ld_runtime_function(const struct ld_program *program, uint32_t compartment,
                             const char *name)
{
    const struct ld_compartment *owner = &program->compartments[compartment];
    struct ld_query query = {.program = (struct ld_program *)(uintptr_t)program,
                             .from = program->instances[0],
                             .name = twz_elf_name(name, ld_length(name)),
                             .reference = LD_NONE};
    struct twz_elf_symbol symbol;
    for (uint32_t i = 0; i <= owner->first_dibs_count; i++) {
        uint32_t instance = i < owner->first_dibs_count ? owner->first_dibs[i]
                            : owner->scope_count        ? owner->scope[0]
                                                        : LD_NONE;
        if (instance != LD_NONE && ld_lookup(&query, instance, LD_CLASS_CALL, &symbol))
            return ld_instance_address(program->instances[instance], symbol.sym.st_value);
    }
    return 0;
}

/* The functions that the runtime has for descriptors: see its tlsdesc.c. */
static bool tlsdesc(void *context, const struct twz_elf_definition *definition, int64_t addend,
                    uint64_t words[2])
{
    struct emitter *emitter = context;
    uint32_t compartment = emitter->instance->compartment;
    uint64_t offset = definition->value + (uint64_t)addend;
    bool dynamic = definition->tls_module > emitter->program->compartments[compartment].tls_modules;
    if (!definition->tls_module)
        return fail(emitter, LD_ETLS, "%s has a TLS descriptor for what is not there");
    if (offset >= TWZ_SLOT_SIZE || definition->tls_module > UINT32_MAX)
        return fail(emitter, LD_ETLS, "%s has a TLS descriptor beyond what a block can hold");
    words[0] = ld_runtime_function(emitter->program, compartment,
                                   dynamic ? "twz_rt_tlsdesc_dynamic" : "twz_rt_tlsdesc_static");
    words[1] =
        dynamic ? definition->tls_module << 32 | offset : offset + (uint64_t)definition->tls_offset;
    return words[0] ? true
                    : fail(emitter, LD_ETLS, "%s has TLS descriptors, but no runtime for them");
}

static bool call(void *context, uint64_t address, uint64_t *value)
{
    struct emitter *emitter = context;
    emitter->calling = true;
    *value = address;
    return true;
}

static bool keep(struct emitter *emitter, enum ld_write_kind kind, uint64_t vaddr, uint64_t value,
                 uint64_t width)
{
    struct write_list *list = &emitter->lists[kind];
    uint64_t before = emitter->instance->data_slot - emitter->instance->text_slot;
    struct ld_write write = {.instance = emitter->instance->index,
                             .kind = kind,
                             .offset = vaddr - before * TWZ_SLOT_SIZE,
                             .value = value,
                             .width = width};
    if (!ld_check_write(&emitter->plan->mappings[write.instance], &write))
        return fail(emitter, LD_EWRITE, "%s has a relocation outside its own data");
    struct ld_write *writes = ld_grow(ld_memory_of(emitter->program), list->writes, list->count,
                                      &list->capacity, sizeof *writes);
    if (!writes)
        return fail(emitter, LD_ENOMEM, NULL);
    list->writes = writes;
    writes[list->count++] = write;
    return true;
}

static bool on_write(void *context, uint64_t vaddr, uint64_t value, unsigned width)
{
    struct emitter *emitter = context;
    enum ld_write_kind kind = emitter->calling ? LD_WRITE_CALL : LD_WRITE_VALUE;
    emitter->calling = false;
    return keep(emitter, kind, vaddr, value, width);
}

static bool on_copy(void *context, uint64_t vaddr, uint64_t source, uint64_t size)
{
    return !size || keep(context, LD_WRITE_COPY, vaddr, source, size);
}

static enum ld_error emit_instance(struct emitter *emitter)
{
    const struct ld_module *module = emitter->instance->module;
    const struct twz_elf_resolver resolver = {
        .context = emitter, .resolve = resolve, .call = call, .tlsdesc = tlsdesc};
    const struct twz_elf_receiver receiver = {
        .context = emitter, .write = on_write, .copy = on_copy};
    struct twz_elf_diag diag = {0};
    if (!module->has_dynamic ||
        twz_elf_relocs_emit(&module->dynamic, ld_instance_address(emitter->instance, 0), &resolver,
                            &receiver, &diag) == TWZ_ELF_OK)
        return LD_OK;
    if (emitter->error == LD_ENOMEM)
        return LD_ENOMEM;
    char line[TWZ_ELF_LINE];
    (void)twz_elf_format(&diag.first, line, sizeof line);
    const char *path = emitter->instance->path;
    const struct ld_memory *memory = ld_memory_of(emitter->program);
    struct ld_report report = {
        .error = emitter->error ? emitter->error : LD_ERELOC,
        .severity = LD_REFUSED,
        .referrer = emitter->instance->name,
        .file = path,
        .message = emitter->reason ? ld_sentence(memory, emitter->reason, path)
                                   : ld_sentence(memory, "%s: %s", path, line),
        .cure = emitter->reason ? NULL : twz_elf_error_cure(diag.first.error)};
    enum ld_error told = ld_refuse(emitter->program, &report);
    return told ? told : report.error;
}

/* One list of all writes, in the order in which they have to be made. */
static enum ld_error collect(struct emitter *emitter, struct ld_write **writes, uint64_t *count)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < 3; i++)
        total += emitter->lists[i].count;
    *writes = emitter->lists[0].writes;
    *count = total;
    if (total == emitter->lists[0].count)
        return LD_OK;
    *writes = ld_zeroed(ld_memory_of(emitter->program), total, sizeof **writes);
    if (!*writes)
        return LD_ENOMEM;
    uint64_t at = 0;
    for (uint32_t i = 0; i < 3; at += emitter->lists[i++].count)
        if (emitter->lists[i].count)
            __builtin_memcpy(*writes + at, emitter->lists[i].writes,
                             emitter->lists[i].count * sizeof **writes);
    return LD_OK;
}

enum ld_error ld_writes_of(struct ld_plan *plan, struct ld_memory memory, const uint32_t *instances,
                           uint32_t count, uint64_t stubs, struct ld_write **writes,
                           uint64_t *write_count)
{
    struct ld_program *program = plan->program;
    struct emitter emitter = {.plan = plan, .program = program, .stubs = stubs};
    struct ld_memory before = program->options.memory;
    enum ld_error error = LD_OK;
    program->options.memory = memory;
    for (uint32_t i = 0; i < count && !error; i++) {
        emitter.instance = program->instances[instances ? instances[i] : i];
        error = emit_instance(&emitter);
    }
    if (!error)
        error = collect(&emitter, writes, write_count);
    program->options.memory = before;
    return error;
}

enum ld_error ld_plan_writes(struct ld_plan *plan, uint64_t stubs)
{
    return ld_writes_of(plan, *ld_memory_of(plan->program), NULL, plan->program->instance_count,
                        stubs, &plan->writes, &plan->write_count);
}

enum ld_error ld_late_writes(struct ld_plan *plan, struct ld_late *late, uint64_t stubs)
{
    return ld_writes_of(plan, late->memory, late->instances, late->instance_count, stubs,
                        &late->writes, &late->write_count);
}
