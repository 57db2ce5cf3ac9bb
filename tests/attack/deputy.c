/* SPDX-License-Identifier: BSD-2-Clause */
/* Asks a gate of the monitor to read the victim's secret for it. */
#include "attack.h"
#include <twz/monitor_gates.h>

ATTACK
{
    return twz_mon_write((const void *)data, 32) != -TWZ_EFAULT;
}
