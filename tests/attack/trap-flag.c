/* SPDX-License-Identifier: BSD-2-Clause */
/* Leaves hostile flags: a single step, an alignment check, a direction. */
#include "attack.h"

ATTACK
{
    switch (round) {
    case 0: /* #DB after the next instruction */
        __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq; nop; nop" : : : "memory", "cc");
        return 0;
    case 1: /* NT, AC and DF are reset for whoever comes next */
        __asm__ volatile("pushfq; orq $0x44400, (%%rsp); popfq" : : : "memory", "cc");
        return 0;
    default:
        return 0;
    }
}
