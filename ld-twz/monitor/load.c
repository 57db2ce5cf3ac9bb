/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a file of the image to compartments that can run: what the loader proposes and accept.c has
 * let pass becomes real.
 */
#include "monitor.h"
#include <twz/rt/info.h>
#include <twz/rt/io.h>

/* Others wait for a load: what its resolvers may take together, beside what each of them may. */
#define RESOLVERS_TIME 20000000000ll /* nanoseconds */

/* ---- Mapping ---- */

static uint32_t to_ranges(const struct ld_range *from, uint32_t count, struct twz_range *to)
{
    for (uint32_t i = 0; i < count; i++)
        to[i] = (struct twz_range){.first_page = from[i].first_page,
                                   .page_count = from[i].page_count,
                                   .rights = from[i].rights};
    return count;
}

static int64_t map_text(const struct mon_instance *instance, uint32_t number)
{
    const struct ld_mapping *mapping = &instance->mapping;
    const struct mon_file *file = &mon.files[instance->file];
    struct twz_range ranges[LD_RANGES_MAX];
    uint32_t slot = mapping->data_slot - 1;
    int64_t status =
        mon_try_map(slot, file->id, ranges, to_ranges(mapping->text, mapping->text_count, ranges));
    if (status < 0)
        return status;
    mon_note_slot((struct mon_slot){slot, MON_SLOT_TEXT, instance->compartment, number,
                                    TWZ_READ | TWZ_EXECUTE, file->name});
    return mon_try_grant(mon.compartments[instance->compartment].context, file->id,
                         TWZ_READ | TWZ_EXECUTE);
}

/* Constants in a slot of their own: a copy of their pages, of which nothing is ever written. */
static int64_t map_constants(const struct mon_instance *instance, uint32_t number)
{
    const struct ld_mapping *mapping = &instance->mapping;
    const struct mon_file *file = &mon.files[instance->file];
    uint64_t offset = mapping->constants.first_page * TWZ_PAGE_SIZE;
    const struct twz_copy_spec copy = {
        .source = file->id,
        .source_offset = offset,
        .target_offset = offset,
        .length = mapping->constants.page_count * TWZ_PAGE_SIZE,
    };
    struct twz_range range;
    struct twz_id object;
    if (to_ranges(&mapping->constants, mapping->constants.page_count != 0, &range) == 0)
        return 0;
    int64_t status = mon_try_object_create(&copy, &object);
    if (status < 0)
        return status;
    status = mon_try_map(mapping->text_slot, object, &range, 1);
    if (status < 0) {
        (void)twz_syscall2(TWZ_SYS_OBJECT_DELETE, object.hi, object.lo);
        return status;
    }
    mon_note_slot((struct mon_slot){mapping->text_slot, MON_SLOT_CONSTANTS, instance->compartment,
                                    number, TWZ_READ, file->name});
    return mon_try_grant(mon.compartments[instance->compartment].context, object, TWZ_READ);
}

/* A copy-on-write copy of the initial data. The bytes behind it in its last page belong to other
 * parts of the file, and the rest is bss: both are zero. */
static int64_t map_data(const struct mon_instance *instance, uint32_t number)
{
    const struct ld_mapping *mapping = &instance->mapping;
    const struct mon_file *file = &mon.files[instance->file];
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
    status =
        mon_try_grant(mon.compartments[instance->compartment].context, data, TWZ_READ | TWZ_WRITE);
    if (status == 0) /* or in place of what it was before */
        status = mon_try_replace(mapping->data_slot, data, ranges,
                                 to_ranges(mapping->data, mapping->data_count, ranges));
    if (status < 0) {
        (void)twz_syscall2(TWZ_SYS_OBJECT_DELETE, data.hi, data.lo);
        return status;
    }
    mon_note_slot((struct mon_slot){mapping->data_slot, MON_SLOT_DATA, instance->compartment,
                                    number, TWZ_READ | TWZ_WRITE, file->name});
    uint64_t copied = mapping->copy_target + mapping->copy_length;
    if (mapping->zero_from < copied)
        memset((void *)(mon_slot_address(mapping->data_slot) + mapping->zero_from), 0,
               copied - mapping->zero_from);
    return 0;
}

int64_t mon_map_mapping(const struct mon_instance *instance, uint32_t number)
{
    int64_t status = map_text(instance, number);
    if (status == 0)
        status = map_constants(instance, number);
    return status < 0 ? status : map_data(instance, number);
}

int64_t mon_map_instance(uint32_t index)
{
    return mon_map_mapping(&mon.instances[index], index);
}

/* ---- Relocation ---- */

static int64_t apply(const struct ld_write *write, const struct ld_mapping *mapping)
{
    void *target = (void *)(mon_slot_address(mapping->data_slot) + write->offset);
    uint64_t value = write->value;
    switch (write->kind) {
    case LD_WRITE_VALUE:
        memcpy(target, &value, write->width);
        return 0;
    case LD_WRITE_COPY:
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

static int64_t apply_one(const struct loader_table *writes, uint32_t index, uint32_t compartment,
                         bool calls, uint64_t *may_copy)
{
    struct ld_write write;
    if (!mon_fetch(writes, index, &write, sizeof write))
        return -TWZ_EINVAL;
    const struct ld_mapping *mapping = (write.kind == LD_WRITE_CALL) == calls
                                           ? mon_accept_write(&write, compartment, may_copy)
                                           : NULL;
    if (mapping == NULL)
        return (write.kind == LD_WRITE_CALL) == calls ? -TWZ_EPERM : 0;
    return apply(&write, mapping);
}

/* Calls stand at the end: the first of them. */
static uint32_t first_call(const struct loader_table *writes)
{
    struct ld_write write;
    uint32_t first = writes->count;
    while (first > 0 && mon_fetch(writes, first - 1, &write, sizeof write) &&
           write.kind == LD_WRITE_CALL)
        first--;
    return first;
}

int64_t mon_apply(const struct loader_table *writes, uint32_t compartment, bool calls)
{
    int64_t status = 0, begin = twz_syscall0(TWZ_SYS_CLOCK);
    uint64_t may_copy = mon_may_copy(compartment);
    for (uint32_t i = calls ? first_call(writes) : 0; i < writes->count && status == 0; i++)
        status = calls && twz_syscall0(TWZ_SYS_CLOCK) - begin > RESOLVERS_TIME
                     ? -TWZ_ETIMEDOUT
                     : apply_one(writes, i, compartment, calls, &may_copy);
    return status;
}

int64_t mon_seal(uint32_t index)
{
    struct mon_instance *instance = &mon.instances[index];
    const struct ld_mapping *mapping = &instance->mapping;
    int64_t status = 0;
    for (uint32_t i = 0; i < mapping->data_count && status == 0; i++) {
        const struct ld_range *range = &mapping->data[i];
        if (range->relro)
            status = twz_syscall4(TWZ_SYS_VIEW_NARROW, mapping->data_slot, range->first_page,
                                  range->page_count, TWZ_READ);
    }
    instance->sealed = true;
    return status;
}

int64_t mon_ask_writes(uint32_t compartment, struct loader_answer *answer)
{
    struct loader_request *r = mon_loader_request(LOADER_WRITE);
    r->compartment = compartment;
    for (uint32_t i = 0; i < mon.instance_count; i++)
        r->slots[i] = mon.instances[i].used ? mon.instances[i].mapping.text_slot : LD_NONE;
    for (uint32_t i = 0; i < mon.gate_count; i++)
        r->numbers[i] = mon_gate_number(i);
    int64_t status = mon_loader_ask(answer);
    if (status == 0)
        mon_accept_calls(answer);
    return status;
}

/* ---- Again ---- */

static int64_t renew(uint32_t compartment)
{
    static struct loader_answer answer;
    int64_t status = mon_ask_writes(compartment, &answer);
    for (uint32_t i = 0; i < mon.instance_count && status == 0; i++) {
        struct mon_instance *instance = &mon.instances[i];
        if (!instance->used || instance->compartment != compartment)
            continue;
        instance->sealed = false;
        status = map_data(instance, i);
    }
    if (status == 0)
        status = mon_apply(&answer.writes, compartment, false);
    if (status == 0)
        status = mon_apply(&answer.writes, compartment, true);
    for (uint32_t i = 0; i < mon.instance_count && status == 0; i++)
        if (mon.instances[i].used && mon.instances[i].compartment == compartment)
            status = mon_seal(i);
    return status;
}

int64_t mon_data_renew(uint32_t compartment)
{
    int64_t status = mon_loader_take(compartment);
    if (status < 0)
        return status;
    status = renew(compartment);
    mon_loader_rollback(); /* nothing that it has done for this is to stay */
    mon_loader_leave();
    return status;
}

/* ---- The program ---- */

/* What the answer of LOADER_WRITE says is done twice: the calls of resolvers have to wait. */
static struct loader_answer start_answer;

/* Lines of the loader's, which may say anything, behind a mark. */
static void print_reports(const struct loader_answer *answer)
{
    char line[512];
    uint32_t used = 0;
    for (uint32_t i = 0; i < answer->reports.count && i < LOADER_REPORTS_MAX; i++) {
        char c;
        if (!mon_fetch(&answer->reports, i, &c, 1))
            return;
        if (c != '\n')
            line[used++] = c;
        if (c != '\n' && used < sizeof line - 1)
            continue;
        line[used] = '\0';
        mon_print("ld-twz: %s\n", line);
        used = 0;
    }
}

static void start_loader(uint32_t file, struct loader_answer *answer)
{
    struct loader_request *r = mon_loader_request(LOADER_START);
    r->file = file;
    r->policy = mon.policy_file;
    r->known_count = mon_known_gate_count;
    for (uint32_t i = 0; i < mon_known_gate_count; i++) {
        struct loader_known *known = &r->known[i];
        twz_rt_format(known->name, sizeof known->name, "%s", mon_known_gates[i].name);
        twz_rt_format(known->signature, sizeof known->signature, "%s",
                      mon_known_gates[i].signature);
        known->number = mon_known_gates[i].number;
    }
    int64_t status = mon_loader_ask(answer);
    print_reports(answer);
    if (status < 0)
        mon_stop(MON_STATUS_REFUSED, "%s is not started: %s", mon.files[file].name,
                 answer->error == LD_ESTOPPED ? answer->message
                                              : ld_error_text((enum ld_error)answer->error));
}

static bool take_starts(const struct loader_answer *answer)
{
    mon.starts = mon_allocate((mon.compartment_count + 1) * sizeof *mon.starts);
    bool all = answer->starts.count < mon.compartment_count;
    for (uint32_t i = 0; all && i < answer->starts.count; i++) {
        all = mon_fetch(&answer->starts, i, &mon.starts[i], sizeof *mon.starts) &&
              mon.starts[i] < mon.compartment_count && !mon.compartments[mon.starts[i]].builtin;
        for (uint32_t j = 0; all && j < i; j++)
            all = mon.starts[j] != mon.starts[i];
    }
    mon.start_count = answer->starts.count;
    return all;
}

void mon_load(uint32_t file)
{
    struct loader_answer *answer = &start_answer;
    const char *name = mon.files[file].name;
    start_loader(file, answer);
    if (!mon_accept_compartments(answer) || !mon_accept_instances(answer, false, 0) ||
        mon.instance_count == 0 || mon.instances[0].file != file ||
        mon.instances[0].compartment != 0 || !mon_accept_inits(answer, 0) ||
        !mon_accept_gates(answer) || !take_starts(answer))
        mon_stop(MON_STATUS_REFUSED, "%s is not started", name);
    mon_compartments_create();
    for (uint32_t i = 0; i < mon.instance_count; i++) {
        int64_t status = mon.instances[i].used ? mon_map_instance(i) : 0;
        if (status < 0)
            mon_stop(MON_STATUS_REFUSED, "cannot map %s: %s", mon_instance_name(i),
                     twz_rt_error_text(status));
        if (mon_publish_gates_of(i) < 0)
            mon_stop(MON_STATUS_REFUSED, "the program is not started");
    }
    int64_t status = mon_grant_all(answer);
    if (status < 0)
        mon_stop(MON_STATUS_REFUSED, "%s is not started: cannot grant its gates: %s", name,
                 twz_rt_error_text(status));
    status = mon_ask_writes(LD_NONE, answer);
    if (status == 0)
        status = mon_apply(&answer->writes, LD_NONE, false);
    if (status < 0)
        mon_stop(MON_STATUS_REFUSED, "%s is not started: %s", name,
                 answer->error != LD_OK ? answer->message : twz_rt_error_text(status));
    mon.entry = answer->entry;
    mon_records_write();
}

void mon_load_finish(void)
{
    int64_t status = mon_apply(&start_answer.writes, LD_NONE, true);
    if (status < 0)
        mon_stop(MON_STATUS_REFUSED, "%s is not started: IFUNC: %s", mon_instance_name(0),
                 twz_rt_error_text(status));
    for (uint32_t i = 0; i < mon.instance_count; i++) {
        status = mon.instances[i].used ? mon_seal(i) : 0;
        if (status < 0)
            mon_stop(MON_STATUS_BROKEN, "cannot seal slot 0x%x: %s",
                     mon.instances[i].mapping.data_slot, twz_rt_error_text(status));
    }
    if (mon_loader_commit() < 0)
        mon_stop(MON_STATUS_BROKEN, "no memory for the loader");
}
