/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#define TWZ_GATE_PROVIDER
#include "pages.h"
#include "vector.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <twz/rt/alloc.h>
#include <unistd.h>

#define PAGE 4096ul

static unsigned char own_data[2 * PAGE] __attribute__((aligned(4096))) = {1};

static unsigned char *map(size_t size, int protection)
{
    return mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static unsigned char *vector(uint32_t what)
{
    return (unsigned char *)(uintptr_t)vector_word(what);
}

static void *work(void *argument)
{
    static __thread int own;
    own++;
    void *block = malloc(1000);
    free(block);
    return own == 1 && block != NULL ? argument : NULL;
}

int64_t pages_threads_impl(uint32_t count)
{
    int64_t good = 0;
    for (uint32_t i = 0; i < count; i++) {
        pthread_t thread;
        void *result = NULL;
        good += pthread_create(&thread, NULL, work, &good) == 0 &&
                pthread_join(thread, &result) == 0 && result == &good;
    }
    return good;
}

int64_t pages_vector_impl(uint32_t what)
{
    return (int64_t)vector_word(what);
}

/* Where the fault is to be, after everything that must still work; NULL: something did not. */
static volatile unsigned char *prepare(uint32_t number, int *write)
{
    unsigned char *at, *next;
    *write = 1;
    switch (number) {
    case PAGES_WRITE_READ_ONLY:
        at = map(3 * PAGE, PROT_READ | PROT_WRITE);
        at[PAGE] = 5;
        if (mprotect(at + PAGE, PAGE, PROT_READ) != 0 || at[PAGE] != 5)
            return NULL;
        at[PAGE - 1] = at[2 * PAGE] = 1;
        if (mprotect(at + PAGE, PAGE, PROT_READ | PROT_WRITE) != 0)
            return NULL;
        at[PAGE]++;
        return mprotect(at + PAGE, PAGE, PROT_READ) == 0 && at[PAGE] == 6 ? at + PAGE : NULL;
    case PAGES_READ_NONE:
        *write = 0;
        at = map(2 * PAGE, PROT_READ | PROT_WRITE);
        at[PAGE] = 5;
        mprotect(at, PAGE, PROT_NONE);
        return at[PAGE] == 5 ? at : NULL;
    case PAGES_GUARD:
        at = map(9 * PAGE, PROT_NONE);
        if (mprotect(at + PAGE, 8 * PAGE, PROT_READ | PROT_WRITE) != 0)
            return NULL;
        memset(at + PAGE, 1, 8 * PAGE);
        return at + PAGE - 1;
    case PAGES_UNMAPPED:
        *write = 0;
        at = map(3 * PAGE, PROT_READ | PROT_WRITE);
        memset(at, 1, 3 * PAGE);
        munmap(at + PAGE, PAGE);
        return at[0] == 1 && at[2 * PAGE] == 1 ? at + PAGE : NULL;
    case PAGES_SHRUNK:
        *write = 0;
        at = map(8 * PAGE, PROT_READ | PROT_WRITE);
        memset(at, 1, 8 * PAGE);
        return mremap(at, 8 * PAGE, 2 * PAGE, 0) == at && at[2 * PAGE - 1] == 1 ? at + 2 * PAGE
                                                                                : NULL;
    case PAGES_BREAK:
        at = (unsigned char *)syscall(SYS_brk, 0);
        if (syscall(SYS_brk, at + 2 * PAGE) != (long)(at + 2 * PAGE))
            return NULL;
        memset(at, 1, 2 * PAGE);
        return syscall(SYS_brk, at) == (long)at ? at + PAGE : NULL;
    case PAGES_WRITE_MALLOC:
        if (posix_memalign((void **)&at, PAGE, PAGE) != 0)
            return NULL;
        next = malloc(100);
        at[0] = 1;
        mprotect(at, PAGE, PROT_READ);
        next[0] = 1;
        return at;
    case PAGES_WRITE_DATA:
        mprotect(own_data + PAGE, PAGE, PROT_READ | PROT_WRITE);
        own_data[PAGE] = 2;
        return mprotect(own_data + PAGE, PAGE, PROT_READ) == 0 ? own_data + PAGE : NULL;
    case PAGES_WRITE_LOCATOR:
        return vector(PAGES_LOCATOR);
    case PAGES_WRITE_RECORD:
        return vector(PAGES_RECORD);
    default:
        return NULL;
    }
}

int64_t pages_try_impl(uint32_t number, uint32_t fault)
{
    int write;
    volatile unsigned char *at = prepare(number, &write);
    if (at == NULL || !fault)
        return at != NULL;
    if (write)
        *at = 7;
    return 1 + *at;
}

static int64_t touch(unsigned char *at, size_t size)
{
    for (size_t i = 0; i < size; i += PAGE)
        at[i] = 1;
    return (int64_t)size;
}

int64_t pages_use_impl(uint64_t mapped, uint32_t times, uint64_t beside)
{
    int64_t bytes = 0;
    for (uint32_t i = 0; i < times; i++) {
        unsigned char *at = map(mapped, PROT_READ | PROT_WRITE);
        if (at == MAP_FAILED)
            return -1;
        bytes += touch(at, mapped);
        munmap(at, mapped);
    }
    struct twz_rt_heap *heap;
    if (beside == 0)
        return bytes;
    if (twz_rt_heap_create(beside, &heap) != 0)
        return -2;
    bytes += touch(twz_rt_heap_alloc(heap, beside, PAGE), beside);
    return twz_rt_heap_delete(heap) == 0 ? bytes : -3;
}
