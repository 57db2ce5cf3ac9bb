/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread block, from low to high addresses: the vector of TLS modules, the blocks of the modules
 * (their offsets count downwards from the thread pointer), struct twz_rt_thread. The locator page
 * that leads to it is the monitor's; the block is this compartment's own memory.
 *
 * Libraries that come at run time have no room below the thread pointer: their blocks are made when
 * a thread first asks for them, in a larger vector of the thread's own.
 */
#include "runtime.h"
#include <twz/rt/alloc.h>
#include <twz/rt/core.h>
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

static const struct twz_rt_library *library_of(uint64_t module)
{
    const struct twz_rt_state *state = twz_rt_own_state;
    const struct twz_rt_library *all = (const void *)(uintptr_t)state->libraries;
    for (uint64_t i = 0; i < state->library_count; i++)
        if (twz_rt_is_library(&all[i]) && all[i].tls_module == module)
            return &all[i];
    return NULL;
}

/* Room for module `module` in the thread's vector. */
static uint64_t *grow(struct twz_rt_thread *thread, uint64_t module)
{
    uint64_t count = module + 8;
    uint64_t *vector = calloc(count + 1, sizeof *vector);
    if (vector == NULL)
        return NULL;
    memcpy(vector, thread->dtv, (thread->dtv[0] + 1) * sizeof *vector);
    vector[0] = count;
    uint64_t *old = thread->dtv;
    thread->dtv = vector;
    if (old[0] > twz_rt_own_state->tls_count)
        free(old); /* else it is part of the thread block */
    return vector;
}

static uint64_t make_block(uint64_t module)
{
    struct twz_rt_thread *thread = twz_rt_thread_self();
    uint64_t *vector = thread->dtv;
    const struct twz_rt_library *library = library_of(module);
    if (library == NULL || (module > vector[0] && (vector = grow(thread, module)) == NULL))
        twz_rt_abort("thread-local storage: no such module, or no memory");
    uint64_t align = library->tls_align < 16 ? 16 : library->tls_align;
    void *block = memalign(align, library->tls_size + align);
    if (block == NULL)
        twz_rt_abort("thread-local storage: no memory");
    memset(block, 0, library->tls_size);
    memcpy(block, (const void *)(uintptr_t)library->tls_image, library->tls_image_size);
    vector[module] = (uintptr_t)block;
    return vector[module];
}

void twz_rt_thread_forget(uint32_t module)
{
    uint64_t *vector = twz_rt_thread_self()->dtv;
    if (module <= twz_rt_own_state->tls_count || module > vector[0])
        return;
    free((void *)(uintptr_t)vector[module]);
    vector[module] = 0;
}

void twz_rt_thread_forget_all(void)
{
    uint64_t *vector = twz_rt_thread_self()->dtv;
    for (uint64_t i = twz_rt_own_state->tls_count + 1; i <= vector[0]; i++)
        twz_rt_thread_forget((uint32_t)i);
}

void *__tls_get_addr(size_t *index)
{
    const uint64_t *vector = twz_rt_thread_self()->dtv;
    uint64_t block = index[0] <= vector[0] ? vector[index[0]] : 0;
    if (block == 0)
        block = make_block(index[0]);
    return (void *)(uintptr_t)(block + index[1]);
}
