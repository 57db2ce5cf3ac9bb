/* SPDX-License-Identifier: BSD-2-Clause */
/* A library whose gates end in every way but the right one, and gates that show what is left of
 * its memory. CALLS_NAME is the name of the library. */
#define TWZ_GATE_PROVIDER
#include "calls.h"

#include <twz/rt/alloc.h>
#include <twz/rt/core.h>
#include <twz/rt/thread.h>

#define JOIN_(a, b) a##b
#define JOIN(a, b)  JOIN_(a, b)
#define GATE(name)  JOIN(JOIN(CALLS_NAME, name), _impl)

#define CALLS_OF(name) CALLS_BAD(name)
CALLS_OF(CALLS_NAME)

static int counter;
static int initial = 100;
static int constructed;
static int *address_of_initial = &initial; /* a relocated word */
static __thread int in_thread = 7;
static void *blocks[1000];
static unsigned block_count;

__attribute__((constructor)) static void construct(void)
{
    constructed++;
}

int64_t GATE(_loop)(void)
{
    for (;;)
        __asm__ volatile("");
}

int64_t GATE(_abort)(void)
{
    twz_rt_abort("as it was told");
}

int64_t GATE(_exit)(void)
{
    twz_rt_exit(3);
}

int64_t GATE(_crash)(void)
{
    static volatile int *volatile nowhere;
    *nowhere = 1;
    return 0;
}

int64_t GATE(_end_thread)(void)
{
    twz_rt_thread_exit();
}

int64_t GATE(_count)(void)
{
    return ++counter + (*address_of_initial)++;
}

/* How many blocks of 100 KB it holds; takes one more. */
int64_t GATE(_allocated)(void)
{
    if (block_count < 1000 && (blocks[block_count] = malloc(100000)) != NULL)
        block_count++;
    return block_count;
}

int64_t GATE(_constructed)(void)
{
    return constructed;
}

int64_t GATE(_tls)(void)
{
    return in_thread++;
}
