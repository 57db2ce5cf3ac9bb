/* SPDX-License-Identifier: BSD-2-Clause */
#define TWZ_GATE_PROVIDER
#define FATES_HOARDER
#include "gates.h"

#include <twz/rt/alloc.h>

int64_t hoarder_churn_impl(void)
{
    for (uint64_t size = 1;; size = size * 5 % 100003)
        free(malloc(size));
}

int64_t hoarder_idle_impl(void)
{
    for (;;)
        __asm__ volatile("");
}
