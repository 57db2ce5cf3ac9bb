/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls the gate that it was granted with its stack pointer in the victim's heap. */
#include "attack.h"
#include "vault_ask.h"

ATTACK
{
    if (vault_ask(round) != round + 1) /* by its stub: this much is allowed */
        return 1;
    uint64_t entry = vault_where(VAULT_ASK);
    __asm__ volatile("mov %[stack], %%rsp\n"
                     "jmp *%[entry]"
                     :
                     : [stack] "r"(heap + 32), [entry] "r"(entry)
                     : "memory");
    return 1;
}
