/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory of a compartment: pages that are protected and given back, heaps that are shared. */
#include "pages.h"
#include "sharer.h"
#include "vector.h"
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <twz/rt/alloc.h>
#include <twz/rt/io.h>
#include <twz/sys/call.h>

#define PAGE 4096u
#define MB   (1ull << 20)
#define R    TWZ_READ
#define RW   (TWZ_READ | TWZ_WRITE)

static int results;

static void check(bool good, const char *title)
{
    twz_rt_print("%s %d - %s\n", good ? "ok" : "not ok", ++results, title);
}

/* Whether the call before this one ended in a fault of the callee. */
static bool faulted(int64_t result)
{
    return result == -TWZ_ECALLEE && twz_rt_gate_status() == -TWZ_ECALLEE;
}

static void check_pages(void)
{
    static const char *const titles[] = {
#define X(name, title) title,
        PAGES_CASES(X)
#undef X
    };
    for (uint32_t i = 0; i < PAGES_CASE_COUNT; i++)
        check(pages_try(i, 0) == 1 && faulted(pages_try(i, 1)), titles[i]);
    check(pages_use(4 * MB, 10, 0) == 40 * (int64_t)MB,
          "mmap: of 24 MiB, ten times 4 MiB that are given back");
    check(pages_use(14 * MB, 1, 28 * MB) == 42 * (int64_t)MB,
          "munmap: frames that are given back count no more");
}

/* What a thread sees of itself, in two compartments. */
static void check_vectors(void)
{
    const struct twz_rt_state *record = (const void *)(uintptr_t)vector_word(PAGES_RECORD);
    const char *block = malloc(100);
    check(strcmp(record->name, "main") == 0 && (uintptr_t)block >= record->heap_low &&
              (uintptr_t)block < record->heap_high,
          "P91 the record of the compartment leads to its heap");
    free((void *)(uintptr_t)block);
    const uint64_t *locator = (const void *)(uintptr_t)vector_word(PAGES_LOCATOR);
    check(locator[0] == vector_word(PAGES_BLOCK) && locator[1] == vector_word(PAGES_RECORD),
          "P95 the thread pointer leads to the locator");
    bool apart = true, hidden = true;
    for (uint32_t i = PAGES_LOCATOR; i <= PAGES_RECORD; i++) {
        uint64_t here = vector_word(i), there = (uint64_t)pages_vector(i);
        apart = apart && here / TWZ_SLOT_SIZE != there / TWZ_SLOT_SIZE;
        hidden = hidden && faulted(sharer_read(here)) && faulted(sharer_read(there));
    }
    check(apart, "P96 after a switch the thread has another locator, block and record");
    check(hidden, "P96 those of other compartments are hidden");
}

static void check_alloc(struct twz_rt_heap *heap)
{
    unsigned char *blocks[100];
    struct twz_rt_heap_info private;
    twz_rt_heap_info(&private);
    bool good = true;
    for (size_t i = 0; i < 100; i++) {
        blocks[i] = twz_rt_heap_alloc(heap, i + 1, i % 3 ? 16 : 64);
        good = good && blocks[i] && (uintptr_t)blocks[i] % (i % 3 ? 16 : 64) == 0;
        memset(blocks[i], (int)i, i + 1);
    }
    for (size_t i = 0; i < 100; i++)
        good = good && blocks[i][0] == i && blocks[i][i] == i;
    uint64_t first = (uintptr_t)blocks[0];
    check(good && (first < private.low || first >= private.high),
          "P94 an allocation lies in the heap that it names");
    uint64_t own = (uintptr_t)twz_rt_heap_alloc(NULL, 100, 16);
    check(own >= private.low && own < private.high, "P94 or in the private one");
    twz_rt_heap_free(NULL, (void *)own);
    for (size_t i = 0; i < 100; i += 2)
        twz_rt_heap_free(heap, blocks[i]);
    for (size_t i = 1; i < 100; i += 2)
        good = good && blocks[i][0] == i && blocks[i][i] == i;
    for (size_t i = 1; i < 100; i += 2)
        twz_rt_heap_free(heap, blocks[i]);
    void *all = twz_rt_heap_alloc(heap, MB, PAGE);
    check(good && all != NULL && twz_rt_heap_alloc(heap, 1, 1) == NULL,
          "what is freed is one piece again, and there is no more than that");
    twz_rt_heap_free(heap, all);
    check(twz_rt_heap_alloc(heap, MB + 1, 16) == NULL && twz_rt_heap_alloc(heap, 1, 3) == NULL &&
              twz_rt_heap_alloc(heap, SIZE_MAX, 16) == NULL,
          "what does not fit is refused");
}

/* All that malloc has, in pieces of any size, as a list. */
static void *exhaust(void)
{
    void **all = NULL;
    for (size_t size = 64 * MB; size >= sizeof(void *); size /= 2)
        for (void **block; (block = malloc(size)) != NULL; all = block)
            *block = all;
    return all;
}

static void check_freeing(struct twz_rt_heap *heap)
{
    void *blocks[40];
    size_t count = 0, kept;
    /* As many as the heap's books hold without growing. */
    for (; count < 30; count++)
        blocks[count] = twz_rt_heap_alloc(heap, 16, 16);
    void **all = exhaust();
    for (kept = count; kept < 40; kept++)
        if ((blocks[kept] = twz_rt_heap_alloc(heap, 16, 16)) == NULL)
            break;
    for (size_t i = 1; i < kept; i += 2)
        twz_rt_heap_free(heap, blocks[i]);
    for (size_t i = 0; i < kept; i += 2)
        twz_rt_heap_free(heap, blocks[i]);
    while (all != NULL) {
        void **next = *all;
        free(all);
        all = next;
    }
    check(kept < 40 && twz_rt_heap_alloc(heap, 1, 1) == blocks[0],
          "blocks are freed where there is no memory left");
    twz_rt_heap_free(heap, blocks[0]);
}

static void check_sharing(struct twz_rt_heap *heap, struct twz_rt_heap *other)
{
    unsigned char *block = twz_rt_heap_alloc(heap, 3 * PAGE, PAGE);
    unsigned char *aside = twz_rt_heap_alloc(other, 100, 16);
    uint64_t at = (uintptr_t)block;
    block[0] = 11;
    aside[0] = 12;
    check(faulted(sharer_read(at)), "P94 a heap is private until it is shared");
    check(twz_rt_heap_share(heap, "sharer", R) == 0 && sharer_read(at) == 11,
          "P94 shared for reading: the other one reads");
    check(faulted(sharer_write(at, 1, 99)) && block[0] == 11, "P94 but does not write");
    check(twz_rt_heap_share(heap, "sharer", RW) == 0 && sharer_write(at, 1, 42) == 1 &&
              block[0] == 42,
          "P94 shared for writing: it writes");
    check(faulted(sharer_read((uintptr_t)aside)), "P94 the heap beside is still private");
    check(twz_rt_heap_share(heap, "sharer", R) == 0 && sharer_read(at) == 42 &&
              faulted(sharer_write(at, 1, 99)),
          "P94 writing is taken back, reading stays");
    check(twz_rt_heap_share(heap, "sharer", 0) == 0 && faulted(sharer_read(at)) &&
              faulted(sharer_write(at, 1, 99)) && block[0] == 42,
          "P94 revoked: the other one faults, the owner goes on");
    twz_rt_heap_share(heap, "sharer", RW);
    check(sharer_write(at, 3 * PAGE, 0xff) == 1, "P94 who may write spoils every byte");
    check(sharer_steal((at & ~(TWZ_SLOT_SIZE - 1)) + TWZ_OBJECT_BASE) == 0 && block[0] == 0xff,
          "P94 but cannot take the heap away from its owner");
    unsigned char *more = twz_rt_heap_alloc(heap, PAGE, PAGE);
    check(more != NULL && (more < block || more >= block + 3 * PAGE), "P94 nor what is free");
    twz_rt_heap_free(heap, more);
    twz_rt_heap_free(heap, block);
    twz_rt_heap_share(heap, "sharer", R);
    check(sharer_steal((at & ~(TWZ_SLOT_SIZE - 1)) + TWZ_OBJECT_BASE) == 0,
          "P94 a heap cannot be shared, deleted or protected by who was lent it");
    twz_rt_heap_free(other, aside);
}

extern const char _DYNAMIC[] __attribute__((visibility("hidden")));

static int64_t take_page(const void *address)
{
    return twz_syscall4(TWZ_SYS_OBJECT_PAGES, (uintptr_t)address & ~(uint64_t)(PAGE - 1), 1, RW,
                        TWZ_PAGES_DROP);
}

static void check_sealed(void)
{
    check(take_page(_DYNAMIC) == -TWZ_EPERM, "what relocation has sealed is not given back");
    check(take_page((const void *)(uintptr_t)check_sealed) == -TWZ_EPERM, "nor is text");
}

static void check_refusals(struct twz_rt_heap *heap)
{
    check(twz_rt_heap_share(heap, "nobody", R) == -TWZ_ENOENT, "no compartment of that name");
    check(twz_rt_heap_share(heap, "main", R) == -TWZ_EINVAL &&
              twz_rt_heap_share(heap, "sharer", TWZ_WRITE) == -TWZ_EINVAL &&
              twz_rt_heap_share(heap, "sharer", R | TWZ_EXECUTE) == -TWZ_EINVAL &&
              twz_rt_heap_share(NULL, "sharer", R) == -TWZ_EINVAL,
          "what makes no sense is refused; the private heap is not shared");
    struct twz_rt_heap *heaps[65];
    unsigned count = 0;
    int64_t status;
    while (count < 65 && (status = twz_rt_heap_create(MB, &heaps[count])) == 0)
        count++;
    check(count == 62 && status == -TWZ_ELIMIT, "there are 64 heaps at most");
    while (count > 0)
        twz_rt_heap_delete(heaps[--count]);
    bool good = true;
    for (int i = 0; i < 1000 && good; i++)
        good = twz_rt_heap_create(MB, &heaps[0]) == 0 &&
               *(volatile char *)twz_rt_heap_alloc(heaps[0], 1, 1) == 0 &&
               twz_rt_heap_delete(heaps[0]) == 0;
    check(good, "a thousand heaps, one after the other, each of them zero");
}

/* More than the machine has, of which little is used. */
static void check_lazy(void)
{
    const size_t size = 400 * MB;
    unsigned char *at =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool good = at != MAP_FAILED;
    for (size_t i = 0; i < size && good; i += 8 * MB) {
        good = at[i + PAGE] == 0;
        at[i] = at[i + 8 * MB - 1] = 1;
    }
    check(good && munmap(at, size) == 0,
          "P117 pages of a mapping come when they are touched: 400 MiB on a machine of 128");
}

int main(void)
{
    struct twz_rt_heap *heap, *other;
    check_lazy();
    check_pages();
    check_vectors();
    check_sealed();
    check(twz_rt_heap_create(MB, &heap) == 0 && twz_rt_heap_create(MB, &other) == 0,
          "two heaps beside the private one");
    check_freeing(other);
    check_alloc(heap);
    check_sharing(heap, other);
    check_refusals(heap);
    uint64_t at = (uintptr_t)twz_rt_heap_alloc(heap, 1, 1);
    check(twz_rt_heap_share(heap, "sharer", RW) == 0 && sharer_read(at) >= 0 &&
              twz_rt_heap_delete(heap) == 0 && faulted(sharer_read(at)),
          "P94 a heap that is deleted is gone for all");
    twz_rt_print("1..%d\n", results);
    return 0;
}
