/* SPDX-License-Identifier: BSD-2-Clause */
/* policy: checks a policy and compiles it into the binary form that the image reads. */
#include "out.h"
#include "policy_text.h"
#include <stdlib.h>
#include <string.h>

static json_t *error_json(const struct policy_error *error)
{
    json_t *object = out_object();
    out_set(object, "file", out_string(error->file));
    out_set(object, "line", json_integer(error->line));
    out_set(object, "column", json_integer(error->column));
    out_set(object, "message", out_string(error->message));
    out_set(object, "expected", out_string(error->expected));
    out_set(object, "nearest", out_string(error->nearest));
    return object;
}

/* With --json, a text that is refused is still a report. */
static enum host_status report_error(const char *path)
{
    struct policy_error error;
    size_t size;
    void *bytes = policy_text_compile(path, &size, &error);
    if (bytes) {
        free(bytes);
        return HOST_FINE;
    }
    json_t *document = out_object();
    out_set(document, "fine", json_false());
    out_set(document, "error", error_json(&error));
    policy_error_free(&error);
    out_json(document);
    return HOST_BAD_INPUT;
}

static json_t *strings(const struct ld_policy *policy, const struct ld_policy_library *libraries,
                       const struct ld_policy_run *run)
{
    json_t *array = out_array();
    for (uint32_t i = 0; i < run->count; i++)
        out_append(array, out_string(ld_policy_string(policy, libraries[run->first + i].pattern)));
    return array;
}

static json_t *compartment_json(const struct ld_policy *policy,
                                const struct ld_policy_compartment *compartment)
{
    static const char *const after_fault[] = {[LD_AFTER_FAULT_STOP] = "stop",
                                              [LD_AFTER_FAULT_CONTINUE] = "continue",
                                              [LD_AFTER_FAULT_RESTART] = "restart"};
    json_t *object = out_object(), *imports = out_array(), *exports = out_array();
    out_set(object, "name", out_string(ld_policy_string(policy, compartment->name)));
    out_set(object, "libraries", strings(policy, policy->libraries, &compartment->libraries));
    out_set(object, "first_dibs", strings(policy, policy->first_dibs, &compartment->first_dibs));
    for (uint32_t i = 0; i < compartment->imports.count; i++) {
        const struct ld_policy_import *import = &policy->imports[compartment->imports.first + i];
        char *text = host_format("%s:%s", ld_policy_string(policy, import->compartment),
                                 ld_policy_string(policy, import->gate));
        out_append(imports, out_string(text));
        free(text);
    }
    for (uint32_t i = 0; i < compartment->exports.count; i++)
        out_append(exports, out_string(ld_policy_string(
                                policy, policy->exports[compartment->exports.first + i].gate)));
    bool narrows_imports = compartment->flags & LD_POLICY_NARROWS_IMPORTS;
    bool narrows_exports = compartment->flags & LD_POLICY_NARROWS_EXPORTS;
    out_set(object, "imports", narrows_imports ? json_incref(imports) : json_null());
    out_set(object, "exports", narrows_exports ? json_incref(exports) : json_null());
    json_decref(imports);
    json_decref(exports);
    out_set(object, "heap", json_integer((json_int_t)compartment->heap));
    out_set(object, "stack", json_integer((json_int_t)compartment->stack));
    out_set(object, "after_fault", out_string(after_fault[compartment->after_fault]));
    out_set(object, "isolation", out_string(out_isolation(compartment->isolation)));
    out_set(object, "deadline_ms", json_integer(compartment->deadline));
    out_set(object, "output",
            out_string(compartment->flags & LD_POLICY_OUTPUT_KEPT ? "kept" : "console"));
    out_set(object, "line", json_integer(compartment->line));
    return object;
}

static bool print_summary(const struct session *session, const char *path)
{
    const struct ld_policy *policy = &session->policy;
    if (session->options->json) {
        json_t *document = out_object(), *array = out_array();
        for (uint32_t i = 0; i < policy->compartment_count; i++)
            out_append(array, compartment_json(policy, &policy->compartments[i]));
        out_set(document, "fine", json_true());
        out_set(document, "compartments", array);
        return out_json(document);
    }
    out_text(stdout, path);
    printf(": fine: %u %s\n", policy->compartment_count,
           policy->compartment_count == 1 ? "compartment" : "compartments");
    return true;
}

enum host_status command_policy(const struct session_options *options, int count, char **arguments)
{
    struct session session = {.options = options, .search = {.root_fd = -1}};
    enum host_status status = HOST_FINE;
    (void)count;
    session.diag = (struct ld_diag){0};
    if (options->json && report_error(arguments[0]) != HOST_FINE)
        return HOST_BAD_INPUT;
    status = session_policy(&session, arguments[0]);
    if (status == HOST_FINE && options->output) {
        struct host_output output;
        size_t size = session.policy_file.size;
        if (!host_output_open(&output, options->output))
            status = HOST_BAD_INPUT;
        else if (!host_output_close(
                     &output, fwrite(session.policy_file.bytes, 1, size, output.stream) == size))
            status = HOST_BAD_INPUT;
    }
    bool to_stdout = options->output && strcmp(options->output, "-") == 0;
    if (status == HOST_FINE && !to_stdout && (!options->output || options->json) &&
        !print_summary(&session, arguments[0]))
        status = HOST_BAD_INPUT;
    session_end(&session);
    return status;
}
