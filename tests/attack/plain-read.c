/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads and writes the entry of the gate that it was granted: a data fault is no call. */
#include "attack.h"
#include "vault_ask.h"

ATTACK
{
    if (vault_ask(round) != round + 1) /* by its stub: this much is allowed */
        return 1;
    volatile uint8_t *entry = (volatile uint8_t *)vault_where(VAULT_ASK);
    if (round == 0)
        return 1 + *entry;
    *entry = 0xc3;
    return 1;
}
