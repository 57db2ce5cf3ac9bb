/* SPDX-License-Identifier: BSD-2-Clause */
/* Enters next to the gate that it was granted: the bytes before and behind, one per round. */
#include "attack.h"
#include "vault_ask.h"

ATTACK
{
    if (vault_ask(round) != round + 1) /* by its stub: this much is allowed */
        return 1;
    uint64_t entry = vault_where(VAULT_ASK);
    uint64_t target = round < 8 ? entry - 1 - round : entry + round - 7;
    return 1 + ((int64_t(*)(uint64_t))target)(round);
}
