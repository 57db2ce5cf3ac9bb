/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads that come and go, and call into other compartments while they are there. What is left of
 * them is nothing: the table is printed before and after. */
#include "pages.h"
#include "sharer.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <twz/rt/info.h>

#define AT_ONCE 4

static unsigned char byte = 1;

/* Ten calls into two compartments. */
static void *visit(void *argument)
{
    int64_t good = 0;
    for (int i = 0; i < 5; i++)
        good += pages_vector(PAGES_RECORD) > 0 && sharer_steal(4096) == 0;
    return good == 5 ? argument : NULL;
}

static int visits(int count)
{
    int good = 0;
    for (int i = 0; i < count; i += AT_ONCE) {
        pthread_t threads[AT_ONCE];
        for (int k = 0; k < AT_ONCE; k++)
            if (pthread_create(&threads[k], NULL, visit, &byte) != 0)
                return -1;
        for (int k = 0; k < AT_ONCE; k++) {
            void *result = NULL;
            pthread_join(threads[k], &result);
            good += result == &byte;
        }
    }
    return good;
}

static int calls(int count)
{
    int good = 0;
    for (int i = 0; i < count; i++)
        good += pages_vector(PAGES_BLOCK) > 0;
    return good;
}

/* `tenths` of 10,000 threads and 100,000 calls. */
static void round_of(int tenths)
{
    int threads = visits(800 * tenths) + (int)pages_threads((uint32_t)(200 * tenths));
    int called = calls(2000 * tenths) + 8000 * tenths;
    printf("%d threads, %d calls\n", threads, called);
    fflush(stdout);
    twz_rt_report();
}

int main(int argc, char **argv)
{
    round_of(1);
    round_of(argc == 2 ? atoi(argv[1]) : 10);
    return 0;
}
