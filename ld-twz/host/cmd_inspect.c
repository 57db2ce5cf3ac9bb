/* SPDX-License-Identifier: BSD-2-Clause */
/* inspect: the tree of compartments and libraries, with the provenance of every edge. */
#include "out.h"
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64u /* deeper branches are printed at this depth */

/* Edges that start at each instance, as runs of a sorted list. */
struct edges_by_source {
    uint32_t *first; /* by instance */
    uint32_t *next;  /* by edge, or LD_NONE */
};

static struct edges_by_source sort_edges(const struct ld_program *program)
{
    struct edges_by_source sorted = {
        .first = host_realloc(NULL, program->instance_count, sizeof(uint32_t)),
        .next = host_realloc(NULL, program->edge_count, sizeof(uint32_t))};
    memset(sorted.first, 0xff, program->instance_count * sizeof(uint32_t));
    for (uint32_t i = program->edge_count; i-- > 0;) {
        uint32_t from = program->edges[i].from;
        sorted.next[i] = LD_NONE;
        if (from != LD_NONE) {
            sorted.next[i] = sorted.first[from];
            sorted.first[from] = i;
        }
    }
    return sorted;
}

static const char *kind_of_place(const struct ld_edge *edge)
{
    const char *origin = NULL;
    for (const struct ld_place *place = edge->places; place; place = place->next)
        origin = place->origin;
    return origin;
}

static void print_places(const struct ld_edge *edge, unsigned depth)
{
    for (const struct ld_place *place = edge->places; place; place = place->next) {
        printf("%*s", (int)(4 * depth + 4), "");
        out_text(stdout, place->path);
        fputs(": ", stdout);
        out_text(stdout, place->result);
        fputs(" (", stdout);
        out_text(stdout, place->origin);
        fputs(")\n", stdout);
    }
}

static void print_sizes(const struct ld_instance *instance)
{
    uint64_t shared, own;
    ld_instance_sizes(instance, &shared, &own);
    printf("  text %ju, data %ju KiB", (uintmax_t)(shared + 1023) / 1024,
           (uintmax_t)(own + 1023) / 1024);
}

static void print_edge(const struct session *session, const struct ld_edge *edge, unsigned depth,
                       bool first)
{
    const struct ld_program *program = session->program;
    printf("%*s", (int)(4 * depth), "");
    if (edge->to == LD_NONE) {
        out_styled(session, stdout, OUT_BAD, edge->name);
        fputs(edge->places && !edge->places->next ? "  not usable:\n" : "  not found:\n", stdout);
        print_places(edge, depth);
        return;
    }
    const struct ld_instance *instance = program->instances[edge->to];
    out_styled(session, stdout, first ? OUT_PLAIN : OUT_DIM,
               edge->kind == LD_EDGE_PROGRAM ? instance->name : edge->name);
    if (ld_edge_crosses(edge->kind))
        printf("  -> compartment %s", program->compartments[instance->compartment].name);
    else if (first && strcmp(edge->name, instance->path) != 0) {
        fputs(" => ", stdout);
        out_text(stdout, instance->path);
    }
    fputs("  [", stdout);
    out_text(stdout, edge->kind == LD_EDGE_CROSSING   ? "DT_NEEDED, moved by the policy"
                     : edge->kind == LD_EDGE_ISOLATED ? "DT_NEEDED, moved by its own demand"
                                                      : ld_edge_text(edge->kind));
    if (edge->policy_line)
        printf(", policy line %u", edge->policy_line);
    if (first && kind_of_place(edge)) {
        fputs(", ", stdout);
        out_text(stdout, kind_of_place(edge));
    }
    fputs("]", stdout);
    if (first && instance->text_slot != LD_NONE)
        printf("  slots %u r-x, %u rw-%s", instance->data_slot - 1, instance->data_slot,
               instance->data_slot - instance->text_slot > 1 ? ", constants apart" : "");
    if (first)
        print_sizes(instance);
    fputc('\n', stdout);
}

/* The tree below one edge: what was loaded first because of it, and with --all everything. */
static void print_tree(const struct session *session, const struct edges_by_source *sorted,
                       uint32_t root)
{
    const struct ld_program *program = session->program;
    uint32_t stack[DEPTH_MAX + 1], depth = 0;
    stack[depth++] = root;
    while (depth) {
        uint32_t at = stack[depth - 1];
        if (at == LD_NONE) {
            depth--;
            continue;
        }
        const struct ld_edge *edge = &program->edges[at];
        stack[depth - 1] = depth == 1 ? LD_NONE : sorted->next[at];
        bool made = edge->to != LD_NONE && program->instances[edge->to]->made_by == at;
        bool crossing = ld_edge_crosses(edge->kind);
        if (made || crossing || edge->to == LD_NONE || session->options->all)
            print_edge(session, edge, depth, made || crossing);
        if (made && (!crossing || depth == 1) && depth <= DEPTH_MAX &&
            sorted->first[edge->to] != LD_NONE)
            stack[depth++] = sorted->first[edge->to];
    }
}

static void print_gates(const struct session *session, const struct ld_compartment *compartment)
{
    const struct ld_program *program = session->program;
    bool any = false;
    for (uint32_t i = 0; i < program->gate_count; i++) {
        const struct ld_gate *gate = &program->gates[i];
        if (gate->compartment != compartment->index)
            continue;
        if (!any)
            puts("  gates");
        any = true;
        fputs("    ", stdout);
        out_text(stdout, gate->signature ? gate->signature : gate->name);
        printf("  [level %s%s%s]\n", out_isolation(gate->isolation),
               gate->exported ? "" : ", not exported", gate->used ? ", in use" : "");
    }
}

static const struct ld_policy_compartment *policy_of(const struct session *session,
                                                     const struct ld_compartment *compartment)
{
    return compartment->policy == LD_NONE ? NULL
                                          : &session->policy.compartments[compartment->policy];
}

static void print_policy(const struct session *session, const struct ld_compartment *compartment)
{
    const struct ld_policy *policy = &session->policy;
    const struct ld_policy_compartment *record = policy_of(session, compartment);
    if (compartment->demand)
        printf("  demanded by callers and policy  %s\n", out_isolation(compartment->demand));
    if (compartment->owner != LD_NONE)
        printf("  belongs to compartment %s, whose gates it does not import\n",
               session->program->compartments[compartment->owner].name);
    else if (session->policy_name && !compartment->builtin) {
        fputs("  imports  ", stdout);
        if (!record || !(record->flags & LD_POLICY_NARROWS_IMPORTS))
            fputs(compartment->index ? "nothing" : "the gates of every compartment", stdout);
        else if (!record->imports.count)
            fputs("nothing", stdout);
        else
            for (uint32_t i = 0; i < record->imports.count; i++) {
                const struct ld_policy_import *import = &policy->imports[record->imports.first + i];
                printf("%s%s:%s", i ? ", " : "", ld_policy_string(policy, import->compartment),
                       ld_policy_string(policy, import->gate));
            }
        fputc('\n', stdout);
    }
    if (compartment->first_dibs_count) {
        fputs("  first dibs  ", stdout);
        for (uint32_t i = 0; i < compartment->first_dibs_count; i++) {
            fputs(i ? ", " : "", stdout);
            out_text(stdout, session->program->instances[compartment->first_dibs[i]]->name);
        }
        fputc('\n', stdout);
    }
    if (record && (record->heap || record->stack))
        printf("  heap %ju, stack %ju bytes (0: default)\n", (uintmax_t)record->heap,
               (uintmax_t)record->stack);
}

static void print_text(const struct session *session)
{
    const struct ld_program *program = session->program;
    struct edges_by_source sorted = sort_edges(program);
    for (uint32_t i = 0; i < program->compartment_count; i++) {
        const struct ld_compartment *compartment = &program->compartments[i];
        if (compartment->builtin)
            continue;
        out_styled(session, stdout, OUT_BOLD, "compartment ");
        out_styled(session, stdout, OUT_BOLD, compartment->name);
        fputc('\n', stdout);
        print_policy(session, compartment);
        for (uint32_t j = 0; j < program->edge_count; j++) {
            const struct ld_edge *edge = &program->edges[j];
            bool made = edge->to != LD_NONE && program->instances[edge->to]->made_by == j;
            bool root = edge->from == LD_NONE && edge->compartment == i &&
                        (made || edge->to == LD_NONE || session->options->all);
            bool entered = made && ld_edge_crosses(edge->kind) &&
                           program->instances[edge->to]->compartment == i;
            if (root || entered)
                print_tree(session, &sorted, j);
        }
        print_gates(session, compartment);
    }
    free(sorted.first);
    free(sorted.next);
    for (uint32_t i = 0; i < session->report_count; i++)
        out_report(session, stdout, &session->reports[i]);
}

static json_t *edge_json(const struct ld_program *program, const struct ld_edge *edge)
{
    json_t *object = out_object(), *places = out_array();
    out_set(object, "name", out_string(edge->name));
    out_set(object, "rule", out_string(ld_edge_text(edge->kind)));
    out_set(object, "from",
            out_string(edge->from == LD_NONE ? NULL : program->instances[edge->from]->path));
    out_set(object, "policy_line",
            edge->policy_line ? json_integer(edge->policy_line) : json_null());
    for (const struct ld_place *place = edge->places; place; place = place->next) {
        json_t *searched = out_object();
        out_set(searched, "path", out_string(place->path));
        out_set(searched, "origin", out_string(place->origin));
        out_set(searched, "result", out_string(place->result));
        out_append(places, searched);
    }
    out_set(object, "places", places);
    return object;
}

static json_t *instance_json(const struct ld_program *program, const struct ld_instance *instance)
{
    json_t *object = out_object(), *edges = out_array();
    out_set(object, "name", out_string(instance->name));
    out_set(object, "path", out_string(instance->path));
    out_set(object, "runtime", json_boolean(instance->runtime));
    out_set(object, "laid_out", json_boolean(instance->laid_out));
    if (instance->text_slot != LD_NONE) {
        out_set(object, "text_slot", json_integer(instance->text_slot));
        out_set(object, "data_slot", json_integer(instance->data_slot));
    }
    uint64_t shared, own;
    ld_instance_sizes(instance, &shared, &own);
    out_set(object, "text_bytes", json_integer((json_int_t)shared));
    out_set(object, "data_bytes", json_integer((json_int_t)own));
    for (uint32_t i = 0; i < program->edge_count; i++)
        if (program->edges[i].to == instance->index)
            out_append(edges, edge_json(program, &program->edges[i]));
    out_set(object, "edges", edges);
    return object;
}

static json_t *gates_json(const struct ld_program *program, uint32_t compartment)
{
    json_t *gates = out_array();
    for (uint32_t i = 0; i < program->gate_count; i++) {
        const struct ld_gate *gate = &program->gates[i];
        if (gate->compartment != compartment)
            continue;
        json_t *object = out_object();
        out_set(object, "name", out_string(gate->name));
        out_set(object, "signature", out_string(gate->signature));
        out_set(object, "version", out_string(gate->version));
        out_set(object, "level", out_string(out_isolation(gate->isolation)));
        out_set(object, "exported", json_boolean(gate->exported));
        out_set(object, "used", json_boolean(gate->used));
        out_append(gates, object);
    }
    return gates;
}

static json_t *compartment_json(const struct session *session,
                                const struct ld_compartment *compartment)
{
    const struct ld_program *program = session->program;
    const struct ld_policy *policy = &session->policy;
    const struct ld_policy_compartment *record = policy_of(session, compartment);
    json_t *object = out_object(), *libraries = out_array(), *first = out_array();
    json_t *imports = out_array(), *order = out_array();
    for (uint32_t i = 0; i < compartment->init_count; i++)
        out_append(order, out_string(program->instances[compartment->init_order[i]]->name));
    out_set(object, "name", out_string(compartment->name));
    out_set(object, "demand", out_string(out_isolation(compartment->demand)));
    out_set(object, "owner",
            out_string(compartment->owner == LD_NONE
                           ? NULL
                           : program->compartments[compartment->owner].name));
    for (uint32_t i = 0; i < compartment->scope_count; i++)
        out_append(libraries, instance_json(program, program->instances[compartment->scope[i]]));
    for (uint32_t i = 0; i < compartment->first_dibs_count; i++)
        out_append(first, out_string(program->instances[compartment->first_dibs[i]]->name));
    if (record && record->flags & LD_POLICY_NARROWS_IMPORTS)
        for (uint32_t i = 0; i < record->imports.count; i++) {
            const struct ld_policy_import *import = &policy->imports[record->imports.first + i];
            char *text = host_format("%s:%s", ld_policy_string(policy, import->compartment),
                                     ld_policy_string(policy, import->gate));
            out_append(imports, out_string(text));
            free(text);
        }
    else if (!compartment->index)
        out_append(imports, out_string("*:*"));
    out_set(object, "libraries", libraries);
    out_set(object, "first_dibs", first);
    out_set(object, "init_order", order);
    out_set(object, "imports", imports);
    out_set(object, "gates", gates_json(program, compartment->index));
    return object;
}

static bool print_json(const struct session *session)
{
    const struct ld_program *program = session->program;
    json_t *document = out_object(), *compartments = out_array(), *missing = out_array();
    out_set(document, "program", out_string(program->instances[0]->path));
    for (uint32_t i = 0; i < program->compartment_count; i++)
        if (!program->compartments[i].builtin)
            out_append(compartments, compartment_json(session, &program->compartments[i]));
    for (uint32_t i = 0; i < program->edge_count; i++)
        if (program->edges[i].to == LD_NONE)
            out_append(missing, edge_json(program, &program->edges[i]));
    out_set(document, "compartments", compartments);
    out_set(document, "not_found", missing);
    out_reports_json(session, document);
    return out_json(document);
}

enum host_status command_inspect(const struct session_options *options, int count, char **arguments)
{
    struct session session;
    (void)count;
    enum host_status status = session_start(&session, options, arguments[0], SESSION_LOAD);
    if (status == HOST_FINE) {
        /* Only gates need references: an ordinary program is shown without resolving it. */
        if (session.program->gate_count || session.policy_name)
            (void)!ld_program_resolve(session.program);
        if (session.program->instances[0]->laid_out)
            (void)!session_layout(&session);
        if (options->json) {
            if (!print_json(&session))
                status = HOST_BAD_INPUT;
        } else {
            print_text(&session);
        }
        if (status == HOST_FINE && session_refused(&session))
            status = HOST_NO;
    }
    session_end(&session);
    return status;
}
