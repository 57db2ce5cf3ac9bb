/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs code on its own stack. */
#include "attack.h"

ATTACK
{
    volatile char code[] = {(char)0xc3};
    ((void (*)(void))(uintptr_t)code)();
    return 1;
}
