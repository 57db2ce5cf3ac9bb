/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot_info.h"
#include <string.h>

/* The information is a size and then tags, each at a multiple of 8 bytes, the last of type 0. */
#define SIZE_MAX_SANE 0x100000u /* no loader tells a MiB */

enum tag_type { TAG_END = 0, TAG_COMMAND_LINE = 1, TAG_MODULE = 3, TAG_MEMORY_MAP = 6 };

struct head {
    uint32_t total_size;
    uint32_t reserved;
};

struct tag {
    uint32_t type;
    uint32_t size; /* this header included, padding not */
};

struct module { /* followed by a string */
    uint32_t start;
    uint32_t end;
};

struct memory_map { /* followed by entries, each of entry_size bytes */
    uint32_t entry_size;
    uint32_t entry_version;
};

static const char *read_module(struct k_boot *boot, const char *body, uint32_t size)
{
    struct module module;
    if (size < sizeof module)
        return "a module tag of at least 16 bytes";
    memcpy(&module, body, sizeof module);
    if (module.start >= module.end)
        return "a module that ends after its start";
    if (boot->image.end == 0) /* the image is the first module; others are nobody's */
        boot->image = (struct k_region){module.start, module.end};
    return NULL;
}

static const char *read_memory_map(struct k_boot *boot, const char *body, uint32_t size)
{
    struct memory_map map;
    struct memory_entry entry;
    if (size < sizeof map)
        return "a memory map tag of at least 16 bytes";
    memcpy(&map, body, sizeof map);
    if (map.entry_size < sizeof entry || map.entry_size % 8 != 0)
        return "memory map entries of 24 bytes or more";
    for (uint32_t at = sizeof map; size - at >= map.entry_size; at += map.entry_size) {
        memcpy(&entry, body + at, sizeof entry);
        if (entry.type == MEMORY_USABLE)
            k_boot_add_memory(boot, entry.start, entry.size);
    }
    return NULL;
}

static const char *read_tag(struct k_boot *boot, uint32_t type, const char *body, uint32_t size)
{
    switch (type) {
    case TAG_COMMAND_LINE:
        k_boot_set_command_line(boot, body, size);
        return NULL;
    case TAG_MODULE:
        return read_module(boot, body, size);
    case TAG_MEMORY_MAP:
        return read_memory_map(boot, body, size);
    default:
        return NULL;
    }
}

const char *k_multiboot2_read(struct k_boot *boot, const void *info, uint64_t size)
{
    struct head head;
    struct tag tag;
    const char *bytes = info, *problem;
    if (size < sizeof head + sizeof tag)
        return "boot information of at least 16 bytes";
    memcpy(&head, bytes, sizeof head);
    if (head.total_size > size || head.total_size > SIZE_MAX_SANE)
        return "boot information that says a size below 1 MiB";
    for (uint32_t at = sizeof head; at <= head.total_size && head.total_size - at >= sizeof tag;) {
        memcpy(&tag, bytes + at, sizeof tag);
        if (tag.size < sizeof tag || tag.size > head.total_size - at)
            return "tags inside the boot information";
        if (tag.type == TAG_END)
            return boot->memory_count == 0 ? "a memory map" : NULL;
        problem =
            read_tag(boot, tag.type, bytes + at + sizeof tag, tag.size - (uint32_t)sizeof tag);
        if (problem != NULL)
            return problem;
        at += (tag.size + 7) & ~7u;
    }
    return "a last tag of type 0";
}
