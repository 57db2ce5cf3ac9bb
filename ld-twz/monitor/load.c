/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a file of the image to compartments that can run: plan with the link core, then make the
 * plan real. Every relocation write is checked against the mapping that was made, because the list
 * comes from parsing files that nobody vouches for.
 */
#include "monitor.h"
#include <ld/late.h>
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

static int64_t map_text(const struct ld_mapping *mapping)
{
    const struct mon_file *file = &mon.files[mapping->handle];
    struct twz_range ranges[LD_RANGES_MAX];
    int64_t status = mon_try_map(mapping->text_slot, file->id, ranges,
                                 to_ranges(mapping->text, mapping->text_count, ranges));
    if (status < 0)
        return status;
    mon_note_slot((struct mon_slot){mapping->text_slot, MON_SLOT_TEXT, mapping->compartment,
                                    mapping->instance, TWZ_READ | TWZ_EXECUTE, NULL});
    return mon_try_grant(mon.compartments[mapping->compartment].context, file->id,
                         TWZ_READ | TWZ_EXECUTE);
}

/* A copy-on-write copy of the initial data. The bytes behind it in its last page belong to other
 * parts of the file, and the rest is bss: both are zero. */
static int64_t map_data(const struct ld_mapping *mapping)
{
    const struct mon_file *file = &mon.files[mapping->handle];
    const struct twz_copy_spec copy = {
        .source = file->id,
        .source_offset = mapping->copy_source,
        .target_offset = mapping->copy_target,
        .length = mapping->copy_length,
    };
    if (mapping->data_count == 0)
        return 0;
    struct twz_id data;
    int64_t status = mon_try_object_create(mapping->copy_length > 0 ? &copy : NULL, &data);
    if (status < 0)
        return status;
    struct twz_range ranges[LD_RANGES_MAX];
    status = mon_try_map(mapping->data_slot, data, ranges,
                         to_ranges(mapping->data, mapping->data_count, ranges));
    if (status < 0) {
        (void)twz_syscall2(TWZ_SYS_OBJECT_DELETE, data.hi, data.lo);
        return status;
    }
    mon_note_slot((struct mon_slot){mapping->data_slot, MON_SLOT_DATA, mapping->compartment,
                                    mapping->instance, TWZ_READ | TWZ_WRITE, NULL});
    uint64_t copied = mapping->copy_target + mapping->copy_length;
    if (mapping->zero_from < copied)
        memset((void *)(mon_slot_address(mapping->data_slot) + mapping->zero_from), 0,
               copied - mapping->zero_from);
    return mon_try_grant(mon.compartments[mapping->compartment].context, data,
                         TWZ_READ | TWZ_WRITE);
}

int64_t mon_map_instance(const struct ld_mapping *mapping)
{
    int64_t status = map_text(mapping);
    return status < 0 ? status : map_data(mapping);
}

/* Whether [address, address + size) is data of a library of compartment `index`. */
static bool is_data_of(uint32_t index, uint64_t address, uint64_t size)
{
    uint64_t offset = address % TWZ_SLOT_SIZE, end;
    for (uint32_t i = 0; i < mon.plan->mapping_count; i++) {
        const struct ld_mapping *m = &mon.plan->mappings[i];
        if (mon.program->instances[i]->vacant || m->compartment != index ||
            m->data_slot != address / TWZ_SLOT_SIZE)
            continue;
        return !__builtin_add_overflow(offset, size, &end) && offset >= TWZ_OBJECT_BASE &&
               end <= m->data_length;
    }
    return false;
}

static int64_t apply(const struct ld_write *write, const struct ld_mapping *mapping)
{
    void *target = (void *)(mon_slot_address(mapping->data_slot) + write->offset);
    uint64_t value = write->value;
    switch (write->kind) {
    case LD_WRITE_VALUE:
        memcpy(target, &value, write->width);
        return 0;
    case LD_WRITE_COPY:
        if (!is_data_of(mapping->compartment, value, write->width))
            return -TWZ_EPERM;
        memmove(target, (const void *)value, write->width);
        return 0;
    default: { /* code of a compartment runs in its own context only */
        int64_t result;
        if (!mon_call(mapping->compartment, value, 0, &result))
            return -TWZ_ECALLEE;
        memcpy(target, &result, sizeof result);
        return 0;
    }
    }
}

int64_t mon_apply(const struct ld_write *writes, uint64_t count, bool calls)
{
    for (uint64_t i = 0; i < count; i++) {
        const struct ld_write *write = &writes[i];
        const struct ld_mapping *mapping =
            write->instance < mon.plan->mapping_count ? &mon.plan->mappings[write->instance] : NULL;
        if (mapping == NULL || !ld_check_write(mapping, write)) {
            mon_print("monitor: a relocation writes outside its data (instance %u, 0x%lx)\n",
                      write->instance, write->offset);
            return -TWZ_EPERM;
        }
        if ((write->kind == LD_WRITE_CALL) != calls)
            continue;
        int64_t status = apply(write, mapping);
        if (status < 0)
            return status;
    }
    return 0;
}

int64_t mon_seal(const struct ld_mapping *mapping)
{
    int64_t status = 0;
    for (uint32_t i = 0; i < mapping->data_count && status == 0; i++) {
        const struct ld_range *range = &mapping->data[i];
        if (range->relro)
            status = twz_syscall4(TWZ_SYS_VIEW_NARROW, mapping->data_slot, range->first_page,
                                  range->page_count, TWZ_READ);
    }
    return status;
}

/* The writes of a library that came at run time, or NULL: those of the plan are all there are. */
static const struct ld_write *writes_of(uint32_t instance, uint64_t *count)
{
    const struct ld_late *late = ld_late_of(mon.program, instance);
    *count = late != NULL ? late->write_count : 0;
    return late != NULL ? late->writes : NULL;
}

/* Those of a list that are for one compartment, or for one instance of it. */
static int64_t renew(const struct ld_write *writes, uint64_t count, uint32_t compartment,
                     uint32_t instance, bool calls)
{
    int64_t status = 0;
    for (uint64_t i = 0; i < count && status == 0; i++)
        if (instance == LD_NONE ? mon.plan->mappings[writes[i].instance].compartment == compartment
                                : writes[i].instance == instance)
            status = mon_apply(&writes[i], 1, calls);
    return status;
}

static int64_t renew_all(uint32_t compartment, bool calls)
{
    int64_t status = renew(mon.plan->writes, mon.plan->write_count, compartment, LD_NONE, calls);
    for (uint32_t i = 0; i < mon.plan->mapping_count && status == 0; i++) {
        uint64_t count;
        const struct ld_write *writes = writes_of(i, &count);
        if (mon.program->instances[i]->compartment == compartment)
            status = renew(writes, count, compartment, i, calls);
    }
    return status;
}

int64_t mon_data_renew(uint32_t compartment)
{
    int64_t status = 0;
    for (uint32_t i = 0; i < mon.plan->mapping_count && status == 0; i++) {
        const struct ld_mapping *mapping = &mon.plan->mappings[i];
        if (mon.program->instances[i]->compartment != compartment || mapping->data_count == 0)
            continue;
        mon_drop_slot(mapping->data_slot);
        mon_forget_slot(mapping->data_slot);
        status = map_data(mapping);
    }
    if (status == 0)
        status = renew_all(compartment, false);
    if (status == 0)
        status = renew_all(compartment, true);
    for (uint32_t i = 0; i < mon.plan->mapping_count && status == 0; i++)
        if (mon.program->instances[i]->compartment == compartment)
            status = mon_seal(&mon.plan->mappings[i]);
    return status;
}

void mon_load(const struct mon_file *file)
{
    mon.diag = (struct ld_diag){.report = print_report};
    mon_policy_open(file->name);
    plan(file);
    mon_compartments_create();
    for (uint32_t i = 0; i < mon.plan->mapping_count; i++) {
        int64_t status = mon_map_instance(&mon.plan->mappings[i]);
        if (status < 0)
            mon_stop(MON_STATUS_BROKEN, "cannot map %s: %s", mon.program->instances[i]->name,
                     twz_rt_error_text(status));
    }
    mon_publish_gates();
    uint64_t stubs = mon_slot_address(mon.stubs_slot) + TWZ_OBJECT_BASE;
    enum ld_error error = ld_plan_writes(mon.plan, stubs);
    if (error != LD_OK)
        mon_stop(MON_STATUS_REFUSED, "%s is not started: %s", file->name, ld_error_text(error));
    if (mon_apply(mon.plan->writes, mon.plan->write_count, false) < 0)
        mon_stop(MON_STATUS_REFUSED, "%s is not started", file->name);
    mon_records_write();
}

void mon_load_finish(void)
{
    int64_t status = mon_apply(mon.plan->writes, mon.plan->write_count, true);
    if (status < 0)
        mon_stop(MON_STATUS_REFUSED, "%s is not started: IFUNC: %s",
                 mon.program->instances[0]->name, twz_rt_error_text(status));
    for (uint32_t i = 0; i < mon.plan->mapping_count; i++) {
        status = mon_seal(&mon.plan->mappings[i]);
        if (status < 0)
            mon_stop(MON_STATUS_BROKEN, "cannot seal slot 0x%x: %s",
                     mon.plan->mappings[i].data_slot, twz_rt_error_text(status));
    }
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
