/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why a reference was refused, and what to do about it. Looks for the near miss: a gate that may
 * not be used, a definition in another compartment, another version, a hidden symbol, a name that
 * is almost the same. This is the only place that makes sentences about bindings.
 */
#include "state.h"

#define NEAR_MAX      4u /* similar names */
#define NEAR_DISTANCE 2u

/* Explaining is worth so much work and no more; false: no more. */
static bool spend(struct ld_program *program, uint64_t work)
{
    uint64_t *left = &program->state->near_budget;
    *left = *left < work ? 0 : *left - work;
    return *left != 0;
}

bool ld_find_any(struct ld_program *program, const struct ld_instance *instance, const char *name,
                 struct twz_elf_symbol *symbol)
{
    const struct ld_module *module = instance->module;
    struct twz_elf_name hashed = twz_elf_name(name, ld_length(name));
    if (!module->has_dynamic)
        return false;
    const struct twz_elf_want want = {.patience = &program->state->patience};
    if (twz_elf_lookup(&module->dynamic, &hashed, &want, symbol) == TWZ_ELF_OK)
        return true;
    for (uint32_t i = 1; i < module->dynamic.symbol_count; i++) {
        if (!spend(program, 1))
            return false;
        if (!ld_module_symbol(module, i, symbol))
            return false;
        if (!twz_elf_symbol_undefined(symbol) && symbol->sym.st_name &&
            twz_elf_string_is(&module->dynamic, symbol->sym.st_name, hashed.text, hashed.length))
            return true;
    }
    return false;
}

static const char *compartment_name(const struct ld_query *query, uint32_t compartment)
{
    return query->program->compartments[compartment].name;
}

static const char *own_compartment(const struct ld_query *query)
{
    return compartment_name(query, query->from->compartment);
}

static const char *gate_library(const struct ld_query *query, const struct ld_gate *gate)
{
    return gate->instance == LD_NONE ? LD_MONITOR : query->program->instances[gate->instance]->name;
}

static const char *cure_of_import(const struct ld_query *query, const struct ld_gate *gate)
{
    const struct ld_program *program = query->program;
    const struct ld_memory *memory = ld_memory_of(program);
    const struct ld_compartment *own = &program->compartments[query->from->compartment];
    const char *name = query->name.text;
    uint32_t offering = program->compartments[gate->compartment].policy;
    const char *from = offering != LD_NONE
                           ? ld_policy_string(program->options.policy,
                                              program->options.policy->compartments[offering].name)
                           : compartment_name(query, gate->compartment);
    if (program->compartments[gate->compartment].owner != LD_NONE)
        return ld_sentence(memory, "name %s in a compartment of the policy",
                           gate_library(query, gate));
    if (own->owner != LD_NONE)
        return ld_sentence(memory,
                           "name %s in a compartment of the policy, with imports = { \"%s:%s\" }",
                           query->from->name, from, name);
    return ld_sentence(memory, "add \"%s:%s\" to imports of compartment %s", from, name, own->name);
}

/* A gate of that name that may not be used: the reason is `error`. */
static void explain_gate(const struct ld_query *query, const struct ld_gate *gate,
                         enum ld_error error, struct ld_report *report)
{
    const struct ld_memory *memory = ld_memory_of(query->program);
    const char *name = query->name.text, *own = own_compartment(query);
    const char *offering = compartment_name(query, gate->compartment);
    const char *library = gate_library(query, gate);
    report->error = error;
    report->rule = ld_rule_text(LD_RULE_DENIED);
    report->definer = library;
    report->definer_compartment = offering;
    switch (error) {
    case LD_ENOEXPORT:
        report->message =
            ld_sentence(memory, "`%s` is a gate of %s in compartment %s, which does not export it",
                        name, library, offering);
        report->cure =
            ld_sentence(memory, "add \"%s\" to exports of compartment %s", name, offering);
        break;
    case LD_ENOIMPORT:
        report->message = ld_sentence(
            memory, "`%s` is a gate of %s in compartment %s, but compartment %s does not import it",
            name, library, offering, own);
        report->cure = cure_of_import(query, gate);
        break;
    case LD_EISOLATION:
        report->message = ld_sentence(memory,
                                      "`%s` is a gate of %s in compartment %s, which was loaded "
                                      "for callers with another demand than %s",
                                      name, library, offering, own);
        report->cure = "ask for it by the handle that loading it gave, or state that demand in an "
                       "import of the policy";
        break;
    case LD_EVERSION:
        report->message =
            ld_sentence(memory, "`%s` is a gate of %s in compartment %s, but of version %s, not %s",
                        name, library, offering, gate->version, query->want.version);
        report->cure = ld_sentence(memory, "build %s against this %s", query->from->name, library);
        break;
    case LD_ESIGNATURE:
        report->message = ld_sentence(
            memory, "`%s` is declared as `%s` by %s, but as `%s` by %s in compartment %s", name,
            ld_module_import(query->from->module, name), query->from->name, gate->signature,
            library, offering);
        report->cure = ld_sentence(memory, "build %s and %s against the same declaration",
                                   query->from->name, library);
        break;
    case LD_EDUPLICATE:
        report->message = ld_sentence(
            memory, "`%s` is a gate of %s in compartment %s, and other compartments offer one too",
            name, library, offering);
        report->cure =
            ld_sentence(memory, "say which one is meant: \"%s:%s\" in imports of compartment %s",
                        offering, name, own);
        break;
    default:
        report->message = ld_sentence(memory,
                                      "`%s` is a gate of %s in compartment %s, but %s uses it as "
                                      "data, and a gate can only be called",
                                      name, library, offering, query->from->name);
        report->cure = ld_sentence(memory, "call `%s` as a function", name);
    }
}

/* A definition in another compartment that is no gate. */
static void explain_definition(const struct ld_query *query, const struct ld_instance *definer,
                               const struct twz_elf_symbol *symbol, struct ld_report *report)
{
    const struct ld_memory *memory = ld_memory_of(query->program);
    const char *name = query->name.text, *other = compartment_name(query, definer->compartment);
    unsigned type = twz_elf_symbol_type(symbol);
    report->error = LD_ENOGATE;
    report->rule = ld_rule_text(LD_RULE_DENIED);
    report->definer = definer->name;
    report->definer_compartment = other;
    report->message =
        ld_sentence(memory, "`%s` is defined by %s in compartment %s, but it is no gate", name,
                    definer->name, other);
    if (type == STT_OBJECT || type == STT_TLS || type == STT_COMMON)
        report->cure =
            ld_sentence(memory,
                        "data never binds across compartments: declare a gate with TWZ_GATE that "
                        "returns it, or move %s into compartment %s",
                        definer->name, own_compartment(query));
    else
        report->cure =
            ld_sentence(memory, "declare it with TWZ_GATE in %s, or move %s into compartment %s",
                        definer->name, definer->name, own_compartment(query));
}

/* A definition in the own compartment that cannot be used. */
static void explain_own(const struct ld_query *query, const struct ld_instance *definer,
                        const struct twz_elf_symbol *symbol, struct ld_report *report)
{
    const struct ld_memory *memory = ld_memory_of(query->program);
    const struct ld_version *version =
        ld_module_symbol_version(definer->module, symbol->index, NULL);
    const char *name = query->name.text;
    report->rule = ld_rule_text(LD_RULE_UNDEFINED);
    report->definer = definer->name;
    report->definer_compartment = own_compartment(query);
    if (ld_symbol_is_own(symbol)) {
        report->error = LD_EUNRESOLVED;
        report->message = ld_sentence(memory, "`%s` is local to %s: other libraries cannot see it",
                                      name, definer->name);
        report->cure = ld_sentence(memory, "give it default visibility in %s", definer->name);
    } else if (version && query->want.version) {
        report->error = LD_EVERSION;
        report->message =
            ld_sentence(memory, "`%s` is wanted in version %s, but %s defines it in version %s",
                        name, query->want.version, definer->name, version->name);
        report->cure =
            ld_sentence(memory, "build %s against this %s", query->from->name, definer->name);
    } else if (version) {
        report->error = LD_EVERSION;
        report->message =
            ld_sentence(memory, "`%s` is defined by %s in version %s, which is not the default",
                        name, definer->name, version->name);
        report->cure =
            ld_sentence(memory, "build %s against this %s", query->from->name, definer->name);
    } else {
        report->error = LD_EUNRESOLVED;
        report->message = ld_sentence(memory, "`%s` is in the symbol table of %s, but not exported",
                                      name, definer->name);
        report->cure = ld_sentence(memory, "link %s again", definer->name);
    }
}

/* A gate that demands isolation, called from its own compartment. */
static void explain_bypass(const struct ld_query *query, const struct ld_binding *binding,
                           struct ld_report *report)
{
    const struct ld_memory *memory = ld_memory_of(query->program);
    const struct ld_instance *definer = query->program->instances[binding->definer];
    report->error = LD_EISOLATION;
    report->rule = ld_rule_text(LD_RULE_DENIED);
    report->definer = definer->name;
    report->definer_compartment = own_compartment(query);
    report->message =
        ld_sentence(memory,
                    "gate `%s` of %s demands isolation from its callers, but %s is "
                    "in the same compartment, %s",
                    query->name.text, definer->name, query->from->name, own_compartment(query));
    report->cure = ld_sentence(memory,
                               "name %s in another compartment of the policy, or build it with "
                               "-DTWZ_GATE_ISOLATION=0",
                               definer->name);
}

/* Compartments of the policy that are not in use offer it, but which one is meant? */
static void explain_offers(const struct ld_query *query, const struct ld_offers *offers,
                           struct ld_report *report)
{
    const struct ld_memory *memory = ld_memory_of(query->program);
    const struct ld_policy *policy = query->program->options.policy;
    const char *first = ld_policy_string(policy, policy->compartments[offers->policy].name);
    const char *other = ld_policy_string(policy, policy->compartments[offers->other].name);
    report->error = LD_EDUPLICATE;
    report->rule = ld_rule_text(LD_RULE_DENIED);
    report->message =
        ld_sentence(memory, "`%s` is a gate of compartment %s and one of compartment %s",
                    query->name.text, first, other);
    report->cure =
        ld_sentence(memory, "say which one is meant: \"%s:%s\" in imports of compartment %s", first,
                    query->name.text, own_compartment(query));
}

struct similar {
    const char *names[NEAR_MAX];
    const char *library; /* of names[0] */
    uint32_t count;
};

static void consider(const struct ld_query *query, struct similar *similar, const char *name,
                     const char *library)
{
    uint32_t distance = ld_distance(query->name.text, name, NEAR_DISTANCE);
    if (similar->count == NEAR_MAX || distance > NEAR_DISTANCE ||
        distance >= query->name.length / 2)
        return;
    for (uint32_t i = 0; i < similar->count; i++)
        if (ld_equal(similar->names[i], name))
            return;
    if (!similar->count)
        similar->library = library;
    similar->names[similar->count++] = name;
}

/* Names that differ by a slip of the finger, among gates and in the compartment. */
static void find_similar(const struct ld_query *query, struct similar *similar)
{
    struct ld_program *program = query->program;
    for (uint32_t i = 0; i < program->gate_count && spend(program, 16); i++)
        if (!program->gates[i].pattern)
            consider(query, similar, program->gates[i].name,
                     gate_library(query, &program->gates[i]));
    for (uint32_t i = 0; i < program->instance_count; i++) {
        const struct ld_instance *instance = program->instances[i];
        const struct ld_module *module = instance->module;
        for (uint32_t j = 1; module->has_dynamic && j < module->dynamic.symbol_count; j++) {
            struct twz_elf_symbol symbol;
            if (similar->count == NEAR_MAX || !spend(program, 16))
                return;
            if (!ld_module_symbol(module, j, &symbol))
                break;
            if (twz_elf_symbol_exported(&symbol))
                consider(query, similar, ld_module_symbol_name(module, &symbol), instance->name);
        }
    }
}

/* A library that the compartment needs and that was not found, or NULL: the one that the
 * reference's version names, if it names one. */
static const char *missing_library(const struct ld_query *query)
{
    struct ld_program *program = query->program;
    const struct ld_version *version =
        query->reference == LD_NONE
            ? NULL
            : ld_module_symbol_version(query->from->module, query->reference, NULL);
    const char *named = version ? version->file : NULL;
    for (uint32_t i = 0; i < program->edge_count && spend(program, 1); i++) {
        const struct ld_edge *edge = &program->edges[i];
        if (edge->to == LD_NONE && edge->compartment == query->from->compartment &&
            (!named || ld_equal(edge->name, named)))
            return edge->name;
    }
    return NULL;
}

static enum ld_error explain_nowhere(const struct ld_query *query, struct ld_report *report)
{
    const struct ld_memory *memory = ld_memory_of(query->program);
    struct similar similar = {0};
    find_similar(query, &similar);
    report->error = LD_EUNRESOLVED;
    report->rule = ld_rule_text(LD_RULE_UNDEFINED);
    report->message = ld_sentence(memory,
                                  "`%s` is defined by no library of compartment %s and by "
                                  "no gate of another",
                                  query->name.text, own_compartment(query));
    if (similar.count)
        report->cure =
            ld_sentence(memory, "did you mean `%s` of %s?", similar.names[0], similar.library);
    else if (ld_module_import(query->from->module, query->name.text))
        report->cure =
            ld_sentence(memory, "it is declared as a gate: name the library that offers it in a "
                                "compartment of the policy");
    else if (missing_library(query))
        report->cure = ld_sentence(memory, "find %s first, which is missing and may define it",
                                   missing_library(query));
    else
        report->cure = ld_sentence(memory, "add the library that defines it to what %s needs",
                                   query->from->name);
    if (query->trace && similar.count) {
        const char **names = ld_zeroed(memory, similar.count, sizeof *names);
        if (!names)
            return LD_ENOMEM;
        for (uint32_t i = 0; i < similar.count; i++)
            names[i] = similar.names[i];
        query->trace->near = names;
        query->trace->near_count = similar.count;
    }
    return LD_OK;
}

/* The gate that comes closest, or NULL. */
static const struct ld_gate *near_gate(const struct ld_query *query, enum ld_error *error)
{
    struct ld_gate_cursor cursor = {0};
    for (const struct ld_gate *gate;
         (gate = ld_gate_next(query->program, &query->name, &cursor));) {
        const struct ld_policy_import *import;
        if (gate->compartment == query->from->compartment || gate->pattern)
            continue;
        *error = ld_gate_fits(query, gate, &import);
        if (*error != LD_OK)
            return gate;
    }
    return NULL;
}

/* A definition that comes close: in the own compartment or in another. */
static const struct ld_instance *near_definition(const struct ld_query *query, bool own,
                                                 struct twz_elf_symbol *symbol)
{
    struct ld_program *program = query->program;
    for (uint32_t i = 0; i < program->instance_count; i++) {
        const struct ld_instance *instance = program->instances[i];
        if ((instance->compartment == query->from->compartment) == own && spend(program, 4) &&
            ld_find_any(program, instance, query->name.text, symbol) &&
            (own || !ld_symbol_is_own(symbol)))
            return instance;
    }
    return NULL;
}

enum ld_error ld_explain(struct ld_query *query, struct ld_binding *binding,
                         struct ld_report *report)
{
    enum ld_error reason, error = LD_OK;
    struct twz_elf_symbol symbol;
    const struct ld_instance *definer = NULL;
    *report = (struct ld_report){.severity = LD_REFUSED,
                                 .referrer = query->from->name,
                                 .compartment = own_compartment(query),
                                 .symbol = query->name.text,
                                 .version = query->want.version,
                                 .file = query->from->path};
    binding->rule = LD_RULE_DENIED;
    if (binding->error == LD_EISOLATION) {
        explain_bypass(query, binding, report);
        return report->message ? LD_OK : LD_ENOMEM;
    }
    struct ld_offers offers = {.count = 0};
    const struct ld_gate *gate = near_gate(query, &reason);
    if (!gate)
        error = ld_offers_find(query->program, query->from->compartment, query->name.text, &offers);
    if (error)
        return error;
    if (offers.count > 1) {
        explain_offers(query, &offers, report);
        binding->error = LD_EDUPLICATE;
        return report->message ? LD_OK : LD_ENOMEM;
    }
    if (gate) {
        explain_gate(query, gate, reason, report);
        binding->definer = gate->instance;
    } else if ((definer = near_definition(query, false, &symbol))) {
        explain_definition(query, definer, &symbol, report);
        binding->definer = definer->index;
        binding->symbol = symbol.index;
    } else {
        binding->rule = LD_RULE_UNDEFINED;
        if ((definer = near_definition(query, true, &symbol)))
            explain_own(query, definer, &symbol, report);
        else
            error = explain_nowhere(query, report);
    }
    binding->error = (uint8_t)report->error;
    if (!error && !gate && binding->rule == LD_RULE_DENIED)
        error = ld_add_step(query, &(struct ld_step){.rule = LD_RULE_DENIED,
                                                     .instance = binding->definer,
                                                     .compartment = definer->compartment,
                                                     .outcome = LD_STEP_NOT_A_GATE});
    if (!error)
        error = ld_add_step(query, &(struct ld_step){.rule = LD_RULE_UNDEFINED,
                                                     .instance = LD_NONE,
                                                     .compartment = query->from->compartment,
                                                     .outcome = LD_STEP_STRONG});
    return error ? error : report->message ? LD_OK : LD_ENOMEM;
}
