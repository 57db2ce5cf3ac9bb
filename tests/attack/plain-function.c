/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls a function of the vault that is behind a gate, by its address. */
#include "attack.h"
#include "vault_ask.h"

ATTACK
{
    if (vault_ask(round) != round + 1) /* by its stub: this much is allowed */
        return 1;
    return 1 + ((int64_t(*)(void))vault_where(VAULT_CODE))();
}
