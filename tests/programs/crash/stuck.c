/* SPDX-License-Identifier: BSD-2-Clause */
/* A resolver that never says which function it is. */
__attribute__((visibility("default"))) int stuck(void);

static int never(void)
{
    return 1;
}

static int (*choose(void))(void)
{
    for (volatile int i = 1; i != 0; i |= 1)
        ;
    return never;
}

int stuck(void) __attribute__((ifunc("choose")));
extern int (*volatile stuck_used)(void);
int (*volatile stuck_used)(void) = stuck;
