/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor.h"
#include <twz/rt/info.h>
#include <twzelf/extension.h>

static void check(int64_t status, const char *what, uint64_t subject)
{
    if (status < 0)
        mon_stop(MON_STATUS_BROKEN, "%s (0x%lx): %s", what, subject, twz_rt_error_text(status));
}

uint32_t mon_take_slot(void)
{
    uint32_t slot = ld_slots_take(&mon.slots, 1);
    if (slot == LD_NONE)
        mon_stop(MON_STATUS_BROKEN, "all slots are taken");
    return slot;
}

int64_t mon_try_object_create(const struct twz_copy_spec *copy, struct twz_id *id)
{
    struct twz_object_spec spec = {.medium = TWZ_VOLATILE};
    if (copy != NULL)
        spec.copy = *copy;
    return twz_syscall2(TWZ_SYS_OBJECT_CREATE, (uintptr_t)&spec, (uintptr_t)id);
}

struct twz_id mon_object_create(const struct twz_copy_spec *copy)
{
    struct twz_id id = {0, 0};
    check(mon_try_object_create(copy, &id), "cannot create an object; bytes to copy",
          copy != NULL ? copy->length : 0);
    return id;
}

uint32_t mon_object_ranges(uint64_t length, uint32_t rights, struct twz_range ranges[2])
{
    uint32_t low = obj_extensions_low(length), end = OBJ_METADATA_OFFSET / TWZ_PAGE_SIZE;
    ranges[0] = (struct twz_range){
        .first_page = 1,
        .page_count = (uint32_t)(obj_page_up(length) / TWZ_PAGE_SIZE),
        .rights = rights,
    };
    ranges[1] = (struct twz_range){.first_page = low, .page_count = end - low, .rights = rights};
    return low < end ? 2 : 1;
}

int64_t mon_try_map(uint32_t slot, struct twz_id object, const struct twz_range *ranges,
                    uint32_t count)
{
    return twz_syscall5(TWZ_SYS_VIEW_MAP, slot, object.hi, object.lo, (uintptr_t)ranges, count);
}

void mon_map(uint32_t slot, struct twz_id object, const struct twz_range *ranges, uint32_t count)
{
    check(mon_try_map(slot, object, ranges, count), "cannot map slot", slot);
}

int64_t mon_try_grant(struct twz_id context, struct twz_id object, uint64_t rights)
{
    return twz_syscall5(TWZ_SYS_CONTEXT_GRANT, context.hi, context.lo, object.hi, object.lo,
                        rights);
}

int64_t mon_try_replace(uint32_t slot, struct twz_id object, const struct twz_range *ranges,
                        uint32_t count)
{
    struct twz_view_entry entry = {
        .view = mon.boot.view, .object = object, .slot = slot, .range_count = count};
    struct twz_slot_info before;
    bool filled = twz_syscall2(TWZ_SYS_VIEW_INFO, slot, (uintptr_t)&before) == 0;
    for (uint32_t i = 0; i < count && i < TWZ_RANGES_MAX; i++)
        entry.ranges[i] = ranges[i];
    int64_t status = twz_syscall1(TWZ_SYS_VIEW_SET, (uintptr_t)&entry);
    if (status == 0 && filled)
        (void)twz_syscall2(TWZ_SYS_OBJECT_DELETE, before.object.hi, before.object.lo);
    return status;
}

void mon_drop_slot(uint32_t slot)
{
    struct twz_slot_info info;
    if (twz_syscall2(TWZ_SYS_VIEW_INFO, slot, (uintptr_t)&info) < 0)
        return;
    (void)twz_syscall1(TWZ_SYS_VIEW_UNMAP, slot);
    (void)twz_syscall2(TWZ_SYS_OBJECT_DELETE, info.object.hi, info.object.lo);
}

void mon_free_slot(uint32_t slot)
{
    mon_drop_slot(slot);
    mon_forget_slot(slot);
    ld_slots_give_back(&mon.slots, slot, 1);
}

void mon_note_slot(struct mon_slot view)
{
    for (uint32_t i = 0; i < mon.view_count; i++)
        if (mon.views[i].slot == view.slot) {
            mon.views[i] = view;
            return;
        }
    if (mon.view_count == mon.view_room) {
        uint32_t room = mon.view_room == 0 ? 64 : 2 * mon.view_room;
        struct mon_slot *grown = mon_allocate(room * sizeof *grown);
        if (mon.view_count > 0)
            memcpy(grown, mon.views, mon.view_count * sizeof *grown);
        mon.views = grown;
        mon.view_room = room;
    }
    mon.views[mon.view_count++] = view;
}

void mon_forget_slot(uint32_t slot)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < mon.view_count; i++)
        if (mon.views[i].slot != slot)
            mon.views[kept++] = mon.views[i];
    mon.view_count = kept;
}

const struct mon_slot *mon_slot_at(uint64_t address)
{
    for (uint32_t i = 0; i < mon.view_count; i++)
        if (mon.views[i].slot == address / TWZ_SLOT_SIZE)
            return &mon.views[i];
    return mon.compartments == NULL ? NULL : mon_thread_slot((uint32_t)(address / TWZ_SLOT_SIZE));
}
