/* SPDX-License-Identifier: BSD-2-Clause */
/* Jumps to every byte around the victim's main, one per round. */
#include "attack.h"

ATTACK
{
    ((void (*)(void))((text & ~0xfffull) + round))();
    return 1;
}
