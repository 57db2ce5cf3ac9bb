/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs expect of Linux, asked of the personality. On the host Linux itself answers, which
 * tests the tests. */
#define _GNU_SOURCE
#include "check.h"
#include <stdlib.h>

int check_count;

static void second(void)
{
    ok(1, "atexit: called last, registered first");
    printf("1..%d\n", check_count); /* left in the buffer: exit flushes it */
}

static void first(void)
{
    ok(1, "atexit: called first, registered last");
}

int main(void)
{
    check_memory();
    check_files();
    check_names();
    check_pipes();
    check_time();
    check_signals();
    check_process();
    check_threads();
    check_hostile();
    setvbuf(stdout, NULL, _IOFBF, 65536);
    atexit(second);
    atexit(first);
    return 0;
}
