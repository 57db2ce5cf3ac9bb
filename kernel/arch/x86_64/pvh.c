/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PVH boot protocol: Xen, public/arch-x86/hvm/start_info.h. What the loader tells is copied
 * before anything else uses memory.
 */
#include "apic.h"
#include "cpu.h"
#include "frame.h"
#include "log.h"
#include "paging.h"
#include <string.h>

struct start_info {
    uint32_t magic; /* "xEn3" with the high bit of E set */
    uint32_t version;
    uint32_t flags;
    uint32_t module_count;
    uint64_t modules;
    uint64_t command_line;
    uint64_t rsdp;
    uint64_t memory_map; /* since version 1 */
    uint32_t memory_map_entries;
    uint32_t reserved;
};

struct module {
    uint64_t start;
    uint64_t size;
    uint64_t command_line;
    uint64_t reserved;
};

struct memory_entry {
    uint64_t start;
    uint64_t size;
    uint32_t type; /* as in E820: 1 is memory */
    uint32_t reserved;
};

#define START_INFO_MAGIC 0x336ec578u
#define MEMORY_USABLE    1u

static struct k_boot boot;

static void read_memory_map(const struct start_info *info)
{
    const struct memory_entry *entries = k_direct(info->memory_map);
    for (uint32_t i = 0; i < info->memory_map_entries; i++) {
        if (entries[i].type != MEMORY_USABLE || boot.memory_count == 32)
            continue;
        struct k_region *region = &boot.memory[boot.memory_count++];
        region->start = (entries[i].start + TWZ_PAGE_SIZE - 1) & ~(TWZ_PAGE_SIZE - 1);
        region->end = (entries[i].start + entries[i].size) & ~(TWZ_PAGE_SIZE - 1);
    }
}

static void read_command_line(const struct start_info *info)
{
    if (info->command_line == 0)
        return;
    const char *line = k_direct(info->command_line);
    for (size_t i = 0; i + 1 < sizeof boot.command_line && line[i] != 0; i++)
        boot.command_line[i] = line[i];
}

__attribute__((noreturn)) void k_arch_main(uint32_t start_info);

void k_arch_main(uint32_t start_info)
{
    k_cpu_init();
    const struct start_info *info = k_direct(start_info);
    if (info->magic != START_INFO_MAGIC || info->version < 1)
        k_panic(NULL, "the boot loader gave no PVH start info of version 1");
    read_memory_map(info);
    read_command_line(info);
    if (info->module_count > 0) {
        const struct module *module = k_direct(info->modules);
        boot.image.start = module->start;
        boot.image.end = module->start + module->size;
    }
    k_frames_init(&boot, k_image_physical_end());
    k_paging_init(&boot);
    k_apic_init();
    k_main(&boot);
}
