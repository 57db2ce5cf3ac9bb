/* SPDX-License-Identifier: BSD-2-Clause */
/* Recurses until its stack ends. */
#include "attack.h"

#pragma GCC diagnostic ignored "-Winfinite-recursion"
static int64_t down(volatile int64_t n)
{
    volatile char frame[512];
    frame[0] = (char)n;
    return down(n + 1) + frame[0];
}

ATTACK
{
    return down(1);
}
