/* SPDX-License-Identifier: BSD-2-Clause */
#define TWZ_GATE_PROVIDER
#include "vault.h"

int64_t vault_open_impl(void)
{
    static int64_t opened;
    return ++opened;
}
