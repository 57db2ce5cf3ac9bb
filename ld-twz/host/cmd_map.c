/* SPDX-License-Identifier: BSD-2-Clause */
/* map: which slot holds what, with which rights, and what lies where in it. */
#include "out.h"
#include <stdlib.h>
#include <twz/sys/types.h>

static const char *rights_text(uint32_t rights)
{
    static const char *const texts[] = {"---", "r--", "-w-", "rw-", "--x", "r-x", "-wx", "rwx"};
    return texts[rights & 7];
}

static void print_range(uint32_t slot, const struct ld_range *range)
{
    uint64_t start = slot * TWZ_SLOT_SIZE + range->first_page * TWZ_PAGE_SIZE;
    printf("  %012jx-%012jx  %s%s\n", (uintmax_t)start,
           (uintmax_t)(start + range->page_count * TWZ_PAGE_SIZE), rights_text(range->rights),
           range->relro ? "  read-only after relocation" : "");
}

static void print_text(const struct ld_plan *plan)
{
    const struct ld_program *program = plan->program;
    for (uint32_t i = 0; i < plan->mapping_count; i++) {
        const struct ld_mapping *mapping = &plan->mappings[i];
        char *name = out_instance(program, i);
        printf(mapping->constants.page_count ? "slots %u to %u  " : "slots %u, %u  ",
               mapping->text_slot, mapping->data_slot);
        out_text(stdout, name);
        printf("  (compartment %s)\n", program->compartments[mapping->compartment].name);
        if (mapping->constants.page_count)
            print_range(mapping->text_slot, &mapping->constants);
        for (uint32_t j = 0; j < mapping->text_count; j++)
            print_range(mapping->data_slot - 1, &mapping->text[j]);
        for (uint32_t j = 0; j < mapping->data_count; j++)
            print_range(mapping->data_slot, &mapping->data[j]);
        free(name);
    }
}

static json_t *ranges_json(const struct ld_range *ranges, uint32_t count, uint32_t slot)
{
    json_t *array = out_array();
    for (uint32_t i = 0; i < count; i++) {
        json_t *object = out_object();
        uint64_t start = slot * TWZ_SLOT_SIZE + ranges[i].first_page * TWZ_PAGE_SIZE;
        out_set(object, "start", json_integer((json_int_t)start));
        out_set(object, "length", json_integer((json_int_t)(ranges[i].page_count * TWZ_PAGE_SIZE)));
        out_set(object, "rights", out_string(rights_text(ranges[i].rights)));
        out_set(object, "relro", json_boolean(ranges[i].relro));
        out_append(array, object);
    }
    return array;
}

static bool print_json(const struct session *session, const struct ld_plan *plan)
{
    const struct ld_program *program = plan->program;
    json_t *document = out_object(), *array = out_array();
    for (uint32_t i = 0; i < plan->mapping_count; i++) {
        const struct ld_mapping *mapping = &plan->mappings[i];
        json_t *object = out_object();
        out_set(object, "library", out_string(program->instances[i]->name));
        out_set(object, "path", out_string(program->instances[i]->path));
        out_set(object, "compartment",
                out_string(program->compartments[mapping->compartment].name));
        out_set(object, "text_slot", json_integer(mapping->text_slot));
        out_set(object, "data_slot", json_integer(mapping->data_slot));
        if (mapping->constants.page_count)
            out_set(object, "constants", ranges_json(&mapping->constants, 1, mapping->text_slot));
        out_set(object, "text",
                ranges_json(mapping->text, mapping->text_count, mapping->data_slot - 1));
        out_set(object, "data",
                ranges_json(mapping->data, mapping->data_count, mapping->data_slot));
        out_append(array, object);
    }
    out_set(document, "mappings", array);
    out_set(document, "entry", json_integer((json_int_t)plan->entry));
    return out_json(session, document);
}

enum host_status command_map(const struct session_options *options, int count, char **arguments)
{
    struct session session;
    struct ld_plan *plan = NULL;
    (void)count;
    enum host_status status = session_start(&session, options, arguments[0], SESSION_RESOLVE);
    if (status == HOST_FINE) {
        if (!session_layout(&session) || ld_plan_make(session.program, &plan) != LD_OK) {
            for (uint32_t i = 0; i < session.report_count; i++)
                out_report(&session, stderr, &session.reports[i]);
            status = HOST_NO;
        } else if (!options->json) {
            print_text(plan);
        } else if (!print_json(&session, plan)) {
            status = HOST_BAD_INPUT;
        }
    }
    session_end(&session);
    return status;
}
