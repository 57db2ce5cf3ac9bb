/* SPDX-License-Identifier: BSD-2-Clause */
/* Moves its stack into the victim's heap and pushes. */
#include "attack.h"

ATTACK
{
    __asm__ volatile("mov %0, %%rsp\n"
                     "push %%rax"
                     :
                     : "r"(heap + 32)
                     : "memory");
    return 1;
}
