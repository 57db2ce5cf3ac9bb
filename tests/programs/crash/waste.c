/* SPDX-License-Identifier: BSD-2-Clause */
/* Sixty-four gates, and a resolver that ends the load when all of them are published. */
#define TWZ_GATE_PROVIDER
#include <twz/gate.h>
#include <twz/sys/call.h>

#define ONE(n)                                                                                     \
    TWZ_GATE(int64_t, waste_##n)                                                                   \
    int64_t waste_##n##_impl(void)                                                                 \
    {                                                                                              \
        return 0;                                                                                  \
    }
#define EIGHT(n) ONE(n##0) ONE(n##1) ONE(n##2) ONE(n##3) ONE(n##4) ONE(n##5) ONE(n##6) ONE(n##7)
/* clang-format off */
EIGHT(0) EIGHT(1) EIGHT(2) EIGHT(3) EIGHT(4) EIGHT(5) EIGHT(6) EIGHT(7)
    /* clang-format on */

    __attribute__((visibility("default"))) int waste(void);

static int (*choose(void))(void)
{
    (void)twz_syscall0(TWZ_SYS_THREAD_EXIT); /* of a callee: it ends this call */
    return NULL;
}

int waste(void) __attribute__((ifunc("choose")));
extern int (*volatile waste_used)(void);
int (*volatile waste_used)(void) = waste;
