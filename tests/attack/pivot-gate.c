/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes a gate call with its stack pointer in the victim's data. */
#include "attack.h"

ATTACK
{
    __asm__ volatile("mov %0, %%rsp\n"
                     "mov $0x1000, %%eax\n"
                     "syscall"
                     :
                     : "r"(data + 32)
                     : "rax", "rcx", "r11", "memory");
    return 1;
}
