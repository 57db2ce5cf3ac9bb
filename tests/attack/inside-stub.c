/* SPDX-License-Identifier: BSD-2-Clause */
/* Enters the stub of a gate between its instructions. */
#include "attack.h"
#include <twz/monitor_gates.h>

ATTACK
{
    uint64_t stub = (uintptr_t)twz_mon_write & ~0xfffull;
    uint64_t got;
    /* Past the first instruction, with a gate number of its own choice. */
    __asm__ volatile("call *%[target]"
                     : "=a"(got)
                     : [target] "r"(stub + 5), "a"(TWZ_SYS_GATE_BASE + TWZ_MON_GATES)
                     : "rcx", "r11", "r10", "memory", "cc");
    return 1;
}
