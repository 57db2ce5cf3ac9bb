/* SPDX-License-Identifier: BSD-2-Clause */
/* A library with extensions: see module.mk. */
#include <twz/extension.h>

static int one(void)
{
    return 1;
}

TWZ_RT_API int plugin_two(void);
int plugin_two(void)
{
    return 42;
}

TWZ_RT_API int (*const plugin_table[2])(void);
int (*const plugin_table[2])(void) = {one, plugin_two};

TWZ_RT_API int (*const plugin_first[1])(void);
int (*const plugin_first[1])(void) = {one};

TWZ_RT_API const uint64_t plugin_numbers[2];
const uint64_t plugin_numbers[2] = {0x1000, 0x41414141};
