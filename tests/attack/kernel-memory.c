/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the memory of the kernel. */
#include "attack.h"

ATTACK
{
    return *(volatile int64_t *)0xffffffff80000000ull;
}
