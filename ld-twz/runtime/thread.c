/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread block, from low to high addresses: the vector of TLS modules, the blocks of the modules
 * (their offsets count downwards from the thread pointer), struct twz_rt_thread. The locator page
 * that leads to it is the monitor's; the block is this compartment's own memory.
 */
#include "runtime.h"
#include <twz/rt/string.h>
#include <twz/rt/thread.h>

static uint64_t block_align(void)
{
    uint64_t align = twz_rt_own_state->tls_align;
    return align < 64 ? 64 : align;
}

size_t twz_rt_thread_bytes(void)
{
    const struct twz_rt_state *state = twz_rt_own_state;
    uint64_t vector = (state->tls_count + 1) * sizeof(uint64_t);
    return vector + state->tls_size + block_align() + sizeof(struct twz_rt_thread);
}

static const struct twz_rt_tls *modules(void)
{
    return (const struct twz_rt_tls *)(uintptr_t)twz_rt_own_state->tls;
}

void twz_rt_thread_reset(struct twz_rt_thread *thread)
{
    const struct twz_rt_state *state = twz_rt_own_state;
    unsigned char *pointer = (unsigned char *)thread;
    memset(pointer - state->tls_size, 0, state->tls_size);
    for (uint64_t i = 0; i < state->tls_count; i++) {
        const struct twz_rt_tls *module = &modules()[i];
        thread->dtv[i + 1] = (uintptr_t)(pointer - module->offset);
        memcpy(pointer - module->offset, (const void *)(uintptr_t)module->image,
               module->image_size);
    }
}

struct twz_rt_thread *twz_rt_thread_init(void *memory, size_t size)
{
    unsigned char *end = (unsigned char *)memory + size - sizeof(struct twz_rt_thread);
    struct twz_rt_thread *thread = (void *)((uintptr_t)end & ~(uintptr_t)(block_align() - 1));
    thread->self = thread;
    thread->dtv = memory;
    thread->dtv[0] = twz_rt_own_state->tls_count;
    twz_rt_thread_reset(thread);
    return thread;
}

struct twz_rt_thread *twz_rt_thread_self(void)
{
    struct twz_rt_thread *thread;
    __asm__("mov %%fs:0, %0" : "=r"(thread));
    return thread;
}

void *__tls_get_addr(size_t *index)
{
    return (void *)(uintptr_t)(twz_rt_thread_self()->dtv[index[0]] + index[1]);
}
