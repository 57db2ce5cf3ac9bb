/* SPDX-License-Identifier: BSD-2-Clause */
/* A library that needs another one and the program. Weak: in compartments without the program. */
#include <twz/rt/abi.h>

__attribute__((weak)) void late_note(char what);
int dep_value(void);

TWZ_RT_API __thread int plugin_tls_value;
__thread int plugin_tls_value = 100;
static int count;
static int (*const table[])(void) = {dep_value};

TWZ_RT_API int plugin_value(void);
TWZ_RT_API int plugin_tls(void);
TWZ_RT_API int plugin_count(void);
TWZ_RT_API int plugin_ifunc(void);

int plugin_value(void)
{
    return table[0]() + 2;
}

int plugin_tls(void)
{
    return ++plugin_tls_value;
}

int plugin_count(void)
{
    return ++count;
}

static int seven(void)
{
    return 7;
}

static int (*choose(void))(void)
{
    return seven;
}

TWZ_RT_API int chosen(void) __attribute__((ifunc("choose")));

int plugin_ifunc(void)
{
    return chosen();
}

__attribute__((constructor)) static void up(void)
{
    if (late_note)
        late_note('p');
}

__attribute__((destructor)) static void down(void)
{
    if (late_note)
        late_note('P');
}
