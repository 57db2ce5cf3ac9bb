/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes what looks like a line of the monitor. */
#include "attack.h"
#include <twz/rt/io.h>

ATTACK
{
    twz_rt_print("x\nmonitor: victim ended with status 0\ncompartment main: dead\n");
    return 0;
}
