/* SPDX-License-Identifier: BSD-2-Clause */
/* bindings: one line per reference that needed a lookup, referrer TAB symbol[@version] TAB definer.
 */
#include "out.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* An instance by path or name, or where that is none; nothing to free. *compartment: its
 * compartment's name when that is not main, or NULL. */
static const char *name_of(const struct session *session, uint32_t instance,
                           const char **compartment)
{
    const struct ld_program *program = session->program;
    const struct ld_instance *found = program->instances[instance];
    *compartment = NULL;
    if (session->options->paths)
        return found->path;
    if (found->compartment)
        *compartment = program->compartments[found->compartment].name;
    return found->name;
}

static const char *definer_of(const struct session *session, const struct ld_binding *binding,
                              const char **compartment)
{
    *compartment = NULL;
    if (binding->kind == LD_BOUND_ZERO)
        return "0";
    if (binding->kind == LD_BOUND_REFUSED)
        return "refused";
    if (binding->kind == LD_BOUND_GATE &&
        session->program->gates[binding->gate].instance == LD_NONE)
        return LD_MONITOR;
    return name_of(session, binding->definer, compartment);
}

static json_t *whole_name(const char *compartment, const char *name)
{
    char *text = compartment ? host_format("%s:%s", compartment, name) : host_copy(name);
    json_t *string = out_string(text);
    free(text);
    return string;
}

static json_t *to_json(const struct session *session, const struct ld_binding *binding)
{
    static const char *const kinds[] = {"symbol", "gate", "zero", "refused"};
    json_t *object = out_object();
    struct ld_symbol_name name = {0};
    const char *compartment, *text = name_of(session, binding->referrer, &compartment);
    (void)ld_symbol_name(session->program->instances[binding->referrer], binding->reference, &name);
    out_set(object, "referrer", whole_name(compartment, text));
    out_set(object, "symbol", out_string(name.name));
    out_set(object, "version", out_string(name.version));
    text = definer_of(session, binding, &compartment);
    out_set(object, "definer", whole_name(compartment, text));
    out_set(object, "kind", out_string(kinds[binding->kind]));
    out_set(object, "rule", out_string(ld_rule_text((enum ld_rule)binding->rule)));
    return object;
}

/* What a line says of an instance: most lines say the same again. NULL: text that out_text() does
 * not print as it is, or more than a line can be expected to have. */
struct label {
    char *text;
    size_t length;
};

static struct label label_of(const struct session *session, uint32_t instance)
{
    struct label label;
    const char *compartment, *name = name_of(session, instance, &compartment);
    label.text = compartment ? host_format("%s:%s", compartment, name) : host_copy(name);
    label.length = strlen(label.text);
    bool plain = label.length < PATH_MAX;
    for (size_t i = 0; i < label.length && plain; i++)
        plain = label.text[i] >= ' ' && label.text[i] <= '~';
    if (!plain) {
        free(label.text);
        label.text = NULL;
    }
    return label;
}

static void print_name(struct out_lines *lines, const char *compartment, const char *name)
{
    if (compartment) {
        out_lines_text(lines, compartment);
        out_lines_byte(lines, ':');
    }
    out_lines_text(lines, name);
}

static void print_label(struct out_lines *lines, const struct label *label)
{
    if (label->length > sizeof lines->bytes - lines->used)
        out_lines_flush(lines);
    memcpy(lines->bytes + lines->used, label->text, label->length);
    lines->used += label->length;
}

static void print_binding(const struct session *session, struct out_lines *lines,
                          const struct label *labels, const struct ld_binding *binding)
{
    struct ld_symbol_name name = {.name = "?"};
    const char *compartment, *text;
    if (labels[binding->referrer].text) {
        print_label(lines, &labels[binding->referrer]);
    } else {
        text = name_of(session, binding->referrer, &compartment);
        print_name(lines, compartment, text);
    }
    out_lines_byte(lines, '\t');
    (void)ld_symbol_name(session->program->instances[binding->referrer], binding->reference, &name);
    out_lines_text(lines, name.name);
    if (name.version) {
        out_lines_byte(lines, '@');
        out_lines_text(lines, name.version);
    }
    out_lines_byte(lines, '\t');
    if (binding->kind == LD_BOUND_SYMBOL && labels[binding->definer].text) {
        print_label(lines, &labels[binding->definer]);
    } else {
        text = definer_of(session, binding, &compartment);
        print_name(lines, compartment, text);
    }
    out_lines_byte(lines, '\n');
}

/* Programs have hundred thousands of lines: nothing is allocated for one. */
static void print_all(const struct session *session)
{
    static struct out_lines lines;
    uint64_t cursor = 0;
    struct ld_binding binding;
    uint32_t count = session->program->instance_count;
    struct label *labels = host_realloc(NULL, count, sizeof *labels);
    for (uint32_t i = 0; i < count; i++)
        labels[i] = label_of(session, i);
    while (ld_binding_next(session->program, &cursor, &binding))
        print_binding(session, &lines, labels, &binding);
    out_lines_flush(&lines);
    for (uint32_t i = 0; i < count; i++)
        free(labels[i].text);
    free(labels);
}

static json_t *all_to_json(const struct session *session)
{
    json_t *array = out_array();
    uint64_t cursor = 0;
    struct ld_binding binding;
    while (ld_binding_next(session->program, &cursor, &binding))
        out_append(array, to_json(session, &binding));
    return array;
}

enum host_status command_bindings(const struct session_options *options, int count,
                                  char **arguments)
{
    struct session session;
    (void)count;
    enum host_status status = session_start(&session, options, arguments[0], SESSION_RESOLVE);
    json_t *array = NULL;
    if (status == HOST_FINE && options->json)
        array = all_to_json(&session);
    else if (status == HOST_FINE)
        print_all(&session);
    if (status == HOST_FINE && session_refused(&session)) {
        status = HOST_NO;
        for (uint32_t i = 0; i < session.report_count && !options->json; i++)
            out_report(&session, stderr, &session.reports[i]);
    }
    if (array && status <= HOST_NO) {
        json_t *document = out_object();
        out_set(document, "bindings", array);
        out_reports_json(&session, document);
        if (!out_json(document))
            status = HOST_BAD_INPUT;
    } else {
        json_decref(array);
    }
    session_end(&session);
    return status;
}
