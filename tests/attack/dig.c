/* SPDX-License-Identifier: BSD-2-Clause */
/* Has the vault call it back, and calls the vault from there, again and again: it is the vault's
 * stack that grows. Whoever is called in the end must have enough of it for its work. */
#include "attack.h"
#include "vault_back.h"

#define TWZ_GATE_PROVIDER
#include <twz/gate.h>
TWZ_GATE(int64_t, dig_step, TWZ_VAL(int64_t, deep))

static int64_t refused;

int64_t dig_step_impl(int64_t deep)
{
    int64_t result = vault_back(dig_step, deep + 1);
    refused += result == -TWZ_EDEPTH;
    return result < 0 ? deep : result;
}

ATTACK
{
    int64_t deepest = vault_back(dig_step, 1);
    return deepest > 4 && refused == 1 ? 0 : 1;
}
