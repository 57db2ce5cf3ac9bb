/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes the victim's data. */
#include "attack.h"

ATTACK
{
    *(volatile char *)data = 0;
    return 1;
}
