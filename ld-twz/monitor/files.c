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
}

struct mon_file *mon_file_open(const char *name)
{
    for (uint32_t i = 0; i < mon.file_count; i++)
        if (strcmp(mon.files[i].name, name) == 0)
            return &mon.files[i];
    const struct obj_image_entry *entry = obj_image_find(&mon.image, name);
    if (entry == NULL || mon.file_count == MON_FILES_MAX)
        return NULL;
    struct twz_object_info info;
    int64_t status =
        twz_syscall3(TWZ_SYS_OBJECT_INFO, entry->id.hi, entry->id.lo, (uintptr_t)&info);
    if (status < 0)
        mon_stop(MON_STATUS_BROKEN, "%s: %s", name, twz_rt_error_text(status));

    struct mon_file *file = &mon.files[mon.file_count++];
    *file = (struct mon_file){.name = entry->name, .id = entry->id, .length = info.payload_length};
    uint64_t pages = (info.payload_length + TWZ_PAGE_SIZE - 1) / TWZ_PAGE_SIZE;
    file->slot = mon_take_slot();
    struct twz_range range = {.first_page = 1, .page_count = (uint32_t)pages, .rights = TWZ_READ};
    if (pages > 0)
        mon_map(file->slot, file->id, &range, 1);
    file->bytes = (const void *)(mon_slot_address(file->slot) + TWZ_OBJECT_BASE);
    mon_note_slot(
        (struct mon_slot){file->slot, MON_SLOT_OPENED, LD_NONE, LD_NONE, TWZ_READ, file->name});
    return file;
}

/* The policy: the one that the command line names, else PROGRAM.policy, else `policy`, else none.
 */
void mon_policy_open(const char *program)
{
    char name[OBJ_NAME_SIZE];
    twz_rt_format(name, sizeof name, "%s.policy", program);
    const struct mon_file *file = mon_file_open(mon.policy_name != NULL ? mon.policy_name : name);
    if (file == NULL && mon.policy_name != NULL)
        mon_stop(MON_STATUS_REFUSED, "%s: the image has no policy of that name", mon.policy_name);
    if (file == NULL)
        file = mon_file_open("policy");
    if (file == NULL)
        return;
    if (ld_policy_read(file->bytes, file->length, &mon.policy, &mon.diag) != LD_OK)
        mon_stop(MON_STATUS_REFUSED, "%s: not a valid policy", file->name);
    mon.has_policy = true;
    mon.policy_name = file->name;
}

bool mon_find(void *context, struct ld_request *request, struct ld_file *file)
{
    (void)context;
    const struct mon_file *found = mon_file_open(request->name);
    ld_place_tried(request, request->name, "image index", found ? "found" : "no such name");
    if (found == NULL)
        return false;
    *file = (struct ld_file){
        .bytes = found->bytes,
        .size = found->length,
        .path = found->name,
        .identity = {found->id.hi, found->id.lo},
        .handle = (uint64_t)(found - mon.files),
    };
    return true;
}
