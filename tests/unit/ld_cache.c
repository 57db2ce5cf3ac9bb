/* SPDX-License-Identifier: BSD-2-Clause */
/* ld.so.cache: what it has is found, and one that is made to waste time does not. */
#define _GNU_SOURCE
#include "search.h"
#include "test.h"
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HEADER 48u
#define ENTRY  24u

static unsigned char *cache;
static uint32_t cache_size;

/* A cache of `count` entries, whose names and paths are at the offsets that follow the entries;
 * `strings` bytes of them, all zero. */
static void make(uint32_t count, uint32_t strings)
{
    cache_size = HEADER + count * ENTRY + strings;
    cache = calloc(1, cache_size);
    assert_non_null(cache);
    memcpy(cache, "glibc-ld.so.cache1.1", 20);
    memcpy(cache + 20, &count, 4);
    memcpy(cache + 24, &strings, 4);
}

static void set(uint32_t entry, uint32_t key, uint32_t value)
{
    const uint32_t words[] = {0x0303, key, value};
    memcpy(cache + HEADER + entry * ENTRY, words, sizeof words);
}

static const char *find(const char *name)
{
    return cache_find(&(struct host_bytes){.bytes = cache, .size = cache_size}, name, EM_X86_64);
}

static int down(void **state)
{
    (void)state;
    free(cache);
    cache = NULL;
    return 0;
}

static void finds(void **state)
{
    (void)state;
    const uint32_t strings = HEADER + 3 * ENTRY;
    make(3, 64);
    memcpy(cache + strings, "libc.so.6\0libb.so\0liba.so\0/lib/b", 33);
    set(0, strings, strings + 26);
    set(1, strings + 10, strings + 26);
    set(2, strings + 18, strings + 26);
    assert_string_equal(find("libb.so"), "/lib/b");
    assert_string_equal(find("liba.so"), "/lib/b");
    assert_null(find("libd.so"));
    set(1, strings + 10, UINT32_MAX);
    assert_null(find("libb.so"));
}

/* Each entry has the same name, and a path that has no end for a megabyte. */
static void wastes_no_time(void **state)
{
    (void)state;
    const uint32_t count = 100000, strings = HEADER + count * ENTRY;
    make(count, 1 << 20);
    memset(cache + strings + 16, 'x', (1 << 20) - 17);
    memcpy(cache + strings, "liba.so", 8);
    for (uint32_t i = 0; i < count; i++)
        set(i, strings, strings + 16);
    struct timespec before, after;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    for (unsigned i = 0; i < 100; i++)
        assert_null(find("liba.so"));
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    assert_true(after.tv_sec - before.tv_sec < 5); /* 10 TB were to be read */
}

RUN_TESTS(T_STATE(finds, "names are found, and offsets beyond the end are none", NULL, down),
          T_STATE(wastes_no_time, "100,000 entries of one name, and paths without end", NULL, down))
