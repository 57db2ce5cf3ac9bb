/* SPDX-License-Identifier: BSD-2-Clause */
#define TWZ_GATE_PROVIDER
#include "extra.h"

int64_t extra_gate_impl(void)
{
    return 60;
}

__attribute__((visibility("default"))) int extra(void);

int extra(void)
{
    static int value = 8;
    static int *volatile where = &value;
    return ++*where;
}
