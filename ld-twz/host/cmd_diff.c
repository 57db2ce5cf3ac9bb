/* SPDX-License-Identifier: BSD-2-Clause */
/* diff: the bindings of a program under one policy and under another. */
#include "out.h"
#include <stdlib.h>
#include <string.h>

struct lines {
    char **list;
    size_t count, capacity;
};

static int by_text(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static char *definer_of(const struct ld_program *program, const struct ld_binding *binding)
{
    if (binding->kind == LD_BOUND_ZERO)
        return host_copy("0");
    if (binding->kind == LD_BOUND_REFUSED)
        return host_copy("refused");
    if (binding->kind != LD_BOUND_GATE)
        return out_instance(program, binding->definer);
    const struct ld_gate *gate = &program->gates[binding->gate];
    return host_format("gate of %s", program->compartments[gate->compartment].name);
}

/* Sorted lines "referrer TAB symbol TAB definer". */
static enum host_status read_lines(const struct session_options *options, const char *program,
                                   const char *policy, struct lines *lines)
{
    struct session_options with = *options;
    with.no_policy = strcmp(policy, "none") == 0;
    with.policy = with.no_policy ? NULL : policy;
    struct session session;
    enum host_status status = session_start(&session, &with, program, SESSION_RESOLVE);
    struct ld_binding binding;
    for (uint64_t cursor = 0;
         status == HOST_FINE && ld_binding_next(session.program, &cursor, &binding);) {
        char *referrer = out_instance(session.program, binding.referrer);
        char *symbol = out_symbol(session.program->instances[binding.referrer], binding.reference);
        char *definer = definer_of(session.program, &binding);
        if (lines->count == lines->capacity) {
            lines->capacity = lines->capacity ? 2 * lines->capacity : 256;
            lines->list = host_realloc(lines->list, lines->capacity, sizeof *lines->list);
        }
        lines->list[lines->count++] = host_format("%s\t%s\t%s", referrer, symbol, definer);
        free(referrer);
        free(symbol);
        free(definer);
    }
    if (lines->count)
        qsort(lines->list, lines->count, sizeof *lines->list, by_text);
    session_end(&session);
    return status;
}

static void print_line(const char *sign, const char *line)
{
    char *copy = host_copy(line), *rest = copy, *part;
    fputs(sign, stdout);
    while ((part = strsep(&rest, "\t"))) {
        out_text(stdout, part);
        fputc(rest ? '\t' : '\n', stdout);
    }
    free(copy);
}

/* Lines of one only; into `removed` and `added` instead of standard output if these are there. */
static size_t compare(const struct lines *old, const struct lines *new, json_t *removed,
                      json_t *added)
{
    size_t i = 0, j = 0, changes = 0;
    while (i < old->count || j < new->count) {
        int order = i == old->count ? 1 : j == new->count ? -1 : strcmp(old->list[i], new->list[j]);
        if (order == 0) {
            i++;
            j++;
            continue;
        }
        const char *line = order < 0 ? old->list[i++] : new->list[j++];
        changes++;
        if (removed)
            out_append(order < 0 ? removed : added, out_string(line));
        else
            print_line(order < 0 ? "-" : "+", line);
    }
    return changes;
}

static void free_lines(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->list[i]);
    free(lines->list);
}

enum host_status command_diff(const struct session_options *options, int count, char **arguments)
{
    struct lines old = {0}, new = {0};
    (void)count;
    enum host_status status = read_lines(options, arguments[0], arguments[1], &old);
    if (status == HOST_FINE)
        status = read_lines(options, arguments[0], arguments[2], &new);
    if (status == HOST_FINE && options->json) {
        json_t *document = out_object(), *removed = out_array(), *added = out_array();
        status = compare(&old, &new, removed, added) ? HOST_NO : HOST_FINE;
        out_set(document, "removed", removed);
        out_set(document, "added", added);
        if (!out_json(document))
            status = HOST_BAD_INPUT;
    } else if (status == HOST_FINE) {
        status = compare(&old, &new, NULL, NULL) ? HOST_NO : HOST_FINE;
    }
    free_lines(&old);
    free_lines(&new);
    return status;
}
