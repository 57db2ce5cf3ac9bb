/* SPDX-License-Identifier: BSD-2-Clause */
/* Passes more bytes than a gate declares. */
#include "attack.h"
#include <twz/monitor_gates.h>

static char bytes[TWZ_MON_WRITE_MAX + 1];

ATTACK
{
    return (twz_mon_write(bytes, sizeof bytes) != -TWZ_ETOOBIG) +
           (twz_mon_write(bytes, SIZE_MAX) != -TWZ_ETOOBIG);
}
