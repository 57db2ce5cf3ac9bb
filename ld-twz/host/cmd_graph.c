/* SPDX-License-Identifier: BSD-2-Clause */
/* graph: compartments as boxes, libraries in them, gates as arrows, refused references in red. */
#include "out.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A label: as out_text() shows it, and nothing that dot takes for its own, be it a quote, a
 * backslash or an HTML entity. */
static void quoted(FILE *stream, const char *text)
{
    char *shown = NULL;
    size_t size;
    FILE *collected = open_memstream(&shown, &size);
    if (!collected)
        host_out_of_memory();
    out_text(collected, text);
    if (fclose(collected) != 0)
        host_out_of_memory();
    fputc('"', stream);
    for (const char *byte = shown; *byte; byte++)
        if (*byte == '&')
            fputs("&amp;", stream);
        else if (*byte == '"' || *byte == '\\')
            fprintf(stream, "\\%c", *byte);
        else
            fputc(*byte, stream);
    fputc('"', stream);
    free(shown);
}

static void print_compartment(FILE *stream, const struct ld_program *program, uint32_t index)
{
    const struct ld_compartment *compartment = &program->compartments[index];
    fprintf(stream, "  subgraph cluster_%u {\n    label=", index);
    quoted(stream, compartment->name);
    fputs("; style=rounded;\n", stream);
    if (compartment->builtin)
        fprintf(stream, "    monitor [label=\"ld-twz\", shape=box];\n");
    for (uint32_t i = 0; i < program->instance_count; i++)
        if (program->instances[i]->compartment == index) {
            fprintf(stream, "    n%u [label=", i);
            quoted(stream, program->instances[i]->name);
            fprintf(stream, ", shape=box%s];\n",
                    program->instances[i]->runtime ? ", style=dashed" : "");
        }
    fputs("  }\n", stream);
}

static void print_edges(FILE *stream, const struct ld_program *program)
{
    for (uint32_t i = 0; i < program->edge_count; i++) {
        const struct ld_edge *edge = &program->edges[i];
        if (edge->from == LD_NONE || ld_edge_crosses(edge->kind))
            continue;
        if (edge->to != LD_NONE) {
            fprintf(stream, "  n%u -> n%u [color=gray];\n", edge->from, edge->to);
        } else {
            fprintf(stream, "  missing%u [color=red, fontcolor=red, label=", i);
            quoted(stream, edge->name);
            fprintf(stream, "];\n  n%u -> missing%u [color=red];\n", edge->from, i);
        }
    }
}

/* All gates, or all refused references, between two libraries are one arrow. */
#define NAMES_SHOWN 4u

struct arrow {
    uint32_t from, to; /* instances; LD_NONE: the monitor */
    bool refused;
    uint32_t count;
    const char *names[NAMES_SHOWN];
};

struct arrows {
    struct arrow *list;
    uint32_t count;
    uint32_t first; /* of the library whose arrows came last */
};

/* All of one library come one after the other. */
static void add_arrow(struct arrows *arrows, struct arrow arrow, const char *name)
{
    if (!arrows->count || arrows->list[arrows->count - 1].from != arrow.from)
        arrows->first = arrows->count;
    uint32_t i = arrows->first;
    while (i < arrows->count &&
           (arrows->list[i].from != arrow.from || arrows->list[i].to != arrow.to ||
            arrows->list[i].refused != arrow.refused))
        i++;
    if (i == arrows->count) {
        arrows->list = host_realloc(arrows->list, arrows->count + 1, sizeof *arrows->list);
        arrows->list[arrows->count++] = arrow;
    }
    struct arrow *known = &arrows->list[i];
    if (known->count < NAMES_SHOWN)
        known->names[known->count] = name;
    known->count++;
}

static void print_arrow(FILE *stream, const struct arrow *arrow)
{
    char *label = host_copy("");
    for (uint32_t i = 0; i < arrow->count && i < NAMES_SHOWN; i++) {
        char *longer = host_format("%s%s%s", label, i ? ", " : "", arrow->names[i]);
        free(label);
        label = longer;
    }
    if (arrow->count > NAMES_SHOWN) {
        char *longer = host_format("%s and %u more", label, arrow->count - NAMES_SHOWN);
        free(label);
        label = longer;
    }
    fprintf(stream, "  n%u -> ", arrow->from);
    if (arrow->to == LD_NONE)
        fputs("monitor", stream);
    else
        fprintf(stream, "n%u", arrow->to);
    fputs(arrow->refused ? " [color=red, fontcolor=red, label=" : " [penwidth=2, label=", stream);
    quoted(stream, label);
    fputs("];\n", stream);
    free(label);
}

static void print_bindings(FILE *stream, const struct ld_program *program)
{
    struct ld_binding binding;
    struct arrows arrows = {0};
    for (uint64_t cursor = 0; ld_binding_next(program, &cursor, &binding);) {
        struct ld_symbol_name name = {.name = "?"};
        (void)ld_symbol_name(program->instances[binding.referrer], binding.reference, &name);
        if (binding.kind == LD_BOUND_GATE)
            add_arrow(&arrows,
                      (struct arrow){.from = binding.referrer,
                                     .to = program->gates[binding.gate].instance},
                      name.name);
        else if (binding.kind == LD_BOUND_REFUSED && binding.definer != LD_NONE)
            add_arrow(
                &arrows,
                (struct arrow){.from = binding.referrer, .to = binding.definer, .refused = true},
                name.name);
    }
    for (uint32_t i = 0; i < arrows.count; i++)
        print_arrow(stream, &arrows.list[i]);
    free(arrows.list);
}

static void print_dot(FILE *stream, const struct ld_program *program)
{
    fputs("digraph compartments {\n  rankdir=LR; fontname=\"sans-serif\";\n"
          "  node [fontname=\"sans-serif\"]; edge [fontname=\"sans-serif\"];\n",
          stream);
    for (uint32_t i = 0; i < program->compartment_count; i++)
        print_compartment(stream, program, i);
    print_edges(stream, program);
    print_bindings(stream, program);
    fputs("}\n", stream);
}

/* Runs `dot -Tsvg` from `input` to `output`. */
static bool run_dot(FILE *input, FILE *output)
{
    fflush(input);
    rewind(input);
    fflush(output);
    pid_t child = fork();
    if (child == 0) {
        if (dup2(fileno(input), 0) >= 0 && dup2(fileno(output), 1) >= 0)
            execlp("dot", "dot", "-Tsvg", (char *)NULL);
        _exit(127);
    }
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    host_complain(child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 127
                      ? "--svg needs the program `dot`; install graphviz"
                      : "`dot -Tsvg` failed");
    return false;
}

static bool print_svg(const struct session *session)
{
    FILE *dot = tmpfile();
    if (!dot) {
        host_complain("temporary file: %s", strerror(errno));
        return false;
    }
    print_dot(dot, session->program);
    bool fine = run_dot(dot, stdout);
    fclose(dot);
    return fine;
}

enum host_status command_graph(const struct session_options *options, int count, char **arguments)
{
    struct session session;
    (void)count;
    enum host_status status = session_start(&session, options, arguments[0], SESSION_RESOLVE);
    if (status == HOST_FINE) {
        status = session_refused(&session) ? HOST_NO : HOST_FINE;
        if (!options->svg)
            print_dot(stdout, session.program);
        else if (!print_svg(&session))
            status = HOST_BAD_INPUT;
    }
    session_end(&session);
    return status;
}
