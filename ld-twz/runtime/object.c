/* SPDX-License-Identifier: BSD-2-Clause */
#include <twz/monitor_gates.h>
#include <twz/rt/object.h>
#include <twz/rt/string.h>

static int64_t take(int64_t status, const struct twz_mon_object *found,
                    struct twz_rt_object *object)
{
    if (status < 0)
        return status;
    *object = (struct twz_rt_object){
        .id = found->id,
        .data = (void *)(uintptr_t)found->address,
        .length = found->length,
        .rights = found->rights,
    };
    return 0;
}

int64_t twz_rt_object_open(const char *name, struct twz_rt_object *object)
{
    struct twz_mon_object found;
    size_t length = strnlen(name, TWZ_MON_NAME_MAX + 1);
    if (length > TWZ_MON_NAME_MAX)
        return -TWZ_ETOOBIG;
    int64_t status = twz_mon_object_map(name, length, &found, sizeof found);
    return take(status, &found, object);
}

int64_t twz_rt_object_map(struct twz_id id, struct twz_rt_object *object)
{
    struct twz_mon_object found;
    int64_t status = twz_mon_object_find(id, 0, &found, sizeof found);
    return take(status, &found, object);
}

int64_t twz_rt_object_create(size_t size, struct twz_rt_object *object)
{
    struct twz_mon_object found;
    int64_t address = twz_mon_heap_create(size);
    if (address < 0)
        return address;
    int64_t status =
        twz_mon_object_find((struct twz_id){0, 0}, (uint64_t)address, &found, sizeof found);
    return take(status, &found, object);
}

int64_t twz_rt_object_share(const struct twz_rt_object *object, const char *compartment,
                            uint32_t rights)
{
    size_t length = strnlen(compartment, TWZ_MON_NAME_MAX + 1);
    if (length > TWZ_MON_NAME_MAX)
        return -TWZ_ENOENT;
    return twz_mon_heap_share((uintptr_t)object->data, rights, compartment, length);
}

int64_t twz_rt_object_release(struct twz_rt_object *object)
{
    int64_t status = twz_mon_heap_delete((uintptr_t)object->data);
    *object = (struct twz_rt_object){.data = NULL};
    return status == -TWZ_ENOENT ? 0 : status; /* it is not this compartment's own */
}
