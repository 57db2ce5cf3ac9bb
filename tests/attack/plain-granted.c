/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls a gate that it was granted by the address of its entry: no attack, and the proof that the
 * others of this name fail for what they do. */
#include "attack.h"
#include "vault_ask.h"

ATTACK
{
    if (vault_ask(round) != round + 1) /* by its stub: this much is allowed */
        return 1;
    int64_t (*entry)(uint64_t) = (int64_t(*)(uint64_t))vault_where(VAULT_ASK);
    int64_t wrong = 0;
    for (uint64_t i = 0; i < 100; i++)
        wrong += entry(i) != (int64_t)i + 1;
    return wrong;
}
