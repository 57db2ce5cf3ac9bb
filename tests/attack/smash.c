/* SPDX-License-Identifier: BSD-2-Clause */
/* Overruns a buffer on its own stack: the canary sees it. */
#include "attack.h"

ATTACK
{
    volatile char buffer[16];
    for (volatile unsigned i = 0; i < 32; i++)
        buffer[i] = 0x41;
    return buffer[3];
}
