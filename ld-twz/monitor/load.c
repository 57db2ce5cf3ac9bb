/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a file of the image to compartments that can run: plan with the link core, then make the
 * plan real. Every relocation write is checked against the mapping that was made, because the list
 * comes from parsing files that nobody vouches for.
 */
#include "monitor.h"
#include <twz/rt/info.h>
#include <twzelf/hash.h>

static const char *const runtime_set[] = {"libtwzrt.so"};

static bool print_report(void *context, const struct ld_report *report)
{
    (void)context;
    static const char *const kinds[] = {
        [LD_NOTE] = "note", [LD_WARNING] = "warning", [LD_REFUSED] = "refused"};
    if (report->severity == LD_NOTE)
        return true;
    mon_print("ld-twz: %s: %s\n", kinds[report->severity], report->message);
    if (report->cure != NULL)
        mon_print("ld-twz:   %s\n", report->cure);
    return true;
}

static void plan(const struct mon_file *file)
{
    const struct ld_options options = {
        .memory = mon.memory,
        .diag = &mon.diag,
        .load = {.find = mon_find},
        .policy = mon.has_policy ? &mon.policy : NULL,
        .runtime = runtime_set,
        .runtime_count = sizeof runtime_set / sizeof runtime_set[0],
        .monitor_gates = mon_known_gates,
        .monitor_gate_count = mon_known_gate_count,
        .require_layout = true,
    };
    const struct ld_file program = {
        .bytes = file->bytes,
        .size = file->length,
        .path = file->name,
        .identity = {file->id.hi, file->id.lo},
        .handle = (uint64_t)(file - mon.files),
    };
    enum ld_error error = ld_program_load(&options, &program, &mon.program);
    if (error == LD_OK)
        error = ld_program_resolve(mon.program);
    if (error == LD_OK)
        error = ld_program_layout(mon.program, &mon.slots);
    if (error == LD_OK)
        error = ld_plan_make(mon.program, &mon.plan);
    if (error != LD_OK)
        mon_stop(MON_STATUS_REFUSED, "%s is not started: %s", file->name, ld_error_text(error));
}

static uint32_t to_ranges(const struct ld_range *from, uint32_t count, struct twz_range *to)
{
    for (uint32_t i = 0; i < count; i++)
        to[i] = (struct twz_range){.first_page = from[i].first_page,
                                   .page_count = from[i].page_count,
                                   .rights = from[i].rights};
    return count;
}

static void map_text(const struct ld_mapping *mapping)
{
    const struct mon_file *file = &mon.files[mapping->handle];
    struct twz_range ranges[LD_RANGES_MAX];
    mon_map(mapping->text_slot, file->id, ranges,
            to_ranges(mapping->text, mapping->text_count, ranges));
    mon_grant(mon.compartments[mapping->compartment].context, file->id, TWZ_READ | TWZ_EXECUTE);
    mon_note_slot((struct mon_slot){mapping->text_slot, MON_SLOT_TEXT, mapping->compartment,
                                    mapping->instance, TWZ_READ | TWZ_EXECUTE, NULL});
}

/* A copy-on-write copy of the initial data. The bytes behind it in its last page belong to other
 * parts of the file, and the rest is bss: both are zero. */
static void map_data(const struct ld_mapping *mapping)
{
    const struct mon_file *file = &mon.files[mapping->handle];
    const struct twz_copy_spec copy = {
        .source = file->id,
        .source_offset = mapping->copy_source,
        .target_offset = mapping->copy_target,
        .length = mapping->copy_length,
    };
    if (mapping->data_count == 0)
        return;
    struct twz_id data = mon_object_create(mapping->copy_length > 0 ? &copy : NULL);
    struct twz_range ranges[LD_RANGES_MAX];
    mon_map(mapping->data_slot, data, ranges,
            to_ranges(mapping->data, mapping->data_count, ranges));
    uint64_t copied = mapping->copy_target + mapping->copy_length;
    if (mapping->zero_from < copied)
        memset((void *)(mon_slot_address(mapping->data_slot) + mapping->zero_from), 0,
               copied - mapping->zero_from);
    mon_grant(mon.compartments[mapping->compartment].context, data, TWZ_READ | TWZ_WRITE);
    mon_note_slot((struct mon_slot){mapping->data_slot, MON_SLOT_DATA, mapping->compartment,
                                    mapping->instance, TWZ_READ | TWZ_WRITE, NULL});
}

static void apply(const struct ld_write *write)
{
    const struct ld_mapping *mapping =
        write->instance < mon.plan->mapping_count ? &mon.plan->mappings[write->instance] : NULL;
    if (mapping == NULL || !ld_check_write(mapping, write))
        mon_stop(MON_STATUS_REFUSED, "a relocation writes outside its data (instance %u, 0x%lx)",
                 write->instance, write->offset);
    void *target = (void *)(mon_slot_address(mapping->data_slot) + write->offset);
    if (write->kind == LD_WRITE_VALUE)
        memcpy(target, &write->value, write->width);
    else /* code of a compartment never runs here, so that IFUNC has to wait for its start */
        mon_stop(MON_STATUS_REFUSED, "%s has a relocation that the image does not support yet",
                 mon.program->instances[write->instance]->name);
}

static void seal(const struct ld_mapping *mapping)
{
    for (uint32_t i = 0; i < mapping->data_count; i++) {
        const struct ld_range *range = &mapping->data[i];
        if (!range->relro)
            continue;
        int64_t status = twz_syscall4(TWZ_SYS_VIEW_NARROW, mapping->data_slot, range->first_page,
                                      range->page_count, TWZ_READ);
        if (status < 0)
            mon_stop(MON_STATUS_BROKEN, "cannot seal slot 0x%x: %s", mapping->data_slot,
                     twz_rt_error_text(status));
    }
}

void mon_data_renew(uint32_t compartment)
{
    for (uint32_t i = 0; i < mon.plan->mapping_count; i++) {
        const struct ld_mapping *mapping = &mon.plan->mappings[i];
        if (mapping->compartment != compartment || mapping->data_count == 0)
            continue;
        mon_drop_slot(mapping->data_slot);
        map_data(mapping);
    }
    for (uint64_t i = 0; i < mon.plan->write_count; i++)
        if (mon.plan->mappings[mon.plan->writes[i].instance].compartment == compartment)
            apply(&mon.plan->writes[i]);
    for (uint32_t i = 0; i < mon.plan->mapping_count; i++)
        if (mon.plan->mappings[i].compartment == compartment)
            seal(&mon.plan->mappings[i]);
}

void mon_load(const struct mon_file *file)
{
    mon.diag = (struct ld_diag){.report = print_report};
    mon_policy_open(file->name);
    plan(file);
    mon_compartments_create();
    for (uint32_t i = 0; i < mon.plan->mapping_count; i++) {
        map_text(&mon.plan->mappings[i]);
        map_data(&mon.plan->mappings[i]);
    }
    mon_publish_gates();
    uint64_t stubs = mon_slot_address(mon.stubs_slot) + TWZ_OBJECT_BASE;
    enum ld_error error = ld_plan_writes(mon.plan, stubs);
    if (error != LD_OK)
        mon_stop(MON_STATUS_REFUSED, "%s is not started: %s", file->name, ld_error_text(error));
    for (uint64_t i = 0; i < mon.plan->write_count; i++)
        apply(&mon.plan->writes[i]);
    for (uint32_t i = 0; i < mon.plan->mapping_count; i++)
        seal(&mon.plan->mappings[i]);
    mon_records_write();
}

uint64_t mon_symbol_address(const struct ld_instance *instance, const char *name)
{
    const struct mon_file *source = &mon.files[mon.plan->mappings[instance->index].handle];
    struct twz_elf_bytes bytes;
    struct twz_elf_file file;
    struct twz_elf_dynamic dynamic;
    twz_elf_bytes_memory(&bytes, source->bytes, source->length);
    if (twz_elf_file_open(&file, &bytes, TWZ_ELF_VIEW_FILE, NULL) != TWZ_ELF_OK ||
        twz_elf_dynamic_open(&dynamic, &file, NULL) != TWZ_ELF_OK)
        return 0;
    struct twz_elf_name wanted = twz_elf_name(name, strlen(name));
    struct twz_elf_want want = {0};
    struct twz_elf_symbol symbol;
    if (twz_elf_lookup(&dynamic, &wanted, &want, &symbol) != TWZ_ELF_OK)
        return 0;
    return ld_instance_address(instance, symbol.sym.st_value);
}
