/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls every gate number; only those of the runtime answer. */
#include "attack.h"
#include <twz/monitor_gates.h>
#include <twz/sys/call.h>

ATTACK
{
    /* Those of the monitor come first: exit and abort would end this call. */
    return 1 + (int64_t)(twz_syscall0(TWZ_SYS_GATE_BASE + TWZ_MON_GATES + round) & 0);
}
