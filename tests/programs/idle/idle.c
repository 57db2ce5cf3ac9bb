/* SPDX-License-Identifier: BSD-2-Clause */
/* What compartments cost that have only started: built with four of them, and with none. */
#include "idle.h"
#include <stdio.h>
#include <twz/rt/info.h>
#include <x86intrin.h>

int main(void)
{
    printf("instructions: %llu\n", (unsigned long long)__rdtsc());
    fflush(stdout);
    twz_rt_report();
#ifdef IDLE_FOUR
    return (int)(idle_0(1) + idle_1(1) + idle_2(1) + idle_3(1)) - 8;
#else
    return 0;
#endif
}
