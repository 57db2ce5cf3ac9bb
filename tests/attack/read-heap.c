/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the victim's heap. */
#include "attack.h"

ATTACK
{
    return *(volatile int64_t *)heap;
}
