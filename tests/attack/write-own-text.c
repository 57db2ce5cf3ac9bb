/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes its own code. */
#include "attack.h"

ATTACK
{
    *(volatile char *)(uintptr_t)attack_impl = 0;
    return 1;
}
