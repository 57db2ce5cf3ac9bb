/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads as the processor sees them. Each has a window of 128 KiB at K_THREADS_BASE:
 *
 *   page 0         guard: a kernel stack that overflows ends in a double fault, not in other data
 *   pages 1..4     kernel stack, growing down; struct k_trap at its top
 *   page 5         guard
 *   pages 6..      struct k_thread
 */
#include "cpu.h"
#include "entry.h"
#include "frame.h"
#include "paging.h"
#include "thread.h"
#include <string.h>

#define WINDOW_PAGES 32u
#define STACK_PAGE   1u
#define STACK_PAGES  4u
#define THREAD_PAGE  6u
#define THREAD_PAGES ((sizeof(struct k_thread) + TWZ_PAGE_SIZE - 1) / TWZ_PAGE_SIZE)
_Static_assert(sizeof(struct k_thread) <= (WINDOW_PAGES - THREAD_PAGE) * 4096, "window");

static uint64_t used[K_THREADS_MAX / 64];

static uint64_t page_address(uint64_t window, unsigned page)
{
    return K_THREADS_BASE + (window * WINDOW_PAGES + page) * TWZ_PAGE_SIZE;
}

static uint64_t window_of(const struct k_thread *thread)
{
    return ((uint64_t)thread - K_THREADS_BASE) / (WINDOW_PAGES * TWZ_PAGE_SIZE);
}

static uint64_t stack_top(const struct k_thread *thread)
{
    return page_address(window_of(thread), STACK_PAGE + STACK_PAGES);
}

static bool belongs(unsigned page)
{
    return (page >= STACK_PAGE && page < STACK_PAGE + STACK_PAGES) ||
           (page >= THREAD_PAGE && page < THREAD_PAGE + THREAD_PAGES);
}

void k_thread_memory_free(struct k_thread *thread)
{
    uint64_t window = window_of(thread);
    for (unsigned page = 0; page < WINDOW_PAGES; page++) {
        k_phys frame = belongs(page) ? k_paging_unmap_kernel(page_address(window, page)) : 0;
        if (frame != 0)
            k_frame_drop(frame);
    }
    used[window / 64] &= ~(1ull << window % 64);
}

struct k_thread *k_thread_memory(void)
{
    uint64_t window = 0;
    while (window < K_THREADS_MAX && used[window / 64] >> window % 64 & 1)
        window++;
    if (window == K_THREADS_MAX)
        return NULL;
    used[window / 64] |= 1ull << window % 64;
    struct k_thread *thread = (struct k_thread *)page_address(window, THREAD_PAGE);
    for (unsigned page = 0; page < WINDOW_PAGES; page++) {
        if (!belongs(page))
            continue;
        k_phys frame = k_frame_alloc(K_FRAME_KERNEL);
        if (frame == 0 || !k_paging_map_kernel(page_address(window, page), frame)) {
            if (frame != 0)
                k_frame_drop(frame);
            k_thread_memory_free(thread);
            return NULL;
        }
    }
    return thread;
}

struct k_trap *k_thread_trap(struct k_thread *thread)
{
    return (struct k_trap *)(stack_top(thread) - sizeof(struct k_trap));
}

/* A stack as k_switch_stack() leaves it: six registers, then where to go on. */
struct fresh_stack {
    uint64_t registers[6];
    uint64_t resume;
};

void k_thread_prepare(struct k_thread *thread)
{
    struct fresh_stack *fresh = (void *)((char *)k_thread_trap(thread) - sizeof *fresh);
    *fresh = (struct fresh_stack){.resume = (uint64_t)k_trap_exit};
    thread->kernel_rsp = (uint64_t)fresh;
}

void k_thread_switch(struct k_thread *from, struct k_thread *to)
{
    uint64_t nowhere;
    if (from != NULL)
        k_vectors_save(&from->vectors);
    k_cpu.thread = to;
    k_cpu_set_stack(stack_top(to));
    k_vectors_load(&to->vectors);
    k_activate(to->binding->space, to->binding->locator);
    k_clear_gs();
    k_switch_stack(from != NULL ? &from->kernel_rsp : &nowhere, to->kernel_rsp);
}

void k_interrupt_point(void)
{
    __asm__ volatile("sti; nop; cli" ::: "memory");
}

void k_wait(void)
{
    __asm__ volatile("sti; hlt; cli" ::: "memory");
}
