/* SPDX-License-Identifier: BSD-2-Clause */
/* Jumps to the gate that it was granted with a return address inside the vault, so that the gate's
 * return would run what it likes there. */
#include "attack.h"
#include "vault_ask.h"

ATTACK
{
    if (vault_ask(round) != round + 1) /* by its stub: this much is allowed */
        return 1;
    uint64_t entry = vault_where(VAULT_ASK), code = vault_where(VAULT_CODE);
    __asm__ volatile("push %[code]\n"
                     "jmp *%[entry]"
                     :
                     : [code] "r"(code), [entry] "r"(entry)
                     : "memory");
    return 1;
}
