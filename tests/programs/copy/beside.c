/* SPDX-License-Identifier: BSD-2-Clause */
#define TWZ_GATE_PROVIDER
#include "shared.h"

int64_t beside_value_impl(void)
{
    return shared_value;
}

uint64_t beside_address_impl(void)
{
    return (uint64_t)shared_address();
}
