/* SPDX-License-Identifier: BSD-2-Clause */
/* May call the vault, and lets no call finish: whoever is stopped in the middle is dead for all. */
#include "attack.h"
#include "vault.h"
#include <twz/sys/call.h>

ATTACK
{
    (void)twz_syscall1(TWZ_SYS_GATE_DEADLINE, 1);
    return vault_work();
}
