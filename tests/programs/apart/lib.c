/* SPDX-License-Identifier: BSD-2-Clause */
#define TWZ_GATE_PROVIDER
#include "apart.h"
#include <twz/rt/abi.h>

struct found_object {
    unsigned long long flags;
    void *start, *end, *map, *eh_frame;
    unsigned long long reserved[7];
};
int _dl_find_object(void *address, struct found_object *found);

static const int64_t constants[] = {1, 20, 300};
static const int64_t *const pointers[] = {&constants[2], &constants[0], &constants[1]};
/* mov $7, %eax; ret */
static const unsigned char code[] = {0xb8, 7, 0, 0, 0, 0xc3};
static int64_t data = 4000;
static __thread volatile int64_t mine = 50000;
static int64_t constructed;

__attribute__((constructor)) static void up(void)
{
    constructed = 600000;
}

TWZ_RT_API int64_t apart_plain(void);
int64_t apart_plain(void)
{
    int64_t sum = data + mine + constructed;
    for (unsigned i = 0; i < 3; i++)
        sum += *pointers[i];
    return sum;
}

int64_t apart_sum_impl(void)
{
    return apart_plain();
}

uint64_t apart_place_impl(int what)
{
    return what == 0 ? (uint64_t)constants : what == 1 ? (uint64_t)apart_plain : (uint64_t)&data;
}

int64_t apart_write_impl(void)
{
    *(volatile int64_t *)(uintptr_t)constants = 0;
    return 0;
}

int64_t apart_run_impl(void)
{
    return ((int (*)(void))(uintptr_t)code)();
}

int64_t apart_unwinds_impl(void)
{
    struct found_object found;
    return _dl_find_object((void *)apart_plain, &found) == 0 && found.eh_frame != NULL &&
           (uint64_t)found.start <= (uint64_t)apart_plain &&
           (uint64_t)apart_plain < (uint64_t)found.end;
}
