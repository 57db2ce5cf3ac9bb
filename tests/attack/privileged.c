/* SPDX-License-Identifier: BSD-2-Clause */
/* Instructions that only the kernel may use, one per round. */
#include "attack.h"

ATTACK
{
    switch (round) {
    case 0:
        __asm__ volatile("cli");
        break;
    case 1:
        __asm__ volatile("hlt");
        break;
    case 2:
        __asm__ volatile("outb %%al, $0xf4" : : "a"(0));
        break;
    case 3:
        __asm__ volatile("wrmsr" : : "a"(0), "d"(0), "c"(0xc0000100));
        break;
    case 4:
        __asm__ volatile("rdmsr" : : "c"(0xc0000100) : "eax", "edx");
        break;
    case 5:
        __asm__ volatile("mov %0, %%cr3" : : "r"(data));
        break;
    case 6:
        __asm__ volatile("wrfsbase %0" : : "r"(data));
        break;
    case 7:
        __asm__ volatile("swapgs");
        break;
    case 8:
        __asm__ volatile("int $0x80");
        break;
    case 9:
        __asm__ volatile("int $0x20");
        break;
    case 10:
        __asm__ volatile("sidt (%0)" : : "r"(stack) : "memory");
        break;
    case 11:
        __asm__ volatile("lidt (%0)" : : "r"(stack));
        break;
    case 12:
        __asm__ volatile("sysretq");
        break;
    case 13:
        __asm__ volatile("mov %%dr7, %%rax" : : : "rax");
        break;
    case 14:
        __asm__ volatile("invlpg (%0)" : : "r"(data));
        break;
    default:
        __asm__ volatile("ud2");
    }
    return 1;
}
