/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs code in its own data. */
#include "attack.h"

static char code[] = {(char)0xc3};

ATTACK
{
    ((void (*)(void))(uintptr_t)code)();
    return 1;
}
