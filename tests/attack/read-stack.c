/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the frame of the caller. */
#include "attack.h"

ATTACK
{
    return *(volatile int64_t *)stack;
}
