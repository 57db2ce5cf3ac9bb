/* SPDX-License-Identifier: BSD-2-Clause */
/* Exits inside a call: the caller goes on. */
#include "attack.h"
#include <twz/rt/core.h>

ATTACK
{
    twz_rt_exit(7);
}
