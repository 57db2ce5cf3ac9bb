/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls a gate that it was not granted by the address of its entry. */
#include "attack.h"
#include "vault_ask.h"

ATTACK
{
    if (vault_ask(round) != round + 1) /* by its stub: this much is allowed */
        return 1;
    return 1 + ((int64_t(*)(void))vault_where(VAULT_OPEN))();
}
