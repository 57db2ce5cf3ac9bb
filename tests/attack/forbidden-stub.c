/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls the stub of a gate that it may not call, as the victim would. */
#include "attack.h"
#include <twz/monitor_gates.h>

ATTACK
{
    /* Stubs are 16 bytes each; from one that is bound here lead the addresses of the others. */
    uint64_t stub = (uintptr_t)twz_mon_write;
    ((void (*)(void))((stub & ~0xfffull) + 16 * (TWZ_MON_GATES + round)))();
    return 1;
}
