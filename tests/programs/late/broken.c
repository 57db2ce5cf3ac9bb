/* SPDX-License-Identifier: BSD-2-Clause */
/* Needs a library that is there and a function that is nowhere. */
#include <twz/rt/abi.h>

int dep_value(void);
int missing_function(void);
void late_note(char what);
TWZ_RT_API int broken(void);

int broken(void)
{
    return dep_value() + missing_function();
}

__attribute__((constructor)) static void up(void)
{
    late_note('!');
}
