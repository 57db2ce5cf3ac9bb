/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the monitor's gates do elsewhere, for a program that is alone: output goes to the kernel's
 * log, names are those of the image, and there is nobody to load libraries.
 */
#include "minimal.h"
#include <twz/monitor_gates.h>
#include <twz/rt/alloc.h>
#include <twz/rt/string.h>
#include <twzelf/extension.h>
#include <twzelf/image.h>

/* Below 32 are programs at fixed addresses and what the kernel has put there. */
#define SLOTS_FIRST 32u
#define SLOTS_COUNT 4096u

#define STATUS_ABORT 125u /* as under the monitor */

/* ---- Slots ---- */

static bool taken[SLOTS_COUNT];

uint32_t twz_min_take_slot(void)
{
    for (uint32_t i = 0; i < SLOTS_COUNT; i++)
        if (!__atomic_test_and_set(&taken[i], __ATOMIC_ACQUIRE))
            return SLOTS_FIRST + i;
    return 0;
}

void twz_min_give_slot(uint32_t slot)
{
    (void)twz_syscall1(TWZ_SYS_VIEW_UNMAP, slot);
    __atomic_clear(&taken[slot - SLOTS_FIRST], __ATOMIC_RELEASE);
}

int64_t twz_min_map(struct twz_id object, const struct twz_range *ranges, uint32_t count,
                    uint32_t *slot)
{
    *slot = twz_min_take_slot();
    if (*slot == 0)
        return -TWZ_ELIMIT;
    int64_t status =
        twz_syscall5(TWZ_SYS_VIEW_MAP, *slot, object.hi, object.lo, (uintptr_t)ranges, count);
    if (status < 0)
        twz_min_give_slot(*slot);
    return status;
}

uint32_t twz_min_ranges(uint64_t length, uint32_t rights, struct twz_range ranges[2])
{
    uint64_t low = obj_extensions_low(length) * TWZ_PAGE_SIZE;
    ranges[0] = twz_min_pages(TWZ_OBJECT_BASE, length, rights);
    ranges[1] = twz_min_pages(low, OBJ_METADATA_OFFSET - low, rights);
    return low < OBJ_METADATA_OFFSET ? 2 : 1;
}

int64_t twz_min_create(const struct twz_range *ranges, uint32_t count, struct twz_id *object,
                       uint32_t *slot)
{
    const struct twz_object_spec spec = {.medium = TWZ_VOLATILE};
    int64_t status = twz_syscall2(TWZ_SYS_OBJECT_CREATE, (uintptr_t)&spec, (uintptr_t)object);
    if (status < 0)
        return status;
    status = twz_min_map(*object, ranges, count, slot);
    if (status < 0)
        (void)twz_syscall2(TWZ_SYS_OBJECT_DELETE, object->hi, object->lo);
    return status;
}

/* ---- Output and end ---- */

int64_t twz_mon_write(const void *bytes, size_t bytes_size)
{
    int64_t status = twz_syscall2(TWZ_SYS_LOG, (uintptr_t)bytes, bytes_size);
    return status < 0 ? status : (int64_t)bytes_size;
}

int64_t twz_mon_read(void *bytes, size_t bytes_size)
{
    return twz_syscall2(TWZ_SYS_LOG_READ, (uintptr_t)bytes, bytes_size);
}

/* It is in the log, and nowhere else. */
int64_t twz_mon_output(const char *compartment, size_t compartment_size, uint64_t from, void *part,
                       size_t part_size)
{
    (void)compartment;
    (void)compartment_size;
    (void)from;
    (void)part;
    (void)part_size;
    return -TWZ_ENOTSUP;
}

int64_t twz_mon_exit(int32_t status)
{
    return twz_syscall1(TWZ_SYS_SHUTDOWN, (uint32_t)status & 127);
}

int64_t twz_mon_abort(const char *reason, size_t reason_size)
{
    static const char before[] = "program: aborted: ";
    (void)twz_mon_write(before, sizeof before - 1);
    (void)twz_mon_write(reason, reason_size);
    (void)twz_mon_write("\n", 1);
    return twz_syscall1(TWZ_SYS_SHUTDOWN, STATUS_ABORT);
}

/* ---- Names ---- */

/* The kernel has checked the image, so the index is what it should be. */
static const struct obj_image_header *image(void)
{
    return (const void *)(uintptr_t)(twz_min_address(twz_min_boot->index_slot) + TWZ_OBJECT_BASE);
}

static const struct obj_image_entry *find(const char *name)
{
    const struct obj_image_entry *entries = (const void *)(image() + 1);
    uint32_t low = 0, high = image()->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(name, entries[middle].name);
        if (order == 0)
            return &entries[middle];
        *(order < 0 ? &high : &low) = order < 0 ? middle : middle + 1;
    }
    return NULL;
}

/* Slots of the objects that were opened, by entry of the index. */
static uint32_t *opened;

int64_t twz_mon_object_map(const char *name, size_t name_size, void *result, size_t result_size)
{
    if (name_size > TWZ_MON_NAME_MAX || result_size != sizeof(struct twz_mon_object))
        return -TWZ_EINVAL;
    const struct obj_image_entry *entry = find(name);
    struct twz_object_info info;
    if (entry == NULL)
        return -TWZ_ENOENT;
    int64_t status =
        twz_syscall3(TWZ_SYS_OBJECT_INFO, entry->id.hi, entry->id.lo, (uintptr_t)&info);
    if (status < 0)
        return status;
    if (opened == NULL && (opened = calloc(image()->count, sizeof *opened)) == NULL)
        return -TWZ_ENOMEM;
    uint32_t *slot = &opened[entry - (const struct obj_image_entry *)(image() + 1)];
    struct twz_range ranges[2];
    uint32_t count = twz_min_ranges(info.payload_length, TWZ_READ, ranges);
    if (*slot == 0 && info.payload_length > 0) {
        status = twz_min_map(entry->id, ranges, count, slot);
        if (status < 0) {
            *slot = 0;
            return status;
        }
    }
    *(struct twz_mon_object *)result = (struct twz_mon_object){
        .id = entry->id,
        .address = twz_min_address(*slot) + TWZ_OBJECT_BASE,
        .length = info.payload_length,
        .rights = TWZ_READ,
    };
    return 0;
}

int64_t twz_mon_image_entry(uint64_t index, const char *name, size_t name_size, void *entry,
                            size_t entry_size)
{
    const struct obj_image_entry *entries = (const void *)(image() + 1);
    if (entry_size != sizeof(struct twz_rt_name) || name_size > TWZ_MON_NAME_MAX)
        return -TWZ_EINVAL;
    const struct obj_image_entry *found = name_size > 0            ? find(name)
                                          : index < image()->count ? &entries[index]
                                                                   : NULL;
    if (found == NULL)
        return -TWZ_ENOENT;
    struct twz_rt_name *answer = entry;
    *answer = (struct twz_rt_name){.id = found->id, .kind = TWZ_RT_NAME_IMAGE};
    memcpy(answer->name, found->name, sizeof answer->name);
    return 0;
}

/* ---- Libraries: there are none but what is linked into the program ---- */

static void explain(char *message)
{
    strcpy(message, "the minimal runtime loads no libraries");
}

int64_t twz_mon_load(const void *spec, size_t spec_size, void *answer, size_t answer_size)
{
    (void)spec;
    if (spec_size == sizeof(struct twz_mon_load_spec) &&
        answer_size == sizeof(struct twz_mon_load_answer))
        explain(((struct twz_mon_load_answer *)answer)->message);
    return -TWZ_ENOTSUP;
}

int64_t twz_mon_close(uint64_t handle)
{
    (void)handle;
    return -TWZ_ENOTSUP;
}

int64_t twz_mon_unload(uint64_t handle)
{
    (void)handle;
    return -TWZ_ENOTSUP;
}

int64_t twz_mon_symbol(const void *spec, size_t spec_size, void *answer, size_t answer_size)
{
    (void)spec;
    if (spec_size == sizeof(struct twz_mon_symbol_spec) &&
        answer_size == sizeof(struct twz_mon_symbol_answer))
        explain(((struct twz_mon_symbol_answer *)answer)->message);
    return -TWZ_ENOTSUP;
}

int64_t twz_mon_place(uint64_t address, void *place, size_t place_size)
{
    (void)address;
    (void)place;
    (void)place_size;
    return -TWZ_ENOENT;
}

int64_t twz_mon_report(void)
{
    return -TWZ_ENOTSUP;
}
