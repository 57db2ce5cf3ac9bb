/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Heaps beside a compartment's own: an object in a slot of its own, which the owner may share. The
 * address is the same for all; the rights are what the owner says, until it says otherwise.
 */
#include "monitor.h"
#include <twz/monitor_gates.h>

struct heap {
    struct heap *next;
    uint32_t owner; /* or LD_NONE: the record is free */
    uint32_t slot;
    struct twz_id object;
    uint64_t size; /* bytes */
};

static struct heap *heaps;

static struct heap *heap_at(uint32_t owner, uint64_t address)
{
    struct heap *heap = heaps;
    while (heap != NULL &&
           (heap->owner != owner || mon_slot_address(heap->slot) + TWZ_OBJECT_BASE != address))
        heap = heap->next;
    return heap;
}

/* A record that nobody uses, or NULL. Those that there are stay. */
static struct heap *take_record(void)
{
    struct heap *heap = heaps;
    while (heap != NULL && heap->owner != LD_NONE)
        heap = heap->next;
    if (heap == NULL) {
        heap = mon.memory.allocate(NULL, sizeof *heap, 16);
        if (heap == NULL)
            return NULL;
        *heap = (struct heap){.next = heaps, .owner = LD_NONE};
        heaps = heap;
    }
    return heap;
}

static void release(struct heap *heap)
{
    mon_free_slot(heap->slot);
    heap->owner = LD_NONE;
}

static int64_t make(uint32_t index, uint64_t size, uint32_t slot, struct twz_id *object)
{
    int64_t status = mon_try_object_create(NULL, object);
    if (status < 0)
        return status;
    struct twz_range ranges[2];
    uint32_t count = mon_object_ranges(size, TWZ_READ | TWZ_WRITE, ranges);
    status = mon_try_map(slot, *object, ranges, count);
    if (status == 0)
        status = mon_try_grant(mon.compartments[index].context, *object, TWZ_READ | TWZ_WRITE);
    if (status < 0) {
        (void)twz_syscall1(TWZ_SYS_VIEW_UNMAP, slot);
        (void)twz_syscall2(TWZ_SYS_OBJECT_DELETE, object->hi, object->lo);
    }
    return status;
}

int64_t mon_heap_create(uint32_t index, uint64_t size)
{
    if (size == 0 || size > TWZ_SLOT_SIZE - TWZ_OBJECT_BASE)
        return -TWZ_EINVAL;
    uint32_t count = 0;
    for (const struct heap *heap = heaps; heap != NULL; heap = heap->next)
        count += heap->owner == index;
    uint32_t slot = count < MON_HEAPS_PER ? ld_slots_take(&mon.slots, 1) : LD_NONE;
    if (slot == LD_NONE)
        return -TWZ_ELIMIT;
    struct twz_id object;
    struct heap *heap = take_record();
    int64_t status = heap == NULL ? -TWZ_ENOMEM : make(index, size, slot, &object);
    if (status < 0) {
        ld_slots_give_back(&mon.slots, slot, 1);
        return status;
    }
    mon_note_slot(
        (struct mon_slot){slot, MON_SLOT_EXTRA, index, LD_NONE, TWZ_READ | TWZ_WRITE, NULL});
    heap->owner = index;
    heap->slot = slot;
    heap->object = object;
    heap->size = size;
    return (int64_t)(mon_slot_address(slot) + TWZ_OBJECT_BASE);
}

static uint32_t compartment_named(const char *name)
{
    for (uint32_t i = 0; i < mon.compartment_count; i++)
        if (mon.compartments[i].name != NULL && strcmp(mon.compartments[i].name, name) == 0)
            return i;
    return LD_NONE;
}

int64_t mon_heap_share(uint32_t index, uint64_t address, uint32_t rights, const char *with)
{
    const struct heap *heap = heap_at(index, address);
    uint32_t other = compartment_named(with);
    if (heap == NULL || other == LD_NONE)
        return -TWZ_ENOENT;
    if (other == index || mon.compartments[other].builtin ||
        (rights != 0 && rights != TWZ_READ && rights != (TWZ_READ | TWZ_WRITE)))
        return -TWZ_EINVAL;
    struct twz_id context = mon.compartments[other].context, object = heap->object;
    int64_t status =
        twz_syscall4(TWZ_SYS_CONTEXT_REVOKE, context.hi, context.lo, object.hi, object.lo);
    if (rights != 0)
        return mon_try_grant(context, object, rights);
    return status == -TWZ_ENOENT ? 0 : status; /* it had none */
}

/* What a compartment may do with an object now. */
static uint32_t rights_of(uint32_t index, struct twz_id object)
{
    struct twz_id context = mon.compartments[index].context;
    struct twz_rights_info info;
    int64_t status = twz_syscall5(TWZ_SYS_CONTEXT_RIGHTS, context.hi, context.lo, object.hi,
                                  object.lo, (uintptr_t)&info);
    return status < 0 ? 0 : info.effective & (TWZ_READ | TWZ_WRITE);
}

/* The file of the library that has an address, where all that it has can be read. */
static int64_t find_file(uint32_t index, uint64_t address, struct twz_mon_object *result)
{
    const struct mon_slot *at = mon_slot_at(address);
    if (at == NULL || at->compartment != index || at->instance == LD_NONE)
        return -TWZ_ENOENT;
    const struct mon_file *file = &mon.files[mon.instances[at->instance].file];
    if (!file->mapped || !(rights_of(index, file->id) & TWZ_READ))
        return -TWZ_ENOENT;
    *result = (struct twz_mon_object){.id = file->id,
                                      .address = (uintptr_t)file->bytes,
                                      .length = file->length,
                                      .rights = TWZ_READ};
    return 0;
}

int64_t mon_object_find(uint32_t index, struct twz_id id, uint64_t address,
                        struct twz_mon_object *result)
{
    bool by_address = (id.hi | id.lo) == 0;
    for (const struct heap *heap = heaps; heap != NULL; heap = heap->next) {
        uint64_t start = mon_slot_address(heap->slot) + TWZ_OBJECT_BASE;
        if (heap->owner == LD_NONE || (by_address ? start != address : !mon_same(heap->object, id)))
            continue;
        uint32_t rights = rights_of(index, heap->object);
        if (!(rights & TWZ_READ))
            return -TWZ_ENOENT;
        *result = (struct twz_mon_object){
            .id = heap->object, .address = start, .length = heap->size, .rights = rights};
        return 0;
    }
    return by_address ? find_file(index, address, result) : -TWZ_ENOENT;
}

int64_t mon_heap_delete(uint32_t index, uint64_t address)
{
    struct heap *heap = heap_at(index, address);
    if (heap == NULL)
        return -TWZ_ENOENT;
    release(heap);
    return 0;
}

void mon_heaps_drop(uint32_t index)
{
    for (struct heap *heap = heaps; heap != NULL; heap = heap->next)
        if (heap->owner == index)
            release(heap);
}
