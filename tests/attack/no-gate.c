/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls gate numbers that do not exist. */
#include "attack.h"
#include <twz/sys/call.h>

ATTACK
{
    (void)twz_syscall0(TWZ_SYS_GATE_BASE + TWZ_GATES_MAX - 1 - round);
    return 1;
}
