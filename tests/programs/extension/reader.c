/* SPDX-License-Identifier: BSD-2-Clause */
#define TWZ_GATE_PROVIDER
#include "reader.h"
#undef TWZ_GATE_PROVIDER
#include <twz/extension.h>

static int count;

static void own(void)
{
    count++;
}

int64_t reader_count_impl(void)
{
    return ++count;
}

int64_t reader_find_impl(struct twz_id id, struct twz_id tag)
{
    struct twz_rt_object object;
    int64_t status = twz_rt_object_map(id, &object);
    twz_rt_function *found[1];
    return status < 0 ? status : twz_rt_extension_find(&object, tag, found, 1);
}

int64_t reader_run_impl(struct twz_id id, struct twz_id tag)
{
    struct twz_rt_object object;
    int64_t status = twz_rt_object_map(id, &object);
    twz_rt_function *found[1];
    if (status == 0)
        status = twz_rt_extension_find(&object, tag, found, 1);
    return status < 0 ? status : ((int64_t(*)(void))found[0])();
}

int64_t reader_add_impl(struct twz_id id, struct twz_id tag)
{
    struct twz_rt_object object;
    int64_t status = twz_rt_object_map(id, &object);
    if (status < 0)
        return status;
    twz_rt_function **table = (twz_rt_function **)object.data + 100;
    if (object.rights & TWZ_WRITE)
        table[0] = own;
    status = twz_rt_extension_add(&object, tag, table, 1);
    return status < 0 ? status : (int64_t)(uintptr_t)own;
}

int64_t reader_call_impl(uint64_t address)
{
    ((void (*)(void))(uintptr_t)address)();
    return 0;
}
