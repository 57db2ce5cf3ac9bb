/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets the debug registers, and reads what others might have left in them: one per round. */
#include "attack.h"

#define ROUND(n)                                                                                   \
    case n:                                                                                        \
        __asm__ volatile("mov %0, %%dr" #n : : "r"(data));                                         \
        break;                                                                                     \
    case n + 8:                                                                                    \
        __asm__ volatile("mov %%dr" #n ", %%rax" : : : "rax");                                     \
        break;

ATTACK
{
    switch (round) {
        ROUND(0)
        ROUND(1)
        ROUND(2)
        ROUND(3)
        ROUND(4)
        ROUND(5)
        ROUND(6)
        ROUND(7)
    }
    return 1;
}
