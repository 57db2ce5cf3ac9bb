/* SPDX-License-Identifier: BSD-2-Clause */
/* Preloaded into a program: whenever it looks at the clock, half a second has passed. */
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *now)
{
    static long looks;

    (void)clock;
    looks++;
    *now = (struct timespec){.tv_sec = 1000 + looks / 2, .tv_nsec = looks % 2 * 500000000};
    return 0;
}
