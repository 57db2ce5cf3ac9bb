/* SPDX-License-Identifier: BSD-2-Clause */
/* check: everything that would be refused, for people and for CI. */
#include "out.h"
#include <stdlib.h>
#include <string.h>

static void note(struct session *session, const struct ld_report *report, char *text)
{
    struct ld_report kept = *report;
    kept.message = ld_program_copy(session->program, text);
    free(text);
    if (!kept.message)
        host_out_of_memory();
    session->diag.report(session->diag.context, &kept);
    if (kept.severity == LD_WARNING)
        session->diag.warnings++;
    else
        session->diag.notes++;
}

/* A file that is in several compartments is worth knowing: it has data of its own in each. */
static void note_duplicates(struct session *session)
{
    const struct ld_program *program = session->program;
    for (uint32_t i = 0; i < program->instance_count; i++) {
        const struct ld_instance *instance = program->instances[i];
        for (uint32_t j = i + 1; j < program->instance_count; j++) {
            const struct ld_instance *other = program->instances[j];
            bool same_file = other->module == instance->module;
            bool same_place = other->compartment == instance->compartment;
            if (same_file == same_place || instance->runtime ||
                (same_place && strcmp(other->name, instance->name) != 0))
                continue;
            char *text =
                same_file
                    ? host_format("%s has an instance in compartment %s and one in %s",
                                  instance->name, program->compartments[instance->compartment].name,
                                  program->compartments[other->compartment].name)
                    : host_format("%s is there twice in compartment %s: %s and %s", instance->name,
                                  program->compartments[instance->compartment].name, instance->path,
                                  other->path);
            const struct ld_report report = {.error = LD_EDUPLICATE,
                                             .severity = same_file ? LD_NOTE : LD_WARNING,
                                             .symbol = instance->name};
            note(session, &report, text);
            break;
        }
    }
}

/* Symbols that mean something else because of first dibs. */
static void note_overridden(struct session *session)
{
    struct ld_program *program = session->program;
    struct ld_binding binding;
    for (uint64_t cursor = 0; ld_binding_next(program, &cursor, &binding);) {
        uint32_t other = ld_binding_overridden(program, &binding);
        struct ld_symbol_name name;
        const struct ld_instance *from = program->instances[binding.referrer];
        if (other == LD_NONE || !ld_symbol_name(from, binding.reference, &name))
            continue;
        const struct ld_report report = {.error = LD_EDUPLICATE,
                                         .severity = LD_NOTE,
                                         .referrer = from->name,
                                         .compartment =
                                             program->compartments[from->compartment].name,
                                         .symbol = name.name,
                                         .version = name.version,
                                         .definer = program->instances[binding.definer]->name,
                                         .rule = ld_rule_text(LD_RULE_FIRST_DIBS)};
        note(session, &report,
             host_format("`%s` comes from %s, which has first dibs, not from %s", name.name,
                         program->instances[binding.definer]->name,
                         program->instances[other]->name));
    }
}

/* Without the monitor, which is there in any case. */
static uint32_t count_compartments(const struct ld_program *program)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < program->compartment_count; i++)
        count += !program->compartments[i].builtin;
    return count;
}

static void print_text(const struct session *session)
{
    for (uint32_t i = 0; i < session->report_count; i++)
        out_report(session, stdout, &session->reports[i]);
    const struct ld_program *program = session->program;
    out_text(stdout, program->instances[0]->path);
    fputs(": ", stdout);
    out_styled(session, stdout, session_refused(session) ? OUT_BAD : OUT_GOOD,
               session_refused(session) ? "refused" : "fine");
    uint32_t compartments = count_compartments(program);
    printf(": %u %s, %u libraries, %u refused, %u warnings, %u notes\n", compartments,
           compartments == 1 ? "compartment" : "compartments", program->instance_count - 1,
           session->diag.refusals, session->diag.warnings, session->diag.notes);
}

enum host_status command_check(const struct session_options *options, int count, char **arguments)
{
    struct session session;
    (void)count;
    enum host_status status = session_start(&session, options, arguments[0], SESSION_RESOLVE);
    if (status == HOST_FINE) {
        note_duplicates(&session);
        note_overridden(&session);
        status = session_refused(&session) ? HOST_NO : HOST_FINE;
        if (options->json) {
            json_t *document = out_object();
            out_set(document, "program", out_string(session.program->instances[0]->path));
            out_set(document, "fine", json_boolean(!session_refused(&session)));
            out_set(document, "compartments", json_integer(count_compartments(session.program)));
            out_set(document, "libraries", json_integer(session.program->instance_count - 1));
            out_reports_json(&session, document);
            if (!out_json(&session, document))
                status = HOST_BAD_INPUT;
        } else {
            print_text(&session);
        }
    }
    session_end(&session);
    return status;
}
