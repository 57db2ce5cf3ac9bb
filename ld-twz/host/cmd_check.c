/* SPDX-License-Identifier: BSD-2-Clause */
/* check: everything that would be refused, for people and for CI. */
#include "out.h"
#include <stdlib.h>
#include <string.h>

#define NAMES_TOLD 32u /* libraries of the policy that are not there: the first of them */

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

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The name that may have been meant by `name`, or NULL. */
static const char *nearest(const char *name, const char *const *names, uint32_t count)
{
    const char *found = NULL;
    uint32_t best = 3;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t distance = host_distance(name, names[i], 2);
        if (distance < best) {
            best = distance;
            found = names[i];
        }
    }
    return found;
}

/* A library that the policy moves under a name that no library has is a library that stays where it
 * was. It may be meant: one policy can serve several programs, and loads at run time. */
static void note_unmatched(struct session *session, const char *const *names, uint32_t count)
{
    const struct ld_policy *policy = &session->policy;
    uint32_t told = 0;
    for (uint32_t i = 0; i < policy->compartment_count && told < NAMES_TOLD; i++) {
        const struct ld_policy_compartment *compartment = &policy->compartments[i];
        for (uint32_t j = 0; j < compartment->libraries.count && told < NAMES_TOLD; j++) {
            const struct ld_policy_library *entry =
                &policy->libraries[compartment->libraries.first + j];
            const char *pattern = ld_policy_string(policy, entry->pattern);
            if (ld_glob_is_pattern(pattern) ||
                bsearch(&pattern, names, count, sizeof *names, by_name))
                continue;
            const char *meant = nearest(pattern, names, count);
            char *cure = meant ? host_format("did you mean `%s`?", meant) : NULL;
            const struct ld_report report = {.error = LD_ENOTFOUND,
                                             .severity = meant ? LD_WARNING : LD_NOTE,
                                             .symbol = pattern,
                                             .file = session->policy_name,
                                             .cure = cure ? ld_program_copy(session->program, cure)
                                                          : NULL};
            free(cure);
            note(session, &report,
                 host_format("%s:%u: no library of the program is `%s` of compartment %s",
                             session->policy_name, entry->line, pattern,
                             ld_policy_string(policy, compartment->name)));
            told++;
        }
    }
}

static void note_names(struct session *session)
{
    const struct ld_program *program = session->program;
    if (!session->policy_name)
        return;
    const char **names = host_realloc(NULL, program->instance_count, sizeof *names);
    for (uint32_t i = 0; i < program->instance_count; i++)
        names[i] = program->instances[i]->name;
    qsort(names, program->instance_count, sizeof *names, by_name);
    note_unmatched(session, names, program->instance_count);
    free(names);
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
        note_names(&session);
        status = session_refused(&session) ? HOST_NO : HOST_FINE;
        if (options->json) {
            json_t *document = out_object();
            out_set(document, "program", out_string(session.program->instances[0]->path));
            out_set(document, "fine", json_boolean(!session_refused(&session)));
            out_set(document, "compartments", json_integer(count_compartments(session.program)));
            out_set(document, "libraries", json_integer(session.program->instance_count - 1));
            out_reports_json(&session, document);
            if (!out_json(document))
                status = HOST_BAD_INPUT;
        } else {
            print_text(&session);
        }
    }
    session_end(&session);
    return status;
}
