/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects that the program makes, each in a slot of its own. There is nobody to share them with. */
#include "../runtime.h"
#include "minimal.h"
#include <twz/monitor_gates.h>
#include <twz/rt/alloc.h>

struct made {
    struct made *next;
    struct twz_id id;
    uint64_t size; /* bytes */
    uint32_t slot;
};

static uint32_t lock;
static struct made *all;

int64_t twz_mon_heap_create(uint64_t size)
{
    if (size == 0 || size > TWZ_SLOT_SIZE - TWZ_OBJECT_BASE)
        return -TWZ_EINVAL;
    struct made *made = calloc(1, sizeof *made);
    if (made == NULL)
        return -TWZ_ENOMEM;
    struct twz_range ranges[2];
    uint32_t count = twz_min_ranges(size, TWZ_READ | TWZ_WRITE, ranges);
    int64_t status = twz_min_create(ranges, count, &made->id, &made->slot);
    if (status < 0) {
        free(made);
        return status;
    }
    made->size = size;
    twz_rt_lock(&lock);
    made->next = all;
    all = made;
    twz_rt_unlock(&lock);
    return (int64_t)(twz_min_address(made->slot) + TWZ_OBJECT_BASE);
}

int64_t twz_mon_heap_share(uint64_t address, uint32_t rights, const char *compartment,
                           size_t compartment_size)
{
    (void)address;
    (void)rights;
    (void)compartment;
    (void)compartment_size;
    return -TWZ_ENOENT;
}

/* The link to the object at an address or, with address 0, of an ID. */
static struct made **find(struct twz_id id, uint64_t address)
{
    struct made **at = &all;
    while (*at != NULL && (address != 0 ? twz_min_address((*at)->slot) + TWZ_OBJECT_BASE != address
                                        : (*at)->id.hi != id.hi || (*at)->id.lo != id.lo))
        at = &(*at)->next;
    return at;
}

int64_t twz_mon_heap_delete(uint64_t address)
{
    if (address == 0)
        return -TWZ_ENOENT;
    twz_rt_lock(&lock);
    struct made **at = find((struct twz_id){0, 0}, address), *made = *at;
    if (made != NULL)
        *at = made->next;
    twz_rt_unlock(&lock);
    if (made == NULL)
        return -TWZ_ENOENT;
    twz_min_give_slot(made->slot);
    (void)twz_syscall2(TWZ_SYS_OBJECT_DELETE, made->id.hi, made->id.lo);
    free(made);
    return 0;
}

/* The program's own file, where its extensions can be read as well. */
static int64_t find_program(struct twz_mon_object *result)
{
    static uint32_t mapped;
    struct twz_slot_info slot;
    struct twz_object_info info;
    struct twz_range ranges[2];
    int64_t status = twz_syscall2(TWZ_SYS_VIEW_INFO, twz_min_boot->text_slot, (uintptr_t)&slot);
    if (status == 0)
        status =
            twz_syscall3(TWZ_SYS_OBJECT_INFO, slot.object.hi, slot.object.lo, (uintptr_t)&info);
    twz_rt_lock(&lock);
    if (status == 0 && mapped == 0) {
        uint32_t made, count = twz_min_ranges(info.payload_length, TWZ_READ, ranges);
        status = twz_min_map(slot.object, ranges, count, &made);
        mapped = status == 0 ? made : 0;
    }
    twz_rt_unlock(&lock);
    if (status == 0)
        *result = (struct twz_mon_object){.id = slot.object,
                                          .address = twz_min_address(mapped) + TWZ_OBJECT_BASE,
                                          .length = info.payload_length,
                                          .rights = TWZ_READ};
    return status;
}

int64_t twz_mon_object_find(struct twz_id id, uint64_t address, void *result, size_t result_size)
{
    if (result_size != sizeof(struct twz_mon_object))
        return -TWZ_EINVAL;
    twz_rt_lock(&lock);
    const struct made *made = *find(id, address);
    if (made != NULL)
        *(struct twz_mon_object *)result = (struct twz_mon_object){
            .id = made->id,
            .address = twz_min_address(made->slot) + TWZ_OBJECT_BASE,
            .length = made->size,
            .rights = TWZ_READ | TWZ_WRITE,
        };
    twz_rt_unlock(&lock);
    if (made == NULL && address == twz_min_address(twz_min_boot->text_slot) + TWZ_OBJECT_BASE)
        return find_program(result);
    return made != NULL ? 0 : -TWZ_ENOENT;
}
