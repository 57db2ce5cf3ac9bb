/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot_info.h"

#define REGION_MAX (sizeof((struct k_boot *)0)->memory / sizeof(struct k_region))

void k_boot_add_memory(struct k_boot *boot, uint64_t start, uint64_t size)
{
    uint64_t end;
    if (__builtin_add_overflow(start, size, &end) || start > UINT64_MAX - TWZ_PAGE_SIZE)
        return;
    start = (start + TWZ_PAGE_SIZE - 1) & ~(TWZ_PAGE_SIZE - 1);
    end &= ~(TWZ_PAGE_SIZE - 1);
    if (start >= end)
        return;
    if (boot->memory_count > 0 && boot->memory[boot->memory_count - 1].end == start)
        boot->memory[boot->memory_count - 1].end = end;
    else if (boot->memory_count < REGION_MAX)
        boot->memory[boot->memory_count++] = (struct k_region){start, end};
}

void k_boot_set_command_line(struct k_boot *boot, const char *line, size_t size)
{
    size_t room = sizeof boot->command_line - 1, n = 0;
    for (; n < room && n < size && line[n] != 0; n++)
        boot->command_line[n] = line[n];
    boot->command_line[n] = 0;
}
