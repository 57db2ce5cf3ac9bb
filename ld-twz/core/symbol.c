/* SPDX-License-Identifier: BSD-2-Clause */
/* dlsym(): the linking rules for a name that a program asks for when it runs. */
#include "state.h"

/* A reference without a version binds to the oldest definition, dlsym() returns the default one. */
static void prefer_default(const struct ld_query *query, uint32_t instance,
                           struct twz_elf_symbol *symbol)
{
    const struct ld_module *module = query->program->instances[instance]->module;
    bool hidden = false;
    if (query->want.version || !ld_module_symbol_version(module, symbol->index, &hidden) || !hidden)
        return;
    for (uint32_t i = 1; i < module->version_count; i++) {
        const struct ld_version *version = &module->versions[i];
        struct twz_elf_symbol other;
        if (!version->name || version->file)
            continue;
        struct twz_elf_want want = {.version = version->name,
                                    .version_length = ld_length(version->name),
                                    .version_hash = version->hash,
                                    .patience = &query->program->state->patience};
        if (twz_elf_lookup(&module->dynamic, &query->name, &want, &other) != TWZ_ELF_OK)
            continue;
        hidden = true;
        (void)ld_module_symbol_version(module, other.index, &hidden);
        if (!hidden) {
            *symbol = other;
            return;
        }
    }
}

static bool search(const struct ld_query *query, const uint32_t *list, uint32_t count,
                   enum ld_rule rule, struct ld_binding *binding)
{
    for (uint32_t i = 0; i < count; i++) {
        struct twz_elf_symbol symbol;
        if (!ld_lookup(query, list[i], LD_CLASS_CALL, &symbol))
            continue;
        prefer_default(query, list[i], &symbol);
        if (ld_is_bypass(query, list[i], &symbol)) {
            binding->error = LD_EISOLATION;
            binding->definer = list[i];
            return false;
        }
        *binding = (struct ld_binding){.referrer = query->from->index,
                                       .reference = LD_NONE,
                                       .definer = list[i],
                                       .symbol = symbol.index,
                                       .gate = LD_NONE,
                                       .kind = LD_BOUND_SYMBOL,
                                       .rule = (uint8_t)rule,
                                       .class = LD_CLASS_CALL};
        return true;
    }
    return false;
}

/* Behind `from` in the compartment's scope, or, for a library that came later, in its own. */
static bool search_next(const struct ld_query *query, struct ld_binding *binding)
{
    const struct ld_program *program = query->program;
    const struct ld_compartment *compartment = &program->compartments[query->from->compartment];
    const struct ld_late *late = ld_extra(program, query->from->index)->late;
    const struct ld_group *group = &program->state->groups[compartment->index];
    const uint32_t *lists[] = {compartment->scope, group->globals, late ? late->scope : NULL};
    const uint32_t counts[] = {compartment->scope_count, group->global_count,
                               late ? late->scope_count : 0};
    bool behind = false;
    for (unsigned l = 0; l < 3; l++) {
        uint32_t first = 0;
        while (!behind && first < counts[l])
            behind = lists[l][first++] == query->from->index;
        if (behind && search(query, lists[l] + first, counts[l] - first, LD_RULE_SCOPE, binding))
            return true;
    }
    return false;
}

/* A gate of compartment `offering` that the policy lets the asking one import. */
static bool search_gates(const struct ld_query *query, uint32_t offering,
                         struct ld_binding *binding)
{
    const struct ld_program *program = query->program;
    struct ld_gate_cursor cursor = {0};
    for (const struct ld_gate *gate; (gate = ld_gate_next(program, &query->name, &cursor));) {
        const struct ld_policy_import *import;
        if (gate->compartment != offering || gate->pattern ||
            ld_gate_fits(query, gate, &import) != LD_OK)
            continue;
        *binding = (struct ld_binding){.referrer = query->from->index,
                                       .reference = LD_NONE,
                                       .definer = gate->instance,
                                       .gate = (uint32_t)(gate - program->gates),
                                       .kind = LD_BOUND_GATE,
                                       .rule = LD_RULE_GATE};
        return true;
    }
    return false;
}

static enum ld_error answer(struct ld_query *query, uint32_t where, struct ld_binding *binding)
{
    struct ld_program *program = query->program;
    const struct ld_compartment *compartment = &program->compartments[query->from->compartment];
    if (where == LD_SEARCH_DEFAULT) {
        enum ld_error error = ld_resolve(query, binding);
        struct twz_elf_symbol symbol;
        if (!error && binding->kind == LD_BOUND_SYMBOL &&
            ld_module_symbol(program->instances[binding->definer]->module, binding->symbol,
                             &symbol)) {
            prefer_default(query, binding->definer, &symbol);
            binding->symbol = symbol.index;
        }
        return error;
    }
    *binding = (struct ld_binding){.referrer = query->from->index,
                                   .reference = LD_NONE,
                                   .definer = LD_NONE,
                                   .gate = LD_NONE,
                                   .kind = LD_BOUND_REFUSED};
    if (where == LD_SEARCH_NEXT) {
        (void)search_next(query, binding);
        return LD_OK;
    }
    query->by_handle = true;
    uint32_t offering = program->instances[where]->compartment;
    if (offering != compartment->index) {
        (void)search_gates(query, offering, binding);
        return LD_OK;
    }
    if (search(query, compartment->first_dibs, compartment->first_dibs_count, LD_RULE_FIRST_DIBS,
               binding))
        return LD_OK;
    uint32_t *scope, count;
    enum ld_error error = ld_scope_of(program, where, &scope, &count);
    if (!error)
        (void)search(query, scope, count, LD_RULE_SCOPE, binding);
    return error;
}

enum ld_error ld_late_symbol(struct ld_program *program, const struct ld_symbol_request *request,
                             struct ld_binding *binding, struct ld_report *report)
{
    struct ld_memory before = program->options.memory;
    struct ld_query query = {.program = program,
                             .from = program->instances[request->from],
                             .name = twz_elf_name(request->name, ld_length(request->name)),
                             .class = LD_CLASS_CALL,
                             .uses = LD_USE_ADDRESS,
                             .reference = LD_NONE};
    *report = (struct ld_report){.message = ""};
    if (request->version)
        query.want = (struct twz_elf_want){
            .version = request->version,
            .version_length = ld_length(request->version),
            .version_hash = twz_elf_hash_sysv(request->version, ld_length(request->version))};
    program->options.memory = request->memory;
    program->state->near_budget = LD_NEAR_BUDGET;
    program->state->patience = LD_PATIENCE;
    enum ld_error error = answer(&query, request->where, binding);
    if (!error && binding->kind == LD_BOUND_REFUSED) {
        error = ld_explain(&query, binding, report);
        if (!error)
            error = binding->error  ? binding->error
                    : report->error ? report->error
                                    : LD_EUNRESOLVED;
    }
    program->options.memory = before;
    return error;
}

bool ld_binding_value(const struct ld_program *program, const struct ld_binding *binding,
                      struct ld_value *value)
{
    const struct ld_instance *definer = program->instances[binding->definer];
    struct twz_elf_symbol symbol;
    if (!ld_module_symbol(definer->module, binding->symbol, &symbol))
        return false;
    unsigned type = twz_elf_symbol_type(&symbol);
    *value = (struct ld_value){.value = symbol.sym.st_value};
    if (type == STT_TLS) {
        value->kind = LD_VALUE_TLS;
        value->module = definer->tls_module;
        return definer->tls_module != 0;
    }
    if (symbol.sym.st_shndx != SHN_ABS)
        value->value = ld_instance_address(definer, symbol.sym.st_value);
    value->kind = type == STT_GNU_IFUNC ? LD_VALUE_IFUNC : LD_VALUE_ADDRESS;
    return true;
}

/* Whether the symbol is one that has an address and covers `vaddr`. */
static bool covers(const struct twz_elf_symbol *symbol, uint64_t vaddr)
{
    uint64_t start = symbol->sym.st_value, size = symbol->sym.st_size;
    return !twz_elf_symbol_undefined(symbol) && !ld_symbol_is_own(symbol) &&
           twz_elf_symbol_type(symbol) != STT_TLS && symbol->sym.st_shndx != SHN_ABS &&
           start <= vaddr && (size ? vaddr - start < size : vaddr == start);
}

bool ld_symbol_at(const struct ld_instance *instance, uint64_t vaddr, const char **name,
                  uint64_t *start)
{
    const struct ld_module *module = instance->module;
    struct twz_elf_symbol symbol, best = {.index = 0};
    for (uint32_t i = 1; module->has_dynamic && i < module->dynamic.symbol_count; i++) {
        if (!ld_module_symbol(module, i, &symbol))
            break;
        if (covers(&symbol, vaddr) && (!best.index || symbol.sym.st_value > best.sym.st_value))
            best = symbol;
    }
    if (!best.index)
        return false;
    *name = ld_module_symbol_name(module, &best);
    *start = best.sym.st_value;
    return true;
}
