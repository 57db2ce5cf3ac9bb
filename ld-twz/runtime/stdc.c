/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of a program under the names of ISO C, for programs without a C library. */
#include <twz/rt/core.h>

void exit(int status)
{
    twz_rt_exit(status);
}

void abort(void)
{
    twz_rt_abort(NULL);
}

int atexit(void (*function)(void))
{
    return twz_rt_at_exit(function) == 0 ? 0 : -1;
}
