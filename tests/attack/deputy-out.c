/* SPDX-License-Identifier: BSD-2-Clause */
/* Asks a gate of the monitor to write to the victim. */
#include "attack.h"
#include <twz/monitor_gates.h>

ATTACK
{
    return twz_mon_object_map("victim.policy", 13, (void *)data, sizeof(struct twz_mon_object)) >=
           0;
}
