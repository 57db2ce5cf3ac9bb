/* SPDX-License-Identifier: BSD-2-Clause */
/* map: which slot holds what, with which rights, and what lies where in it. Programs of an ordinary
 * Linux system have no slots: of them, the ranges of each file, from the address it is loaded at.
 */
#include "out.h"
#include <stdlib.h>
#include <twz/sys/types.h>
#include <twzelf/file.h>

static const char *rights_text(uint32_t rights)
{
    static const char *const texts[] = {"---", "r--", "-w-", "rw-", "--x", "r-x", "-wx", "rwx"};
    return texts[rights & 7];
}

/* Of an address range; page aligned. */
struct line {
    uint64_t start, end;
    uint32_t rights;
    bool relro;
};

static void print_line(const struct line *line)
{
    printf("  %012jx-%012jx  %s%s\n", (uintmax_t)line->start, (uintmax_t)line->end,
           rights_text(line->rights), line->relro ? "  read-only after relocation" : "");
}

static json_t *line_json(const struct line *line)
{
    json_t *object = out_object();
    out_set(object, "start", json_integer((json_int_t)line->start));
    out_set(object, "length", json_integer((json_int_t)(line->end - line->start)));
    out_set(object, "rights", out_string(rights_text(line->rights)));
    out_set(object, "relro", json_boolean(line->relro));
    return object;
}

static struct line line_of_range(uint32_t slot, const struct ld_range *range)
{
    uint64_t start = slot * TWZ_SLOT_SIZE + range->first_page * TWZ_PAGE_SIZE;
    return (struct line){.start = start,
                         .end = start + range->page_count * TWZ_PAGE_SIZE,
                         .rights = range->rights,
                         .relro = range->relro};
}

static void print_range(uint32_t slot, const struct ld_range *range)
{
    struct line line = line_of_range(slot, range);
    print_line(&line);
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
        struct line line = line_of_range(slot, &ranges[i]);
        out_append(array, line_json(&line));
    }
    return array;
}

static json_t *named_json(const struct ld_instance *instance)
{
    json_t *object = out_object();
    out_set(object, "library", out_string(instance->name));
    out_set(object, "path", out_string(instance->path));
    out_set(object, "compartment",
            out_string(instance->program->compartments[instance->compartment].name));
    return object;
}

static bool print_json(const struct ld_plan *plan)
{
    const struct ld_program *program = plan->program;
    json_t *document = out_object(), *array = out_array();
    for (uint32_t i = 0; i < plan->mapping_count; i++) {
        const struct ld_mapping *mapping = &plan->mappings[i];
        json_t *object = named_json(program->instances[i]);
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
    return out_json(document);
}

/* PT_LOADs do not overlap: one of them goes on below what becomes read-only, and one above. */
#define LINES_MAX (TWZ_ELF_LOADS_MAX + 2)

/* The ranges of an ELF file, ascending: its PT_LOADs, and apart what becomes read-only in them
 * (PT_GNU_RELRO, as the system's linker rounds it: down to whole pages). */
static uint32_t lines_of_elf(const struct twz_elf_file *elf, struct line *lines)
{
    uint32_t count = 0;
    uint64_t relro = twz_elf_page_down(elf->relro.vaddr);
    uint64_t relro_end = twz_elf_page_down(elf->relro.vaddr + elf->relro.memsz);
    for (uint32_t i = 0; i < elf->load_count; i++) {
        const struct twz_elf_segment *load = &elf->loads[i];
        struct line line = {.start = twz_elf_page_down(load->vaddr),
                            .end = twz_elf_page_up(load->vaddr + load->memsz),
                            .rights = ld_rights_of(load->flags)};
        struct line sealed = line, rest = line;
        if (twz_elf_has(&elf->relro) && relro >= line.start && relro_end <= line.end &&
            relro < relro_end) {
            line.end = sealed.start = relro;
            rest.start = sealed.end = relro_end;
            sealed.relro = true;
            if (line.start < line.end)
                lines[count++] = line;
            lines[count++] = sealed;
        }
        if (rest.start < rest.end)
            lines[count++] = rest;
    }
    return count;
}

static bool has_slots(const struct ld_program *program)
{
    for (uint32_t i = 0; i < program->instance_count; i++)
        if (program->instances[i]->laid_out)
            return true;
    return false;
}

static void print_ordinary_text(const struct ld_program *program)
{
    for (uint32_t i = 0; i < program->instance_count; i++) {
        const struct ld_instance *instance = program->instances[i];
        struct line lines[LINES_MAX];
        uint32_t count = lines_of_elf(ld_instance_elf(instance), lines);
        char *name = out_instance(program, i);
        printf("no slots  ");
        out_text(stdout, name);
        printf("  (compartment %s)\n", program->compartments[instance->compartment].name);
        for (uint32_t j = 0; j < count; j++)
            print_line(&lines[j]);
        free(name);
    }
    printf("\nNot laid out for two slots: addresses count from where each file is loaded.\n");
}

static bool print_ordinary_json(const struct ld_program *program)
{
    json_t *document = out_object(), *array = out_array();
    for (uint32_t i = 0; i < program->instance_count; i++) {
        const struct ld_instance *instance = program->instances[i];
        struct line lines[LINES_MAX];
        uint32_t count = lines_of_elf(ld_instance_elf(instance), lines);
        json_t *object = named_json(instance), *ranges = out_array();
        for (uint32_t j = 0; j < count; j++)
            out_append(ranges, line_json(&lines[j]));
        out_set(object, "ranges", ranges);
        out_append(array, object);
    }
    out_set(document, "mappings", array);
    return out_json(document);
}

enum host_status command_map(const struct session_options *options, int count, char **arguments)
{
    struct session session;
    struct ld_plan *plan = NULL;
    (void)count;
    enum host_status status = session_start(&session, options, arguments[0], SESSION_RESOLVE);
    if (status == HOST_FINE && !has_slots(session.program)) {
        status = session_refused(&session) ? HOST_NO : HOST_FINE;
        if (!options->json)
            print_ordinary_text(session.program);
        else if (!print_ordinary_json(session.program))
            status = HOST_BAD_INPUT;
    } else if (status == HOST_FINE) {
        if (!session_layout(&session) || ld_plan_make(session.program, &plan) != LD_OK) {
            for (uint32_t i = 0; i < session.report_count; i++)
                out_report(&session, stderr, &session.reports[i]);
            status = HOST_NO;
        } else if (!options->json) {
            print_text(plan);
        } else if (!print_json(plan)) {
            status = HOST_BAD_INPUT;
        }
    }
    session_end(&session);
    return status;
}
