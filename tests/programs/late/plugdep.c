/* SPDX-License-Identifier: BSD-2-Clause */
#include <twz/rt/abi.h>

__attribute__((weak)) void late_note(char what);
TWZ_RT_API int dep_value(void);

int dep_value(void)
{
    return 40;
}

__attribute__((constructor)) static void up(void)
{
    if (late_note)
        late_note('d');
}

__attribute__((destructor)) static void down(void)
{
    if (late_note)
        late_note('D');
}
