/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Libraries at run time, under the names and with the structures that C and C++ code knows
 * (POSIX dlfcn.h; dl_iterate_phdr and _dl_find_object as in glibc and musl).
 */
#include "runtime.h"
#include <elf.h>
#include <twz/monitor_gates.h>
#include <twz/rt/dl.h>
#include <twz/rt/string.h>
#include <twz/rt/thread.h>

#define RTLD_NOLOAD 4
#define RTLD_GLOBAL 256
#define RTLD_NEXT   ((void *)-1)

struct dl_info { /* Dl_info */
    const char *file;
    void *base;
    const char *symbol;
    void *address;
};

struct phdr_info { /* struct dl_phdr_info */
    uint64_t base;
    const char *name;
    const Elf64_Phdr *headers;
    uint16_t count;
    unsigned long long loads;
    unsigned long long unloads;
    size_t tls_module;
    void *tls_block;
};

struct found_object { /* struct dl_find_object */
    unsigned long long flags;
    void *start;
    void *end;
    void *map;
    void *eh_frame;
    unsigned long long reserved[7];
};

TWZ_RT_API void *dlopen(const char *name, int flags);
TWZ_RT_API void *dlsym(void *handle, const char *name);
TWZ_RT_API void *dlvsym(void *handle, const char *name, const char *version);
TWZ_RT_API int dlclose(void *handle);
TWZ_RT_API char *dlerror(void);
TWZ_RT_API int dladdr(const void *address, struct dl_info *info);
TWZ_RT_API int dl_iterate_phdr(int (*callback)(struct phdr_info *info, size_t size, void *data),
                               void *data);
TWZ_RT_API int _dl_find_object(void *address, struct found_object *found);

static bool failed; /* since the last dlerror() */

/* Handles are entries + 1, so that none is NULL. */
static uint64_t entry_of(const void *handle)
{
    return (uint64_t)(uintptr_t)handle - 1;
}

void *dlopen(const char *name, int flags)
{
    uint64_t handle;
    uint32_t wanted =
        (flags & RTLD_GLOBAL ? TWZ_RT_DL_GLOBAL : 0) | (flags & RTLD_NOLOAD ? TWZ_RT_DL_FIND : 0);
    if (twz_rt_dl_open_from(name, NULL, wanted, __builtin_return_address(0), &handle) == 0)
        return (void *)(uintptr_t)(handle + 1);
    failed = true;
    return NULL;
}

static void *symbol(void *handle, const char *name, const char *version, const void *caller)
{
    void *address;
    uint64_t where = handle == NULL        ? TWZ_RT_DL_DEFAULT
                     : handle == RTLD_NEXT ? TWZ_RT_DL_NEXT
                                           : entry_of(handle);
    if (twz_rt_dl_symbol(where, name, version, caller, &address) == 0)
        return address;
    failed = true;
    return NULL;
}

void *dlsym(void *handle, const char *name)
{
    return symbol(handle, name, NULL, __builtin_return_address(0));
}

void *dlvsym(void *handle, const char *name, const char *version)
{
    return symbol(handle, name, version, __builtin_return_address(0));
}

int dlclose(void *handle)
{
    bool good = twz_rt_dl_close(entry_of(handle)) == 0;
    failed |= !good;
    return good ? 0 : -1;
}

char *dlerror(void)
{
    bool was = failed;
    failed = false;
    return was ? (char *)(uintptr_t)twz_rt_dl_message() : NULL;
}

int dladdr(const void *address, struct dl_info *info)
{
    struct twz_mon_place place = {0};
    if (twz_mon_place((uintptr_t)address, &place, sizeof place) < 0)
        return 0;
    *info = (struct dl_info){
        .file = place.name != 0 ? (const char *)(uintptr_t)place.name : twz_rt_own_state->name,
        .base = (void *)(uintptr_t)(place.base + TWZ_OBJECT_BASE),
        .symbol = (const char *)(uintptr_t)place.symbol,
        .address = (void *)(uintptr_t)place.value,
    };
    return 1;
}

static const struct twz_rt_library *library(uint64_t entry)
{
    return (const struct twz_rt_library *)(uintptr_t)twz_rt_own_state->libraries + entry;
}

static const Elf64_Phdr *headers_of(const struct twz_rt_library *l, uint16_t *count)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)(uintptr_t)(l->base + TWZ_OBJECT_BASE);
    *count = header->e_phnum;
    return (const Elf64_Phdr *)((uintptr_t)header + header->e_phoff);
}

int dl_iterate_phdr(int (*callback)(struct phdr_info *info, size_t size, void *data), void *data)
{
    const struct twz_rt_state *state = twz_rt_own_state;
    const uint64_t *vector = twz_rt_thread_self()->dtv;
    int result = 0;
    for (uint64_t i = 0; i < state->library_count && result == 0; i++) {
        const struct twz_rt_library *l = library(i);
        if (!twz_rt_is_library(l))
            continue;
        struct phdr_info info = {
            .base = l->base,
            .name = l->name != 0 ? (const char *)(uintptr_t)l->name : "",
            .loads = state->loads,
            .unloads = state->unloads,
            .tls_module = l->tls_module,
        };
        info.headers = headers_of(l, &info.count);
        if (l->tls_module != 0 && l->tls_module <= vector[0])
            info.tls_block = (void *)(uintptr_t)vector[l->tls_module];
        result = callback(&info, sizeof info, data);
    }
    return result;
}

/* The part of a library around its code: where constants are apart, that is not all of it. */
static bool find_in(const struct twz_rt_library *l, uint64_t at, struct found_object *found)
{
    uint16_t count;
    const Elf64_Phdr *headers = headers_of(l, &count);
    uint64_t start = UINT64_MAX, end = 0;
    *found = (struct found_object){.flags = 0};
    for (uint16_t k = 0; k < count; k++) {
        uint64_t from = l->base + headers[k].p_vaddr;
        if (headers[k].p_type == PT_GNU_EH_FRAME)
            found->eh_frame = (void *)(uintptr_t)from;
        if (headers[k].p_type != PT_LOAD || ((from ^ at) & ~(TWZ_SLOT_SIZE - 1)) != 0)
            continue;
        start = start < from ? start : from;
        end = from + headers[k].p_memsz;
    }
    found->start = (void *)(uintptr_t)start;
    found->end = (void *)(uintptr_t)end;
    return start <= at && at < end && found->eh_frame != NULL;
}

int _dl_find_object(void *address, struct found_object *found)
{
    uint64_t at = (uintptr_t)address;
    for (uint64_t i = 0; i < twz_rt_own_state->library_count; i++) {
        const struct twz_rt_library *l = library(i);
        if (twz_rt_is_library(l) && at >= l->base && at - l->base < 3 * TWZ_SLOT_SIZE &&
            find_in(l, at, found))
            return 0;
    }
    return -1;
}
