/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#define TWZ_GATE_PROVIDER
#include "box.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static __thread int32_t count = 1000;

int32_t box_random_impl(uint32_t seed)
{
    if (seed != 0)
        srand(seed);
    return rand();
}

int32_t box_has_file_impl(const char *path, size_t path_size)
{
    (void)path_size;
    return access(path, F_OK) == 0;
}

int32_t box_say_impl(const char *text, size_t text_size)
{
    (void)text_size;
    return printf("%s\n", text);
}

int32_t box_count_impl(int32_t add)
{
    count += add;
    return count;
}

int64_t box_format_impl(void *text, size_t text_size, double number)
{
    return snprintf(text, text_size, "%.10g %a", number, number);
}

int32_t box_errno_impl(int32_t number)
{
    int32_t before = errno;
    errno = number;
    return before;
}

int64_t box_data_address_impl(void)
{
    return (int64_t)(uintptr_t)&environ;
}

int64_t box_text_address_impl(void)
{
    return (int64_t)(uintptr_t)printf;
}

static pthread_key_t key;

__attribute__((constructor)) static void make_key(void)
{
    pthread_key_create(&key, NULL);
}

int32_t box_key_impl(int32_t value)
{
    int32_t before = (int32_t)(intptr_t)pthread_getspecific(key);
    if (value != 0)
        pthread_setspecific(key, (void *)(intptr_t)value);
    return before;
}

int32_t box_spoil_impl(void)
{
    volatile uintptr_t nowhere = 1ull << 46;
    return (int32_t)read(open("/dev/zero", O_RDONLY), (void *)nowhere, 8);
}

static void never(void)
{
    puts("an atexit() function was called");
}

/* Its second call as well: nothing is left locked, closed or half ended by the first. */
int32_t box_exit_impl(int32_t status)
{
    FILE *f = fopen("/tmp/box", "w");
    if (!f || fclose(f) != 0 || atexit(never) != 0)
        return -1;
    printf("goodbye, %d\n", status);
    setvbuf(stdout, NULL, _IOFBF, 64);
    printf("and more");
    exit(status);
}
