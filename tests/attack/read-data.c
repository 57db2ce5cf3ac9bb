/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the victim's data. */
#include "attack.h"

ATTACK
{
    return *(volatile int64_t *)data;
}
