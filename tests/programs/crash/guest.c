/* SPDX-License-Identifier: BSD-2-Clause */
#define TWZ_GATE_PROVIDER
#include "guest.h"

static int constructed, calls;

__attribute__((constructor)) static void construct(void)
{
    constructed++;
}

int64_t guest_count_impl(void)
{
    return 100 * constructed + ++calls;
}
