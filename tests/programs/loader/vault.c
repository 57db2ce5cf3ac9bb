/* SPDX-License-Identifier: BSD-2-Clause */
#define TWZ_GATE_PROVIDER
#include "vault.h"

static int64_t secret = 4711;

int64_t vault_ask_impl(void)
{
    return secret == 4711 ? 17 : 0;
}

int64_t vault_open_impl(void)
{
    return secret;
}
