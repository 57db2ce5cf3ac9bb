/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot_info.h"
#include "layout.h"

struct start_info {
    uint32_t magic; /* K_BOOT_PVH */
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

const char *k_pvh_read(struct k_boot *boot, uint32_t address)
{
    const struct start_info *info = k_direct(address);
    if (info->magic != K_BOOT_PVH || info->version < 1)
        return "PVH start info of version 1";
    const struct memory_entry *entries = k_direct(info->memory_map);
    for (uint32_t i = 0; i < info->memory_map_entries; i++) {
        if (entries[i].type == MEMORY_USABLE)
            k_boot_add_memory(boot, entries[i].start, entries[i].size);
    }
    if (info->command_line != 0)
        k_boot_set_command_line(boot, k_direct(info->command_line), SIZE_MAX);
    if (info->module_count > 0) {
        const struct module *module = k_direct(info->modules);
        boot->image = (struct k_region){module->start, module->start + module->size};
    }
    return NULL;
}
