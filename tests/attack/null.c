/* SPDX-License-Identifier: BSD-2-Clause */
/* Follows a null pointer. */
#include "attack.h"

ATTACK
{
    uint64_t nothing = 0;
    __asm__("" : "+r"(nothing));
    return *(volatile int64_t *)nothing;
}
