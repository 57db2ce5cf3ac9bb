/* SPDX-License-Identifier: BSD-2-Clause */
/* bindings: one line per reference that needed a lookup, referrer TAB symbol[@version] TAB definer.
 */
#include "out.h"
#include <stdlib.h>

static char *definer_of(const struct session *session, const struct ld_binding *binding)
{
    const struct ld_program *program = session->program;
    if (binding->kind == LD_BOUND_ZERO)
        return host_copy("0");
    if (binding->kind == LD_BOUND_REFUSED)
        return host_copy("refused");
    if (binding->kind == LD_BOUND_GATE && program->gates[binding->gate].instance == LD_NONE)
        return host_copy(LD_MONITOR);
    if (session->options->paths)
        return host_copy(program->instances[binding->definer]->path);
    return out_instance(program, binding->definer);
}

static char *referrer_of(const struct session *session, const struct ld_binding *binding)
{
    return session->options->paths ? host_copy(session->program->instances[binding->referrer]->path)
                                   : out_instance(session->program, binding->referrer);
}

static json_t *to_json(const struct session *session, const struct ld_binding *binding,
                       const char *referrer, const char *definer)
{
    static const char *const kinds[] = {"symbol", "gate", "zero", "refused"};
    json_t *object = out_object();
    struct ld_symbol_name name = {0};
    (void)ld_symbol_name(session->program->instances[binding->referrer], binding->reference, &name);
    out_set(object, "referrer", out_string(referrer));
    out_set(object, "symbol", out_string(name.name));
    out_set(object, "version", out_string(name.version));
    out_set(object, "definer", out_string(definer));
    out_set(object, "kind", out_string(kinds[binding->kind]));
    out_set(object, "rule", out_string(ld_rule_text((enum ld_rule)binding->rule)));
    return object;
}

enum host_status command_bindings(const struct session_options *options, int count,
                                  char **arguments)
{
    struct session session;
    (void)count;
    enum host_status status = session_start(&session, options, arguments[0], SESSION_RESOLVE);
    json_t *array = options->json ? out_array() : NULL;
    uint64_t cursor = 0;
    struct ld_binding binding;
    while (status == HOST_FINE && ld_binding_next(session.program, &cursor, &binding)) {
        char *referrer = referrer_of(&session, &binding);
        char *definer = definer_of(&session, &binding);
        if (array) {
            out_append(array, to_json(&session, &binding, referrer, definer));
        } else {
            char *symbol =
                out_symbol(session.program->instances[binding.referrer], binding.reference);
            out_text(stdout, referrer);
            fputc('\t', stdout);
            out_text(stdout, symbol);
            fputc('\t', stdout);
            out_text(stdout, definer);
            fputc('\n', stdout);
            free(symbol);
        }
        free(referrer);
        free(definer);
    }
    if (status == HOST_FINE && session_refused(&session)) {
        status = HOST_NO;
        for (uint32_t i = 0; i < session.report_count && !array; i++)
            out_report(&session, stderr, &session.reports[i]);
    }
    if (array && status <= HOST_NO) {
        json_t *document = out_object();
        out_set(document, "bindings", array);
        out_reports_json(&session, document);
        if (!out_json(&session, document))
            status = HOST_BAD_INPUT;
    } else {
        json_decref(array);
    }
    session_end(&session);
    return status;
}
