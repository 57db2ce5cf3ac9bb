/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes the page that leads to its thread block. */
#include "attack.h"

ATTACK
{
    __asm__ volatile("movq $0, %fs:0x28");
    return 1;
}
