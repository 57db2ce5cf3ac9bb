/* SPDX-License-Identifier: BSD-2-Clause */
#include <twz/rt/abi.h>

TWZ_RT_API int named_value(void);
static int constructed;

int named_value(void)
{
    return constructed;
}

__attribute__((constructor)) static void up(void)
{
    constructed = 5;
}
