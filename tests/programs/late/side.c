/* SPDX-License-Identifier: BSD-2-Clause */
/* Behind gates, with an instance of the plugin of its own. */
#define TWZ_GATE_PROVIDER
#include "side.h"
#undef TWZ_GATE_PROVIDER
#include <twz/monitor_gates.h>
#include <twz/rt/dl.h>

int plugin_count(void);
TWZ_RT_API int side_plain(void);
TWZ_RT_API int side_data;
int side_data = 3;

int side_plain(void)
{
    return side_data;
}

int64_t side_count_impl(void)
{
    return plugin_count();
}

/* Closes a library of its own and never says that its destructors are done. */
int64_t side_hangs_impl(void)
{
    uint64_t handle;
    int64_t status = twz_rt_dl_open("libspare.so", NULL, 0, &handle);
    return status < 0 ? status : twz_mon_close(handle);
}

/* What main may load is not ours to load. */
int64_t side_loads_impl(void)
{
    uint64_t handle;
    return twz_rt_dl_open("libnamed.so", NULL, 0, &handle);
}
