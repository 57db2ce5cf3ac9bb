/* SPDX-License-Identifier: BSD-2-Clause */
#define TWZ_GATE_PROVIDER
#include "tls.h"

int gd_bump(void), ld_bump(void), ie_bump(void), desc_bump(void);

/* After n steps a value is its start + 1 + 2 + ... + n. */
int64_t tls_step_impl(uint32_t number)
{
    int sum = (int)(number * (number + 1) / 2);
    return (gd_bump() != 100 + sum) + (ld_bump() != 200 + sum) * 2 + (ie_bump() != 300 + sum) * 4 +
           (desc_bump() != 400 + sum) * 8;
}
