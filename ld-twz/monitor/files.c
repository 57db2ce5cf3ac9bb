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

/* Maps a file that is in the index and not open yet, to be the next of mon.files. */
static int64_t map_file(const struct obj_image_entry *entry, struct mon_file *file)
{
    struct twz_object_info info;
    int64_t status =
        twz_syscall3(TWZ_SYS_OBJECT_INFO, entry->id.hi, entry->id.lo, (uintptr_t)&info);
    uint32_t slot = ld_slots_take(&mon.slots, 1);
    if (status < 0 || slot == LD_NONE)
        return status < 0 ? status : -TWZ_ELIMIT;
    *file = (struct mon_file){
        .name = entry->name,
        .id = entry->id,
        .slot = slot,
        .bytes = (const void *)(mon_slot_address(slot) + TWZ_OBJECT_BASE),
        .length = info.payload_length,
    };
    uint64_t pages = (info.payload_length + TWZ_PAGE_SIZE - 1) / TWZ_PAGE_SIZE;
    struct twz_range range = {.first_page = 1, .page_count = (uint32_t)pages, .rights = TWZ_READ};
    return pages > 0 ? mon_try_map(slot, file->id, &range, 1) : 0;
}

int64_t mon_file_open(const char *name, struct mon_file **file)
{
    for (uint32_t i = 0; i < mon.file_count; i++)
        if (strcmp(mon.files[i].name, name) == 0) {
            *file = &mon.files[i];
            return 0;
        }
    const struct obj_image_entry *entry = obj_image_find(&mon.image, name);
    if (entry == NULL)
        return -TWZ_ENOENT;
    if (mon.file_count == MON_FILES_MAX)
        return -TWZ_ELIMIT;
    *file = &mon.files[mon.file_count];
    int64_t status = map_file(entry, *file);
    if (status < 0)
        return status;
    mon.file_count++;
    mon_note_slot((struct mon_slot){(*file)->slot, MON_SLOT_OPENED, LD_NONE, LD_NONE, TWZ_READ,
                                    (*file)->name});
    return 0;
}

struct mon_file *mon_file_need(const char *name)
{
    struct mon_file *file;
    int64_t status = mon_file_open(name, &file);
    if (status < 0 && status != -TWZ_ENOENT)
        mon_stop(MON_STATUS_BROKEN, "%s: %s", name, twz_rt_error_text(status));
    return status < 0 ? NULL : file;
}

/* The policy: the one that the command line names, else PROGRAM.policy, else `policy`, else none.
 */
void mon_policy_open(const char *program)
{
    char name[OBJ_NAME_SIZE];
    twz_rt_format(name, sizeof name, "%s.policy", program);
    const struct mon_file *file = mon_file_need(mon.policy_name != NULL ? mon.policy_name : name);
    if (file == NULL && mon.policy_name != NULL)
        mon_stop(MON_STATUS_REFUSED, "%s: the image has no policy of that name", mon.policy_name);
    if (file == NULL)
        file = mon_file_need("policy");
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
    struct mon_file *found;
    if (mon_file_open(request->name, &found) < 0) /* loads at run time must not end the machine */
        found = NULL;
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
