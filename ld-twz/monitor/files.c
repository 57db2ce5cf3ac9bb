/* SPDX-License-Identifier: BSD-2-Clause */
/* Names: the index of the image, the objects behind it, and the policy among them. */
#include "monitor.h"
#include <twz/rt/info.h>
#include <twz/rt/io.h>

void mon_image_open(void)
{
    const void *index = (const void *)(mon_slot_address(mon.boot.index_slot) + TWZ_OBJECT_BASE);
    struct obj_diag diag;
    enum obj_error error = obj_index_open(index, mon.boot.index_length, &mon.image, &diag);
    if (error != OBJ_OK)
        mon_stop(MON_STATUS_BROKEN, "the image's index is not valid: expected %s (at 0x%lx)",
                 obj_error_expected(error), diag.place);
    mon.files = mon_allocate(mon.image.header->count * sizeof *mon.files);
    for (uint32_t i = 0; i < mon.image.header->count; i++)
        mon.files[i] = (struct mon_file){.name = mon.image.entries[i].name,
                                         .id = mon.image.entries[i].id,
                                         .slot = MON_SLOTS_END + i};
}

static bool print_report(void *context, const struct ld_report *report)
{
    (void)context;
    mon_print("ld-twz: refused: %s\n", report->message);
    if (report->cure != NULL)
        mon_print("ld-twz:   %s\n", report->cure);
    return true;
}

int64_t mon_file_map(uint32_t number)
{
    struct mon_file *file = &mon.files[number];
    struct twz_object_info info;
    if (file->mapped)
        return 0;
    int64_t status = twz_syscall3(TWZ_SYS_OBJECT_INFO, file->id.hi, file->id.lo, (uintptr_t)&info);
    if (status < 0)
        return status;
    file->bytes = (const void *)(mon_slot_address(file->slot) + TWZ_OBJECT_BASE);
    file->length = info.payload_length;
    struct twz_range ranges[2];
    uint32_t count = mon_object_ranges(info.payload_length, TWZ_READ, ranges);
    status = info.payload_length > 0 ? mon_try_map(file->slot, file->id, ranges, count) : 0;
    file->mapped = status == 0;
    return status;
}

int64_t mon_file_open(const char *name, uint32_t *number)
{
    const struct obj_image_entry *entry = obj_image_find(&mon.image, name);
    if (entry == NULL)
        return -TWZ_ENOENT;
    *number = (uint32_t)(entry - mon.image.entries);
    return mon_file_map(*number);
}

uint32_t mon_file_need(const char *name)
{
    uint32_t number;
    int64_t status = mon_file_open(name, &number);
    if (status < 0 && status != -TWZ_ENOENT)
        mon_stop(MON_STATUS_BROKEN, "%s: %s", name, twz_rt_error_text(status));
    return status < 0 ? LD_NONE : number;
}

bool mon_file_touched(uint64_t address)
{
    uint64_t slot = address / TWZ_SLOT_SIZE;
    if (slot < MON_SLOTS_END || slot - MON_SLOTS_END >= mon.image.header->count)
        return false;
    uint32_t number = (uint32_t)(slot - MON_SLOTS_END);
    const struct mon_file *file = &mon.files[number];
    int64_t status = mon_file_map(number);
    if (status == 0 && address - (uintptr_t)file->bytes >= file->length)
        return false;
    if (status == 0)
        status = mon_try_grant(mon.compartments[mon.compartment_room].context, file->id, TWZ_READ);
    if (status < 0)
        mon_print("monitor: %s cannot be read: %s\n", file->name, twz_rt_error_text(status));
    return status == 0;
}

/* The policy: the one that the command line names, else PROGRAM.policy, else `policy`, else none.
 */
void mon_policy_open(const char *program)
{
    char name[OBJ_NAME_SIZE];
    twz_rt_format(name, sizeof name, "%s.policy", program);
    uint32_t number = mon_file_need(mon.policy_name != NULL ? mon.policy_name : name);
    if (number == LD_NONE && mon.policy_name != NULL)
        mon_stop(MON_STATUS_REFUSED, "%s: the image has no policy of that name", mon.policy_name);
    if (number == LD_NONE)
        number = mon_file_need("policy");
    mon.policy_file = number;
    if (number == LD_NONE)
        return;
    const struct mon_file *file = &mon.files[number];
    struct ld_diag diag = {.report = print_report};
    if (ld_policy_read(file->bytes, file->length, &mon.policy, &diag) != LD_OK)
        mon_stop(MON_STATUS_REFUSED, "%s: not a valid policy", file->name);
    mon.has_policy = true;
    mon.policy_name = file->name;
}
