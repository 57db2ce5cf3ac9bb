/* SPDX-License-Identifier: BSD-2-Clause */
/* Its constructor ends the first time only. */
#define FATES_MAIN
#include "gates.h"
#undef FATES_MAIN
#define TWZ_GATE_PROVIDER
#define FATES_PHOENIX
#include "gates.h"

__attribute__((constructor)) static void construct(void)
{
    if (fates_starts() == 1)
        return;
    for (;;)
        __asm__ volatile("");
}

int64_t phoenix_crash_impl(void)
{
    static volatile int *volatile nowhere;
    *nowhere = 1;
    return 0;
}

int64_t phoenix_work_impl(void)
{
    return 7;
}
