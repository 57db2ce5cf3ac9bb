/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the victim's code. */
#include "attack.h"

ATTACK
{
    return *(volatile int64_t *)text;
}
