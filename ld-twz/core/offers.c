/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What compartments of the policy offer that are not in use. Whom a name means must not hang on
 * which compartments happen to be in use: a library that nobody vouches for may offer gates of any
 * name. So files of the others are looked into, as far as they would be loaded with their
 * compartment, without bringing it into use.
 */
#include "open.h"

struct peek {
    struct ld_program *program;
    uint32_t policy;
    struct ld_options options; /* that report nothing */
    const struct ld_module **modules;
    uint32_t count, capacity;
};

static enum ld_error keep_offer(const struct peek *peek, const char *name)
{
    struct ld_program *program = peek->program;
    struct ld_state *state = program->state;
    if (!ld_policy_exports(program->options.policy, peek->policy, name))
        return LD_OK;
    if (state->offer_count == LD_OFFERS_MAX)
        return LD_ELIMIT;
    struct ld_offer *offers = ld_grow(ld_base_of(program), state->offers, state->offer_count,
                                      &state->offer_capacity, sizeof *offers);
    if (!offers)
        return LD_ENOMEM;
    state->offers = offers;
    uint32_t hash = twz_elf_name_of(name).gnu;
    struct ld_offer_bucket *bucket = &state->offer_buckets[hash % LD_OFFER_BUCKETS];
    uint32_t offer = state->offer_count++;
    offers[offer] = (struct ld_offer){name, hash, peek->policy, LD_NONE};
    *(bucket->last == LD_NONE ? &bucket->first : &offers[bucket->last].next) = offer;
    bucket->last = offer;
    return LD_OK;
}

static enum ld_error keep_gates(const struct peek *peek, const struct ld_module *module)
{
    struct twz_elf_gate_cursor cursor = {0};
    struct twz_elf_gate gate;
    enum ld_error error = LD_OK;
    while (!error && module->has_abi &&
           twz_elf_gate_next(&module->elf, &module->abi, &cursor, &gate, NULL) == TWZ_ELF_OK) {
        const char *name = twz_elf_text_at(&module->elf, gate.name, NULL, TWZ_ELF_GATE_NAME_MAX);
        if (name)
            error = keep_offer(peek, name);
    }
    return error;
}

/* The file of that name, unless it was looked into. It stays open as long as the memory does. */
static enum ld_error look_into(struct peek *peek, const char *name, bool claimed)
{
    struct ld_program *program = peek->program;
    const struct ld_policy *policy = program->options.policy;
    struct ld_request request = {
        .program = program,
        .name = name,
        .needed_by = program->instances[0],
        .compartment = ld_policy_string(policy, policy->compartments[peek->policy].name)};
    struct ld_file file = {0};
    struct ld_module *module;
    if (peek->count == LD_INSTANCES_MAX || !peek->options.load.find ||
        !peek->options.load.find(peek->options.load.context, &request, &file))
        return LD_OK;
    for (uint32_t i = 0; i < peek->count; i++)
        if (peek->modules[i]->file.identity[0] == file.identity[0] &&
            peek->modules[i]->file.identity[1] == file.identity[1])
            return LD_OK;
    enum ld_error error = ld_module_open(&peek->options, &file, &module);
    if (error)
        return error == LD_ENOMEM ? error : LD_OK;
    const struct ld_module **modules = ld_grow(ld_memory_of(program), peek->modules, peek->count,
                                               &peek->capacity, sizeof(struct ld_module *));
    if (!modules)
        return LD_ENOMEM;
    peek->modules = modules;
    modules[peek->count++] = module;
    /* One that demands isolation comes into a compartment of its own. */
    return claimed || !module->demand ? keep_gates(peek, module) : LD_OK;
}

/* Into the same compartment, if the policy does not put it elsewhere. */
static enum ld_error look_at_need(struct peek *peek, const char *name)
{
    uint32_t line, claimant = ld_claimant(peek->program, peek->policy, name, &line);
    return claimant == peek->policy || claimant == LD_NONE
               ? look_into(peek, name, claimant == peek->policy)
               : LD_OK;
}

static enum ld_error look_at(struct ld_program *program, uint32_t index)
{
    const struct ld_policy *policy = program->options.policy;
    const struct ld_policy_run *libraries = &policy->compartments[index].libraries;
    struct peek peek = {.program = program, .policy = index, .options = program->options};
    enum ld_error error = LD_OK;
    peek.options.diag = NULL;
    for (uint32_t i = libraries->first; i < libraries->first + libraries->count && !error; i++) {
        const char *name = ld_policy_string(policy, policy->libraries[i].pattern);
        if (!ld_glob_is_pattern(name))
            error = look_into(&peek, name, true);
    }
    for (uint32_t i = 0; i < peek.count && !error; i++) {
        const struct ld_module *module = peek.modules[i];
        for (uint32_t j = 0; j < module->needed_count && !error; j++)
            error = look_at_need(&peek, module->needed[j]);
        for (uint32_t j = 0; j < module->filtee_count && !error; j++)
            error = look_at_need(&peek, module->filtees[j].name);
    }
    return error;
}

/* Compartments that are in use in no variant; NULL: all of them are. */
static enum ld_error look_at_unused(struct ld_program *program, const bool **unused)
{
    const struct ld_memory *memory = ld_base_of(program);
    struct ld_state *state = program->state;
    uint32_t count = program->options.policy->compartment_count;
    *unused = NULL;
    if (!state->unused) {
        state->unused = ld_zeroed(memory, count, sizeof *state->unused);
        state->looked_at = ld_zeroed(memory, count, sizeof *state->looked_at);
        state->offer_buckets =
            memory->allocate(memory->context, LD_OFFER_BUCKETS * sizeof *state->offer_buckets, 16);
        if (!state->unused || !state->looked_at || !state->offer_buckets)
            return LD_ENOMEM;
        __builtin_memset(state->offer_buckets, 0xff,
                         LD_OFFER_BUCKETS * sizeof *state->offer_buckets);
        state->counted = 0;
    }
    if (state->counted != program->compartment_count) {
        for (uint32_t i = 0; i < count; i++)
            state->unused[i] = true;
        for (uint32_t i = 0; i < program->compartment_count; i++)
            if (program->compartments[i].policy != LD_NONE)
                state->unused[program->compartments[i].policy] = false;
        state->counted = program->compartment_count;
        state->any_unused = false;
        for (uint32_t i = 0; i < count; i++)
            state->any_unused |= state->unused[i];
    }
    if (!state->any_unused)
        return LD_OK;
    enum ld_error error = LD_OK;
    for (uint32_t i = 0; i < count && !error; i++)
        if (state->unused[i] && !state->looked_at[i]) {
            error = look_at(program, i);
            state->looked_at[i] = !error;
        }
    *unused = state->unused;
    return error;
}

static void count_offer(struct ld_offers *offers, uint32_t policy)
{
    if (offers->count && offers->policy == policy)
        return;
    if (offers->count++)
        offers->other = policy;
    else
        offers->policy = policy;
}

enum ld_error ld_offers_find(struct ld_program *program, uint32_t importer, const char *name,
                             struct ld_offers *offers)
{
    const struct ld_state *state = program->state;
    const struct twz_elf_name hashed = twz_elf_name_of(name);
    const struct twz_elf_want want = {.patience = &program->state->patience};
    const struct ld_policy *policy = program->options.policy;
    uint32_t own = program->compartments[importer].policy;
    const bool *unused;
    *offers = (struct ld_offers){.count = 0};
    if (!policy)
        return LD_OK;
    /* In use for callers with another demand. */
    struct ld_gate_cursor cursor = {0};
    for (const struct ld_gate *gate; (gate = ld_gate_next(program, &hashed, &cursor));) {
        const struct ld_policy_import *import;
        if (program->compartments[gate->compartment].policy != LD_NONE && gate->exported &&
            !ld_gate_selected(program, importer, gate) &&
            ld_gate_imported(program, importer, gate, &import))
            count_offer(offers, program->compartments[gate->compartment].policy);
    }
    enum ld_error error = look_at_unused(program, &unused);
    if (error || !unused)
        return error;
    uint32_t i = state->offer_buckets[hashed.gnu % LD_OFFER_BUCKETS].first, links = 0;
    for (; i != LD_NONE && twz_elf_patient(&want, links++); i = state->offers[i].next) {
        const struct ld_offer *offer = &state->offers[i];
        const struct ld_policy_import *import;
        if (offer->hash == hashed.gnu && unused[offer->policy] && ld_equal(offer->name, name) &&
            own != offer->policy &&
            ld_may_import(program, importer,
                          ld_policy_string(policy, policy->compartments[offer->policy].name), name,
                          &import))
            count_offer(offers, offer->policy);
    }
    return state->patience ? LD_OK : LD_ELIMIT;
}
