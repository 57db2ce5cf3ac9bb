/* SPDX-License-Identifier: BSD-2-Clause */
#define TWZ_GATE_PROVIDER
#include "clerk.h"
#undef TWZ_GATE_PROVIDER
#include <twz/rt/io.h>
#include <twz/rt/object.h>
#include <twz/rt/string.h>

int64_t clerk_lookup_impl(const char *name, size_t name_size)
{
    struct twz_rt_name found;
    (void)name_size;
    return twz_rt_name_lookup(name, &found);
}

int64_t clerk_bind_impl(const char *name, size_t name_size, struct twz_id id)
{
    (void)name_size;
    return twz_rt_name_bind(name, id);
}

int64_t clerk_read_impl(const char *name, size_t name_size)
{
    struct twz_rt_name found;
    struct twz_rt_object object;
    int64_t value;
    (void)name_size;
    int64_t status = twz_rt_name_lookup(name, &found);
    if (status == 0)
        status = twz_rt_object_map(found.id, &object);
    if (status < 0)
        return status;
    memcpy(&value, object.data, sizeof value);
    return value;
}

int64_t clerk_speak_impl(void)
{
    return twz_rt_print("the clerk speaks\nand is interrupted");
}
