/* SPDX-License-Identifier: BSD-2-Clause */
/* Two versions of one function, and a second definition of one of the program's. */
#include <twz/rt/abi.h>

TWZ_RT_API int versioned_1(void);
TWZ_RT_API int versioned_2(void);
TWZ_RT_API int late_where(void);

__asm__(".symver versioned_1, versioned@V1\n"
        ".symver versioned_2, versioned@@V2\n");

int versioned_1(void)
{
    return 1;
}

int versioned_2(void)
{
    return 2;
}

int late_where(void)
{
    return 2;
}
