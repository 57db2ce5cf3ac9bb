/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All references of an instance, one after the other: what each asks for, and the list of answers.
 * The rules that answer are in resolve.c.
 */
#include "scope_index.h"
#include "state.h"

bool ld_ask(struct ld_program *program, const struct ld_instance *from,
            const struct ld_reference *reference, struct ld_query *query)
{
    struct twz_elf_symbol symbol;
    *query = (struct ld_query){.program = program,
                               .from = from,
                               .class = reference->class,
                               .uses = reference->uses,
                               .reference = reference->symbol};
    if (!ld_module_symbol(from->module, reference->symbol, &symbol))
        return false;
    const char *name = ld_module_symbol_name(from->module, &symbol);
    const struct ld_version *version =
        ld_module_symbol_version(from->module, reference->symbol, NULL);
    query->name = twz_elf_name_of(name);
    query->type = (uint8_t)twz_elf_symbol_type(&symbol);
    query->weak = twz_elf_symbol_binding(&symbol) == STB_WEAK && twz_elf_symbol_undefined(&symbol);
    if (version) {
        query->want.version = version->name;
        query->want.version_length = ld_length(version->name);
        query->want.version_hash = version->hash;
        query->want.hidden = version->hidden;
    }
    return true;
}

/* References come in any order, and what has to be read for them is larger than caches are: while
 * one of them is answered, the memory that the next ones need is on its way. */
enum { AHEAD_SYMBOL = 24, AHEAD_NAME = 16, AHEAD_HASH = 8, AHEAD_ENTRY = 4 };

struct ahead {
    struct ld_program *program;
    const struct ld_instance *from;
    const struct ld_index *index;
    struct ld_query queries[AHEAD_HASH];
    bool asked[AHEAD_HASH];
};

static const struct ld_reference *reference_at(const struct ahead *ahead, uint64_t i)
{
    const struct ld_module *module = ahead->from->module;
    return i < module->reference_count ? &module->references[i] : NULL;
}

/* Brings on its way what reference `i` and those behind it need. */
static void expect(struct ahead *ahead, uint64_t i)
{
    const struct ld_module *module = ahead->from->module;
    const struct ld_reference *reference;
    if ((reference = reference_at(ahead, i + AHEAD_SYMBOL)))
        ld_module_expect(module, reference->symbol);
    if ((reference = reference_at(ahead, i + AHEAD_NAME)))
        ld_module_expect_name(module, reference->symbol);
    if ((reference = reference_at(ahead, i + AHEAD_HASH - 1))) {
        struct ld_query *query = &ahead->queries[(i + AHEAD_HASH - 1) % AHEAD_HASH];
        ahead->asked[(i + AHEAD_HASH - 1) % AHEAD_HASH] =
            ld_ask(ahead->program, ahead->from, reference, query);
        ld_index_expect(ahead->index, query->name.gnu);
    }
    if (reference_at(ahead, i + AHEAD_ENTRY))
        ld_index_expect_entry(ahead->index,
                              ahead->queries[(i + AHEAD_ENTRY) % AHEAD_HASH].name.gnu);
}

static enum ld_error refuse_slow(struct ld_program *program, const struct ld_query *query)
{
    const struct ld_memory *memory = ld_memory_of(program);
    struct ld_report report = {
        .error = LD_ELIMIT,
        .severity = LD_REFUSED,
        .referrer = query->from->name,
        .compartment = program->compartments[query->from->compartment].name,
        .symbol = query->name.text,
        .file = query->from->path,
        .message =
            ld_sentence(memory,
                        "the symbols of %s cannot be looked up in reasonable time: hash "
                        "tables in compartment %s have chains without end",
                        query->from->name, program->compartments[query->from->compartment].name),
        .cure = "link the libraries again, with --hash-style=gnu"};
    enum ld_error told = ld_refuse(program, &report);
    return told ? told : LD_ELIMIT;
}

static struct ld_binding unbound(const struct ld_instance *instance, uint32_t reference,
                                 enum ld_error error)
{
    return (struct ld_binding){.referrer = instance->index,
                               .reference = instance->module->references[reference].symbol,
                               .definer = LD_NONE,
                               .gate = LD_NONE,
                               .kind = LD_BOUND_REFUSED,
                               .rule = LD_RULE_UNDEFINED,
                               .error = (uint8_t)error};
}

static enum ld_error resolve_one(struct ld_query *query, struct ld_binding *binding)
{
    struct ld_program *program = query->program;
    query->settles = true;
    enum ld_error error = ld_resolve(query, binding);
    if (error == LD_ELIMIT)
        return refuse_slow(program, query);
    if (!error && binding->kind == LD_BOUND_GATE)
        program->gates[binding->gate].used = true;
    if (error || binding->kind != LD_BOUND_REFUSED)
        return error;
    struct ld_report report;
    error = ld_explain(query, binding, &report);
    return error ? error : ld_refuse(program, &report);
}

static enum ld_error resolve_references(struct ld_program *program,
                                        const struct ld_instance *instance)
{
    struct ld_extra *extra = ld_extra(program, instance->index);
    enum ld_error error = ld_module_references(&program->options, extra->module);
    if (error && error != LD_ENOMEM && error != LD_ESTOPPED) {
        ld_first(&program->state->first_error, error);
        return LD_OK; /* told; the instance has no bindings */
    }
    if (error)
        return error;
    uint32_t count = extra->module->reference_count;
    const struct ld_memory *memory = ld_memory_of(program);
    struct ld_binding *bindings =
        memory->allocate(memory->context, (count ? count : 1) * sizeof *bindings, 16);
    if (!bindings)
        return LD_ENOMEM;
    struct ahead ahead = {.program = program,
                          .from = instance,
                          .index = ld_scope_index(program, instance->compartment)};
    if (!ahead.index)
        return LD_ENOMEM;
    extra->bindings = bindings;
    for (int64_t i = 1 - AHEAD_HASH; i < 0; i++)
        expect(&ahead, (uint64_t)i);
    uint32_t done = 0;
    for (; done < count && !error; done++) {
        expect(&ahead, done);
        if (ahead.asked[done % AHEAD_HASH])
            error = resolve_one(&ahead.queries[done % AHEAD_HASH], &bindings[done]);
        else
            bindings[done] = unbound(instance, done, LD_EELF);
    }
    for (; done < count; done++) /* what is stopped half way is not bound */
        bindings[done] = unbound(instance, done, LD_EUNRESOLVED);
    return error;
}

/* Every version that a file needs must be defined by the library that it names, if that was found:
 * the system's linker refuses the program otherwise, whether a symbol uses it or not. */
static enum ld_error check_versions(struct ld_program *program, const struct ld_instance *instance)
{
    const struct ld_module *module = instance->module;
    enum ld_error error = LD_OK;
    for (uint32_t i = 0; i < module->version_count && !error; i++) {
        const struct ld_version *version = &module->versions[i];
        if (!version->name || !version->file || version->weak)
            continue;
        const struct ld_instance *definer = NULL;
        for (uint32_t j = 0; j < program->edge_count && !definer && ld_spend(program, 1); j++)
            if (program->edges[j].to != LD_NONE &&
                program->instances[program->edges[j].to]->compartment == instance->compartment &&
                ld_equal(program->edges[j].name, version->file))
                definer = program->instances[program->edges[j].to];
        if (!definer || !definer->module->dynamic.verdef_count ||
            ld_module_defines_version(definer->module, version->name))
            continue;
        struct ld_report report = {
            .error = LD_EVERSION,
            .severity = LD_REFUSED,
            .referrer = instance->name,
            .compartment = program->compartments[instance->compartment].name,
            .version = version->name,
            .definer = definer->name,
            .definer_compartment = program->compartments[definer->compartment].name,
            .message = ld_sentence(ld_memory_of(program),
                                   "%s needs version %s of %s, which %s does "
                                   "not define",
                                   instance->name, version->name, version->file, definer->path),
            .cure = ld_sentence(ld_memory_of(program),
                                "install a newer %s, or build %s against "
                                "this one",
                                version->file, instance->name)};
        error = ld_refuse(program, &report);
    }
    if (!error && !program->state->patience)
        error = ld_refuse_endless(program, instance->name);
    return error;
}

enum ld_error ld_resolve_instance(struct ld_program *program, const struct ld_instance *instance)
{
    enum ld_error error = check_versions(program, instance);
    return error ? error : resolve_references(program, instance);
}

enum ld_error ld_program_resolve(struct ld_program *program)
{
    enum ld_error error = LD_OK, before = program->state->first_error;
    program->state->first_error = LD_OK;
    program->state->patience = LD_PATIENCE;
    for (uint32_t i = 0; i < program->compartment_count && !error; i++) {
        const struct ld_compartment *compartment = &program->compartments[i];
        /* What is needed comes before what needs it, as glibc relocates: the first reference to a
         * unique symbol decides. */
        for (uint32_t j = 0; j < compartment->init_count && !error; j++)
            error = ld_resolve_instance(program, program->instances[compartment->init_order[j]]);
    }
    if (error)
        ld_first(&program->state->first_error, error);
    error = program->state->first_error;
    if (before)
        program->state->first_error = before;
    return error;
}

const char *ld_next_unresolved(struct ld_program *program, const struct ld_instance *instance,
                               uint32_t *cursor)
{
    struct ld_module *module = ld_extra(program, instance->index)->module;
    if (ld_module_references(&program->options, module) != LD_OK)
        return NULL;
    while (*cursor < module->reference_count) {
        struct ld_query query;
        struct ld_binding binding;
        if (!ld_spend(program, 4))
            return NULL;
        if (ld_ask(program, instance, &module->references[(*cursor)++], &query) &&
            ld_resolve(&query, &binding) == LD_OK && binding.kind == LD_BOUND_REFUSED)
            return query.name.text;
    }
    return NULL;
}

bool ld_has_unresolved(struct ld_program *program, uint32_t compartment)
{
    for (uint32_t i = 0; i < program->instance_count; i++) {
        uint32_t cursor = 0;
        if (program->instances[i]->compartment == compartment &&
            ld_next_unresolved(program, program->instances[i], &cursor))
            return true;
    }
    return false;
}

/* Whoever reads the bindings asks for names. */
static void expect_names(const struct ld_extra *extra, uint32_t reference)
{
    const struct ld_module *module = extra->module;
    uint32_t left = module->reference_count - reference;
    if (left > AHEAD_SYMBOL)
        ld_module_expect(module, module->references[reference + AHEAD_SYMBOL].symbol);
    if (left > AHEAD_NAME)
        ld_module_expect_name(module, module->references[reference + AHEAD_NAME].symbol);
}

bool ld_binding_next(const struct ld_program *program, uint64_t *cursor, struct ld_binding *binding)
{
    uint32_t instance = (uint32_t)(*cursor >> 32), reference = (uint32_t)*cursor;
    for (; instance < program->instance_count; instance++, reference = 0) {
        const struct ld_extra *extra = ld_extra(program, instance);
        for (; extra->bindings && reference < extra->module->reference_count; reference++) {
            if (extra->bindings[reference].rule == LD_RULE_OWN)
                continue;
            expect_names(extra, reference);
            *binding = extra->bindings[reference];
            *cursor = (uint64_t)instance << 32 | (reference + 1);
            return true;
        }
    }
    *cursor = (uint64_t)instance << 32;
    return false;
}

bool ld_symbol_name(const struct ld_instance *instance, uint32_t symbol,
                    struct ld_symbol_name *name)
{
    struct twz_elf_symbol found;
    if (!ld_module_symbol(instance->module, symbol, &found))
        return false;
    const struct ld_version *version = ld_module_symbol_version(instance->module, symbol, NULL);
    *name = (struct ld_symbol_name){.name = ld_module_symbol_name(instance->module, &found),
                                    .version = version ? version->name : NULL,
                                    .type = (uint8_t)twz_elf_symbol_type(&found),
                                    .bind = (uint8_t)twz_elf_symbol_binding(&found)};
    return true;
}
