/* SPDX-License-Identifier: BSD-2-Clause */
/* Resolvers that all return, after eight seconds. */
#include <twz/sys/call.h>

static int one(void)
{
    return 1;
}

static int (*choose(void))(void)
{
    for (int64_t begin = twz_syscall0(TWZ_SYS_CLOCK);
         twz_syscall0(TWZ_SYS_CLOCK) - begin < 8000000000;)
        for (volatile int i = 0; i < 100000; i++)
            ;
    return one;
}

#define SLOW(n)                                                                                    \
    __attribute__((visibility("default"))) int slow_##n(void);                                     \
    int slow_##n(void) __attribute__((ifunc("choose")));                                           \
    extern int (*volatile slow_used_##n)(void);                                                    \
    int (*volatile slow_used_##n)(void) = slow_##n;

SLOW(0)
SLOW(1)
SLOW(2)
SLOW(3)
