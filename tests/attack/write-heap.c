/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes the victim's heap. */
#include "attack.h"

ATTACK
{
    *(volatile char *)heap = 0;
    return 1;
}
