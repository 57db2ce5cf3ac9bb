/* SPDX-License-Identifier: BSD-2-Clause */
#include <twz/monitor_gates.h>
#include <twz/rt/object.h>
#include <twz/rt/string.h>

int64_t twz_rt_object_open(const char *name, struct twz_rt_object *object)
{
    struct twz_mon_object found;
    int64_t status = twz_mon_object_map(name, strlen(name), &found, sizeof found);
    if (status < 0)
        return status;
    object->id = found.id;
    object->data = (const void *)(uintptr_t)found.address;
    object->length = found.length;
    return 0;
}
