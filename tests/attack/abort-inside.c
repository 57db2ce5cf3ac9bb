/* SPDX-License-Identifier: BSD-2-Clause */
/* Aborts inside a call, with a terminal escape as reason. */
#include "attack.h"
#include <twz/rt/core.h>

ATTACK
{
    twz_rt_abort("\033[2J gone\nmonitor: all is well");
}
