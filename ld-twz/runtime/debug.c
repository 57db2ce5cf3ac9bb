/* SPDX-License-Identifier: BSD-2-Clause */
/* What is loaded, from the table that the monitor keeps in the compartment's record. */
#include "runtime.h"
#include <elf.h>
#include <twz/monitor_gates.h>
#include <twz/rt/debug.h>

static void describe(uint64_t entry, const struct twz_rt_library *l, struct twz_rt_image *image)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)(uintptr_t)(l->base + TWZ_OBJECT_BASE);
    *image = (struct twz_rt_image){
        .name = l->name != 0 ? (const char *)(uintptr_t)l->name : "",
        .base = l->base,
        .headers = (const char *)header + header->e_phoff,
        .header_count = header->e_phnum,
        .tls_module = l->tls_module,
        .handle = entry,
    };
}

int64_t twz_rt_image_next(uint64_t *cursor, struct twz_rt_image *image)
{
    const struct twz_rt_library *all = (const void *)(uintptr_t)twz_rt_own_state->libraries;
    while (*cursor < twz_rt_own_state->library_count) {
        uint64_t entry = (*cursor)++;
        if (twz_rt_is_library(&all[entry])) {
            describe(entry, &all[entry], image);
            return 0;
        }
    }
    return -TWZ_ENOENT;
}

static bool has(const struct twz_rt_image *image, uint64_t address)
{
    const Elf64_Phdr *headers = image->headers;
    for (uint64_t i = 0; i < image->header_count; i++)
        if (headers[i].p_type == PT_LOAD && address >= image->base + headers[i].p_vaddr &&
            address - image->base - headers[i].p_vaddr < headers[i].p_memsz)
            return true;
    return false;
}

int64_t twz_rt_image_of(const void *address, struct twz_rt_image *image)
{
    for (uint64_t cursor = 0; twz_rt_image_next(&cursor, image) == 0;)
        if (has(image, (uintptr_t)address))
            return 0;
    return -TWZ_ENOENT;
}

void twz_rt_image_changes(uint64_t *loads, uint64_t *unloads)
{
    *loads = twz_rt_own_state->loads;
    *unloads = twz_rt_own_state->unloads;
}

int64_t twz_rt_place(const void *address, struct twz_rt_place *place)
{
    struct twz_mon_place found = {0};
    int64_t status = twz_mon_place((uintptr_t)address, &found, sizeof found);
    if (status < 0)
        return status;
    *place = (struct twz_rt_place){
        .library = found.name != 0 ? (const char *)(uintptr_t)found.name : twz_rt_own_state->name,
        .symbol = (const char *)(uintptr_t)found.symbol,
        .address = (void *)(uintptr_t)found.value,
        .base = found.base,
    };
    return 0;
}
