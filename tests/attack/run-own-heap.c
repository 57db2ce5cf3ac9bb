/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs code in its own heap. */
#include "attack.h"
#include <twz/rt/alloc.h>

ATTACK
{
    char *code = malloc(16);
    *(volatile char *)code = (char)0xc3;
    ((void (*)(void))(uintptr_t)code)();
    return 1;
}
