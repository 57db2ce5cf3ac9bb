/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The linking rules (<ld/program.h>), one function per rule. Inside a compartment they are those of
 * the System V ABI as glibc applies them: scope order, versions, protected and unique symbols,
 * DT_SYMBOLIC, the procedure linkage entries of position-dependent programs, COPY.
 */
#include "scope_index.h"
#include "state.h"

const char *ld_rule_text(enum ld_rule rule)
{
    static const char *const texts[] = {
#define X(name, text) [name] = text,
        LD_RULES(X)
#undef X
    };
    return (unsigned)rule < sizeof texts / sizeof *texts ? texts[rule] : "?";
}

const char *ld_outcome_text(enum ld_outcome outcome)
{
    static const char *const texts[] = {
#define X(name, text) [name] = text,
        LD_OUTCOMES(X)
#undef X
    };
    return (unsigned)outcome < sizeof texts / sizeof *texts ? texts[outcome] : "?";
}

enum ld_error ld_add_step(struct ld_query *query, const struct ld_step *step)
{
    if (!query->trace)
        return LD_OK;
    struct ld_step *kept = ld_zeroed(ld_memory_of(query->program), 1, sizeof *kept);
    if (!kept)
        return LD_ENOMEM;
    *kept = *step;
    kept->next = NULL;
    if (query->last_step)
        query->last_step->next = kept;
    else
        query->trace->steps = kept;
    query->last_step = kept;
    return LD_OK;
}

/* A definition that a search came upon. */
struct found {
    uint32_t instance; /* LD_NONE: nothing */
    struct twz_elf_symbol symbol;
};

/* Whether a search may look into `instance`: a COPY wants the original, not the program's own. */
static bool may_answer(const struct ld_query *query, uint32_t instance, uint8_t class)
{
    return query->program->instances[instance]->module->has_dynamic &&
           !(class == LD_CLASS_COPY && !instance);
}

/* Why `instance` does not answer the query, for a trace. */
static enum ld_error trace_miss(struct ld_query *query, enum ld_rule rule, uint32_t instance,
                                uint8_t class)
{
    struct ld_step step = {.rule = rule,
                           .instance = instance,
                           .compartment = query->program->instances[instance]->compartment,
                           .outcome = LD_STEP_ABSENT};
    const struct ld_instance *searched = query->program->instances[instance];
    struct twz_elf_symbol symbol;
    if (!query->trace)
        return LD_OK;
    if (!may_answer(query, instance, class))
        step.outcome = class == LD_CLASS_COPY ? LD_STEP_COPY : LD_STEP_ABSENT;
    else if (ld_find_any(query->program, searched, query->name.text, &symbol)) {
        bool hidden = false;
        const struct ld_version *version =
            ld_module_symbol_version(searched->module, symbol.index, &hidden);
        step.outcome = ld_symbol_is_own(&symbol)                     ? LD_STEP_INVISIBLE
                       : query->want.version && version              ? LD_STEP_OTHER_VERSION
                       : version && (hidden || !query->want.version) ? LD_STEP_HIDDEN_VERSION
                                                                     : LD_STEP_INVISIBLE;
        step.detail = version ? version->name : NULL;
    }
    return ld_add_step(query, &step);
}

static enum ld_error trace_hit(struct ld_query *query, enum ld_rule rule, const struct found *found)
{
    const struct ld_instance *instance = query->program->instances[found->instance];
    struct ld_step step = {.rule = rule,
                           .instance = found->instance,
                           .compartment = instance->compartment,
                           .outcome = LD_STEP_TAKEN};
    if (!query->trace)
        return LD_OK;
    const struct ld_version *version =
        ld_module_symbol_version(instance->module, found->symbol.index, NULL);
    step.detail = version ? version->name : NULL;
    return ld_add_step(query, &step);
}

static struct twz_elf_want wanted(const struct ld_query *query, uint8_t class)
{
    struct twz_elf_want want = query->want;
    want.canonical_plt = class == LD_CLASS_DATA;
    want.patience = &query->program->state->patience;
    return want;
}

bool ld_lookup(const struct ld_query *query, uint32_t instance, uint8_t class,
               struct twz_elf_symbol *symbol)
{
    const struct twz_elf_want want = wanted(query, class);
    return may_answer(query, instance, class) &&
           twz_elf_lookup(&query->program->instances[instance]->module->dynamic, &query->name,
                          &want, symbol) == TWZ_ELF_OK;
}

static enum ld_error search_list(struct ld_query *query, enum ld_rule rule, const uint32_t *list,
                                 uint32_t count, uint8_t class, struct found *found)
{
    enum ld_error error = LD_OK;
    found->instance = LD_NONE;
    for (uint32_t i = 0; i < count && !error; i++) {
        if (ld_lookup(query, list[i], class, &found->symbol)) {
            found->instance = list[i];
            return trace_hit(query, rule, found);
        }
        error = trace_miss(query, rule, list[i], class);
    }
    return error;
}

/* What loads at run time have added: symbols for everybody, then the referrer's own load. */
static enum ld_error search_late(struct ld_query *query, uint8_t class, struct found *found)
{
    const struct ld_program *program = query->program;
    const struct ld_group *group = &program->state->groups[query->from->compartment];
    const struct ld_late *late = ld_extra(program, query->from->index)->late;
    enum ld_error error =
        search_list(query, LD_RULE_SCOPE, group->globals, group->global_count, class, found);
    if (error || found->instance != LD_NONE || !late)
        return error;
    return search_list(query, LD_RULE_SCOPE, late->scope, late->scope_count, class, found);
}

/* The first instance of the scope that has an answer, through its index. */
static void search_index(const struct ld_query *query, const struct ld_index *index, uint8_t class,
                         struct found *found)
{
    const struct ld_program *program = query->program;
    const struct twz_elf_want want = wanted(query, class);
    struct twz_elf_search search = {.name = &query->name, .want = &want};
    struct ld_index_cursor cursor;
    struct ld_candidate candidate;
    uint32_t at = LD_NONE;
    ld_index_start(index, query->name.gnu, &want, &cursor);
    found->instance = LD_NONE;
    while (ld_index_next(index, &cursor, &candidate)) {
        bool fits;
        if (candidate.instance != at && search.defaults &&
            twz_elf_search_end(&search, &found->symbol) == TWZ_ELF_OK)
            break;
        if (candidate.instance != at) {
            search.dynamic = &program->instances[candidate.instance]->module->dynamic;
            search.defaults = 0;
            at = candidate.instance;
        }
        if (candidate.symbol == LD_NONE)
            fits = ld_lookup(query, at, class, &found->symbol);
        else
            fits = may_answer(query, at, class) &&
                   twz_elf_search_try(&search, candidate.symbol, &found->symbol) == TWZ_ELF_OK;
        if (fits) {
            found->instance = at;
            return;
        }
    }
    if (search.defaults && twz_elf_search_end(&search, &found->symbol) == TWZ_ELF_OK)
        found->instance = at;
}

const struct ld_index *ld_scope_index(struct ld_program *program, uint32_t compartment)
{
    struct ld_group *group = &program->state->groups[compartment];
    if (!group->index)
        group->index = ld_index_make(program, &program->compartments[compartment]);
    return group->index;
}

/* The compartment's scope, through the index unless every step is to be seen. */
static enum ld_error search_scope(struct ld_query *query, uint8_t class, struct found *found)
{
    struct ld_program *program = query->program;
    const struct ld_compartment *compartment = &program->compartments[query->from->compartment];
    if (query->trace) {
        enum ld_error error = search_list(query, LD_RULE_SCOPE, compartment->scope,
                                          compartment->scope_count, class, found);
        return error || found->instance != LD_NONE ? error : search_late(query, class, found);
    }
    const struct ld_index *index = ld_scope_index(program, compartment->index);
    if (!index)
        return LD_ENOMEM;
    search_index(query, index, class, found);
    if (found->instance != LD_NONE)
        return LD_OK;
    return search_late(query, class, found);
}

static void take(struct ld_binding *binding, enum ld_rule rule, const struct found *found)
{
    binding->kind = LD_BOUND_SYMBOL;
    binding->rule = (uint8_t)rule;
    binding->definer = found->instance;
    binding->symbol = found->symbol.index;
}

static void take_own(const struct ld_query *query, struct ld_binding *binding, enum ld_rule rule)
{
    binding->kind = LD_BOUND_SYMBOL;
    binding->rule = (uint8_t)rule;
    binding->definer = query->from->index;
    binding->symbol = query->reference;
}

/* Rules 1 and 2 without protected symbols. *found stays empty when neither answers. */
static enum ld_error search_compartment(struct ld_query *query, uint8_t class, enum ld_rule *rule,
                                        struct found *found)
{
    const struct ld_compartment *compartment =
        &query->program->compartments[query->from->compartment];
    const struct ld_module *module = query->from->module;
    enum ld_error error = LD_OK;
    found->instance = LD_NONE;
    if (module->has_dynamic && module->dynamic.flags & TWZ_ELF_SYMBOLIC) {
        *rule = LD_RULE_SYMBOLIC;
        error = search_list(query, *rule, &query->from->index, 1, class, found);
        if (error || found->instance != LD_NONE)
            return error;
    }
    *rule = LD_RULE_FIRST_DIBS;
    error = search_list(query, *rule, compartment->first_dibs, compartment->first_dibs_count, class,
                        found);
    if (error || found->instance != LD_NONE)
        return error;
    *rule = LD_RULE_SCOPE;
    return search_scope(query, class, found);
}

/* A protected symbol's own definition holds, unless the reference finds nothing but the address
 * that a position-dependent program gave the function. */
static enum ld_error protect(struct ld_query *query, struct ld_binding *binding)
{
    struct twz_elf_symbol own;
    if (query->reference == LD_NONE || binding->definer == query->from->index ||
        !ld_module_symbol(query->from->module, query->reference, &own) ||
        twz_elf_symbol_visibility(&own) != STV_PROTECTED || twz_elf_symbol_undefined(&own))
        return LD_OK;
    if (query->class != LD_CLASS_CALL) {
        enum ld_rule rule;
        struct found found;
        struct ld_trace *trace = query->trace;
        query->trace = NULL;
        enum ld_error error = search_compartment(query, LD_CLASS_CALL, &rule, &found);
        query->trace = trace;
        if (error || found.instance == LD_NONE || found.instance == query->from->index)
            return error;
    }
    take_own(query, binding, LD_RULE_PROTECTED);
    return ld_add_step(query, &(struct ld_step){.rule = LD_RULE_PROTECTED,
                                                .instance = query->from->index,
                                                .compartment = query->from->compartment,
                                                .outcome = LD_STEP_TAKEN});
}

static enum ld_error fits_alone(const struct ld_query *query, const struct ld_gate *gate,
                                const struct ld_policy_import **import)
{
    *import = NULL;
    if (gate->compartment == LD_NONE)
        return LD_ENOIMPORT; /* of a library that was unloaded */
    if (!gate->exported)
        return LD_ENOEXPORT;
    if (!ld_gate_imported(query->program, query->from->compartment, gate, import))
        return LD_ENOIMPORT;
    if (!query->by_handle && !ld_gate_selected(query->program, query->from->compartment, gate))
        return LD_EISOLATION;
    if (query->want.version && gate->version && !ld_equal(query->want.version, gate->version))
        return LD_EVERSION;
    if (query->uses & ~(uint8_t)LD_USE_ADDRESS || query->class == LD_CLASS_COPY ||
        query->type == STT_TLS || query->type == STT_OBJECT)
        return LD_ENOTCALL;
    const char *signature = ld_module_import(query->from->module, query->name.text);
    if (signature && gate->signature && !ld_equal(signature, gate->signature))
        return LD_ESIGNATURE;
    return LD_OK;
}

/* Whether another compartment may be meant, be it in use or not. Which one is must not hang on
 * which came into use first: a compartment that nobody vouches for may offer gates of any name. */
static enum ld_error find_rival(const struct ld_query *query, const struct ld_gate *gate)
{
    const struct ld_program *program = query->program;
    const struct ld_policy_import *unused;
    uint32_t own = program->compartments[gate->compartment].policy;
    struct ld_offers offers;
    struct ld_gate_cursor cursor = {0};
    for (const struct ld_gate *other; (other = ld_gate_next(program, &query->name, &cursor));)
        if (other->compartment != gate->compartment &&
            other->compartment != query->from->compartment &&
            fits_alone(query, other, &unused) == LD_OK)
            return LD_EDUPLICATE;
    enum ld_error error =
        ld_offers_find(query->program, query->from->compartment, query->name.text, &offers);
    return error                                  ? error
           : offers.count > 1                     ? LD_EDUPLICATE
           : offers.count && offers.policy != own ? LD_EDUPLICATE
                                                  : LD_OK;
}

enum ld_error ld_gate_fits(const struct ld_query *query, const struct ld_gate *gate,
                           const struct ld_policy_import **import)
{
    enum ld_error reason = fits_alone(query, gate, import);
    if (reason != LD_OK || query->by_handle ||
        query->program->compartments[gate->compartment].builtin)
        return reason;
    return find_rival(query, gate);
}

static enum ld_error trace_gate(struct ld_query *query, const struct ld_gate *gate,
                                enum ld_error reason)
{
    const struct ld_step step = {.rule = LD_RULE_GATE,
                                 .instance = gate->instance,
                                 .compartment = gate->compartment,
                                 .outcome = reason == LD_OK           ? LD_STEP_TAKEN
                                            : reason == LD_ENOEXPORT  ? LD_STEP_NOT_OFFERED
                                            : reason == LD_ENOIMPORT  ? LD_STEP_NOT_IMPORTED
                                            : reason == LD_EVERSION   ? LD_STEP_OTHER_VERSION
                                            : reason == LD_ESIGNATURE ? LD_STEP_SIGNATURE
                                            : reason == LD_EDUPLICATE ? LD_STEP_AMBIGUOUS
                                            : reason == LD_EISOLATION ? LD_STEP_OTHER_DEMAND
                                                                      : LD_STEP_NOT_A_CALL,
                                 .detail = reason == LD_EVERSION ? gate->version : gate->signature};
    return ld_add_step(query, &step);
}

/* Rule 3. Compartments are asked in the order in which they came into use. */
static enum ld_error search_gates(struct ld_query *query, struct ld_binding *binding)
{
    const struct ld_program *program = query->program;
    enum ld_error error = LD_OK;
    struct ld_gate_cursor cursor = {0};
    const struct ld_gate *gate;
    while (!error && (gate = ld_gate_next(program, &query->name, &cursor))) {
        const struct ld_policy_import *import;
        if (gate->compartment == query->from->compartment)
            continue;
        enum ld_error reason = ld_gate_fits(query, gate, &import);
        if (reason == LD_ENOMEM)
            return reason;
        error = trace_gate(query, gate, reason);
        if (reason == LD_OK) {
            binding->kind = LD_BOUND_GATE;
            binding->rule = LD_RULE_GATE;
            binding->gate = (uint32_t)(gate - program->gates);
            binding->definer = gate->instance;
            break;
        }
    }
    return error;
}

bool ld_is_bypass(const struct ld_query *query, uint32_t instance,
                  const struct twz_elf_symbol *symbol)
{
    const struct ld_program *program = query->program;
    const struct ld_module *module = program->instances[instance]->module;
    if (!module->demand || !instance || instance == query->from->index ||
        module == query->from->module)
        return false;
    return ld_gate_at(program, instance, symbol->sym.st_value, true) != NULL;
}

/* What the gate's author demands holds for callers in its own compartment as well. */
static enum ld_error refuse_bypass(struct ld_query *query, struct ld_binding *binding,
                                   const struct found *found)
{
    binding->error = LD_EISOLATION;
    binding->definer = found->instance;
    binding->symbol = found->symbol.index;
    return ld_add_step(query, &(struct ld_step){.rule = LD_RULE_SCOPE,
                                                .instance = found->instance,
                                                .compartment = query->from->compartment,
                                                .outcome = LD_STEP_BYPASS});
}

static enum ld_error apply_rules(struct ld_query *query, struct ld_binding *binding)
{
    struct found found;
    enum ld_rule rule;
    struct twz_elf_symbol own;
    *binding = (struct ld_binding){.referrer = query->from->index,
                                   .reference = query->reference,
                                   .definer = LD_NONE,
                                   .gate = LD_NONE,
                                   .kind = LD_BOUND_REFUSED,
                                   .class = query->class};
    if (query->reference != LD_NONE &&
        ld_module_symbol(query->from->module, query->reference, &own) && ld_symbol_is_own(&own)) {
        take_own(query, binding, LD_RULE_OWN);
        return ld_add_step(query, &(struct ld_step){.rule = LD_RULE_OWN,
                                                    .instance = query->from->index,
                                                    .compartment = query->from->compartment,
                                                    .outcome = LD_STEP_TAKEN});
    }
    enum ld_error error = search_compartment(query, query->class, &rule, &found);
    if (error)
        return error;
    if (found.instance != LD_NONE) {
        if (twz_elf_symbol_binding(&found.symbol) == STB_GNU_UNIQUE)
            error = ld_unique_settle(query, &found.instance, &found.symbol);
        if (!error && ld_is_bypass(query, found.instance, &found.symbol))
            return refuse_bypass(query, binding, &found);
        take(binding, rule, &found);
        return error ? error : protect(query, binding);
    }
    error = search_gates(query, binding);
    if (error || binding->kind != LD_BOUND_REFUSED)
        return error;
    if (!query->weak)
        return LD_OK; /* ld_explain() says the rest */
    binding->kind = LD_BOUND_ZERO;
    binding->rule = LD_RULE_WEAK;
    return ld_add_step(query, &(struct ld_step){.rule = LD_RULE_WEAK,
                                                .instance = LD_NONE,
                                                .compartment = query->from->compartment,
                                                .outcome = LD_STEP_WEAK});
}

enum ld_error ld_resolve(struct ld_query *query, struct ld_binding *binding)
{
    enum ld_error error = apply_rules(query, binding);
    return error ? error : query->program->state->patience ? LD_OK : LD_ELIMIT;
}

uint32_t ld_binding_overridden(struct ld_program *program, const struct ld_binding *binding)
{
    const struct ld_instance *from = program->instances[binding->referrer];
    const struct ld_compartment *compartment = &program->compartments[from->compartment];
    const struct ld_module *module = from->module;
    struct ld_query query;
    struct twz_elf_symbol symbol;
    uint32_t reference = module->reference_of[binding->class]
                             ? module->reference_of[binding->class][binding->reference]
                             : 0;
    if (binding->rule != LD_RULE_FIRST_DIBS || !reference ||
        !ld_ask(program, from, &module->references[reference - 1], &query))
        return LD_NONE;
    for (uint32_t i = 0; i < compartment->scope_count; i++)
        if (!program->instances[compartment->scope[i]]->runtime &&
            ld_lookup(&query, compartment->scope[i], query.class, &symbol))
            return compartment->scope[i];
    return LD_NONE;
}

/* The first reference of `from` to that name and version, as a query. */
static bool ask_by_name(struct ld_program *program, const struct ld_instance *from,
                        const char *symbol, const char *version, struct ld_query *query)
{
    struct ld_module *module = ld_extra(program, from->index)->module;
    bool any = ld_equal(version, "*");
    if (ld_module_references(&program->options, module) != LD_OK)
        return false;
    for (uint32_t i = 0; i < module->reference_count; i++)
        if (ld_ask(program, from, &module->references[i], query) &&
            ld_equal(query->name.text, symbol) && (any || ld_equal(query->want.version, version)))
            return true;
    return false;
}

enum ld_error ld_why(struct ld_program *program, const struct ld_instance *from, const char *symbol,
                     const char *version, struct ld_trace *trace)
{
    struct ld_query query;
    *trace = (struct ld_trace){0};
    if (!ask_by_name(program, from, symbol, version, &query)) {
        if (ld_equal(version, "*"))
            version = NULL;
        query = (struct ld_query){.program = program,
                                  .from = from,
                                  .name = twz_elf_name(symbol, ld_length(symbol)),
                                  .class = LD_CLASS_DATA,
                                  .uses = LD_USE_ADDRESS,
                                  .reference = LD_NONE};
        if (version) {
            query.want.version = version;
            query.want.version_length = ld_length(version);
            query.want.version_hash = twz_elf_hash_sysv(version, query.want.version_length);
        }
    }
    query.trace = trace;
    enum ld_error error = ld_resolve(&query, &trace->result);
    if (error)
        return error;
    return trace->result.kind == LD_BOUND_REFUSED
               ? ld_explain(&query, &trace->result, &trace->report)
               : LD_OK;
}
