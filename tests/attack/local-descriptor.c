/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads a segment from a local descriptor table. After a reset the processor has one at address 0:
 * what it finds there would be a program's own bytes. */
#include "attack.h"

ATTACK
{
    __asm__ volatile("mov %0, %%es" : : "r"(0x1007));
    return 1;
}
