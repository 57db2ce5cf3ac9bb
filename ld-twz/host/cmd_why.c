/* SPDX-License-Identifier: BSD-2-Clause */
/* why: replays the resolution of one reference, step by step. */
#include "out.h"
#include <stdlib.h>
#include <string.h>

static const struct ld_instance *find_instance(const struct ld_program *program, const char *name)
{
    const char *colon = strchr(name, ':');
    for (uint32_t i = 0; i < program->instance_count; i++) {
        const struct ld_instance *instance = program->instances[i];
        const char *compartment = program->compartments[instance->compartment].name;
        const char *library = name;
        if (colon && strncmp(compartment, name, (size_t)(colon - name)) == 0 &&
            !compartment[colon - name])
            library = colon + 1;
        const char *slash = strrchr(instance->path, '/');
        if (strcmp(instance->name, library) == 0 || strcmp(instance->path, library) == 0 ||
            strcmp(slash ? slash + 1 : instance->path, library) == 0)
            return instance;
    }
    return NULL;
}

/* Without --from: the first library that refers to the symbol, else the program. */
static const struct ld_instance *first_referrer(const struct ld_program *program,
                                                const char *symbol, const char *version)
{
    struct ld_binding binding;
    struct ld_symbol_name name;
    for (uint64_t cursor = 0; ld_binding_next(program, &cursor, &binding);)
        if (ld_symbol_name(program->instances[binding.referrer], binding.reference, &name) &&
            strcmp(name.name, symbol) == 0 &&
            (!version || (name.version && strcmp(name.version, version) == 0)))
            return program->instances[binding.referrer];
    return program->instances[0];
}

static const char *place_of(const struct ld_program *program, const struct ld_step *step,
                            char *buffer, size_t size)
{
    const char *compartment =
        step->compartment == LD_NONE ? NULL : program->compartments[step->compartment].name;
    const char *library =
        step->instance == LD_NONE ? NULL : program->instances[step->instance]->name;
    snprintf(buffer, size, "%s%s%s", library ? library : "",
             library && step->compartment ? " in " : "",
             compartment && (!library || step->compartment) ? compartment : "");
    return buffer;
}

static void print_steps(const struct session *session, const struct ld_trace *trace)
{
    const struct ld_program *program = session->program;
    enum ld_rule last = LD_RULE_UNDEFINED;
    unsigned number = 1;
    for (const struct ld_step *step = trace->steps; step; step = step->next) {
        char place[512];
        if (number == 1 || step->rule != last)
            printf("  %s\n", ld_rule_text(step->rule));
        last = step->rule;
        printf("  %4u  ", number++);
        out_text(stdout, place_of(program, step, place, sizeof place));
        fputs(": ", stdout);
        out_styled(session, stdout,
                   step->outcome == LD_STEP_TAKEN || step->outcome == LD_STEP_WEAK ? OUT_GOOD
                                                                                   : OUT_PLAIN,
                   ld_outcome_text(step->outcome));
        if (step->detail) {
            fputs(" (", stdout);
            out_text(stdout, step->detail);
            fputc(')', stdout);
        }
        fputc('\n', stdout);
    }
}

static char *conclusion(const struct session *session, const struct ld_trace *trace)
{
    const struct ld_program *program = session->program;
    const struct ld_binding *result = &trace->result;
    const char *rule = ld_rule_text((enum ld_rule)result->rule);
    switch (result->kind) {
    case LD_BOUND_SYMBOL: {
        char *symbol = out_symbol(program->instances[result->definer], result->symbol);
        char *text = host_format("bound to %s of %s, by %s", symbol,
                                 program->instances[result->definer]->path, rule);
        free(symbol);
        return text;
    }
    case LD_BOUND_GATE: {
        const struct ld_gate *gate = &program->gates[result->gate];
        return host_format("bound to gate %s of compartment %s, by %s", gate->name,
                           program->compartments[gate->compartment].name, rule);
    }
    case LD_BOUND_ZERO:
        return host_format("bound to 0, by %s", rule);
    default:
        return host_copy(trace->report.message);
    }
}

static void print_text(const struct session *session, const struct ld_instance *from,
                       const char *symbol, const char *version, const struct ld_trace *trace)
{
    fputc('`', stdout);
    out_text(stdout, symbol);
    bool refers = trace->result.reference != LD_NONE;
    fputs(refers ? "` referred to by " : "` looked up by ", stdout);
    out_text(stdout, from->name);
    if (!refers)
        fputs(", which has no reference to it,", stdout);
    printf(" in compartment %s", session->program->compartments[from->compartment].name);
    if (version)
        printf(", version %s", version);
    fputc('\n', stdout);
    print_steps(session, trace);
    char *end = conclusion(session, trace);
    bool refused = trace->result.kind == LD_BOUND_REFUSED;
    out_styled(session, stdout, refused ? OUT_BAD : OUT_GOOD, refused ? "refused: " : "");
    out_text(stdout, end);
    fputc('\n', stdout);
    if (refused && trace->report.cure) {
        fputs("cure: ", stdout);
        out_text(stdout, trace->report.cure);
        fputc('\n', stdout);
    }
    for (uint32_t i = 0; i < trace->near_count; i++) {
        fputs(i ? ", " : "similar names: ", stdout);
        out_text(stdout, trace->near[i]);
    }
    if (trace->near_count)
        fputc('\n', stdout);
    free(end);
}

static bool print_json(const struct session *session, const struct ld_instance *from,
                       const char *symbol, const char *version, const struct ld_trace *trace)
{
    const struct ld_program *program = session->program;
    json_t *document = out_object(), *steps = out_array(), *near = out_array();
    out_set(document, "symbol", out_string(symbol));
    out_set(document, "version", out_string(version));
    out_set(document, "from", out_string(from->name));
    out_set(document, "compartment", out_string(program->compartments[from->compartment].name));
    out_set(document, "refers", json_boolean(trace->result.reference != LD_NONE));
    for (const struct ld_step *step = trace->steps; step; step = step->next) {
        json_t *object = out_object();
        out_set(object, "rule", out_string(ld_rule_text(step->rule)));
        out_set(object, "library",
                out_string(step->instance == LD_NONE ? NULL
                                                     : program->instances[step->instance]->path));
        out_set(object, "compartment",
                out_string(step->compartment == LD_NONE
                               ? NULL
                               : program->compartments[step->compartment].name));
        out_set(object, "outcome", out_string(ld_outcome_text(step->outcome)));
        out_set(object, "detail", out_string(step->detail));
        out_append(steps, object);
    }
    for (uint32_t i = 0; i < trace->near_count; i++)
        out_append(near, out_string(trace->near[i]));
    out_set(document, "steps", steps);
    out_set(document, "near", near);
    bool refused = trace->result.kind == LD_BOUND_REFUSED;
    char *end = conclusion(session, trace);
    out_set(document, "refused", json_boolean(refused));
    out_set(document, "conclusion", out_string(end));
    out_set(document, "cure", out_string(refused ? trace->report.cure : NULL));
    free(end);
    return out_json(document);
}

enum host_status command_why(const struct session_options *options, int count, char **arguments)
{
    struct session session;
    (void)count;
    enum host_status status = session_start(&session, options, arguments[0], SESSION_RESOLVE);
    char *symbol = host_copy(arguments[1]);
    char *at = strchr(symbol + (*symbol != '\0'), '@');
    const char *version = NULL;
    if (at) {
        *at = '\0';
        version = at[1] == '@' ? at + 2 : at + 1;
    }
    if (status == HOST_FINE) {
        struct ld_trace trace;
        const struct ld_instance *from = options->from
                                             ? find_instance(session.program, options->from)
                                             : first_referrer(session.program, symbol, version);
        if (!from) {
            host_complain("--from %s: no such library in this program", options->from);
            status = HOST_USAGE;
        } else if (ld_why(session.program, from, symbol, version ? version : "*", &trace)) {
            host_out_of_memory();
        } else {
            struct ld_symbol_name name;
            if (!version && trace.result.reference != LD_NONE &&
                ld_symbol_name(from, trace.result.reference, &name))
                version = name.version;
            status = trace.result.kind == LD_BOUND_REFUSED ? HOST_NO : HOST_FINE;
            if (!options->json)
                print_text(&session, from, symbol, version, &trace);
            else if (!print_json(&session, from, symbol, version, &trace))
                status = HOST_BAD_INPUT;
        }
    }
    free(symbol);
    session_end(&session);
    return status;
}
