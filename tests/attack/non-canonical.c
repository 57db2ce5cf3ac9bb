/* SPDX-License-Identifier: BSD-2-Clause */
/* Follows an address that no processor has, as a persistent pointer is. */
#include "attack.h"

ATTACK
{
    return *(volatile int64_t *)0x4000010000001000ull;
}
