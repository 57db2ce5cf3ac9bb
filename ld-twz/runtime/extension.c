/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Extensions of objects and libraries. The list stands at the end of the object (twz-object(5)); of
 * an object of the image the kernel has checked it, in memory it is whatever somebody wrote. So it
 * is copied once, checked, and only then looked at.
 */
#include "runtime.h"
#include <elf.h>
#include <twz/extension.h>
#include <twz/monitor_gates.h>
#include <twz/rt/alloc.h>
#include <twz/rt/debug.h>
#include <twz/rt/string.h>
#include <twz/rt/thread.h>
#include <twzelf/extension.h>

struct list {
    struct obj_extension *entries; /* a copy; room for one more */
    uint32_t count;
    uint32_t pages; /* that it takes in the object */
};

/* An object of the image has no pages but those with something in it. */
static bool readable(uint64_t address)
{
    int64_t status = twz_rt_futex_wait((const uint32_t *)(uintptr_t)address, 0, 0);
    return status == -TWZ_EAGAIN || status == -TWZ_ETIMEDOUT;
}

/* The address of the object's offset 0. */
static uint64_t start_of(const struct twz_rt_object *object)
{
    return (uintptr_t)object->data - TWZ_OBJECT_BASE;
}

static bool is_object(const struct twz_rt_object *object)
{
    return (uintptr_t)object->data % TWZ_SLOT_SIZE == TWZ_OBJECT_BASE &&
           object->length <= OBJ_METADATA_OFFSET - TWZ_OBJECT_BASE;
}

static uint32_t count_pages(const struct twz_rt_object *object)
{
    uint64_t end = start_of(object) + OBJ_METADATA_OFFSET;
    uint64_t low = start_of(object) + obj_extensions_low(object->length) * TWZ_PAGE_SIZE;
    uint32_t pages = 0;
    for (uint64_t page = end - TWZ_PAGE_SIZE; page >= low && readable(page);
         page -= TWZ_PAGE_SIZE) {
        struct obj_extension first;
        memcpy(&first, (const void *)(uintptr_t)page, sizeof first);
        if (!obj_extensions_begin(&first))
            break;
        pages++;
    }
    return pages;
}

static int64_t read_list(const struct twz_rt_object *object, struct list *list)
{
    uint64_t end = start_of(object) + OBJ_METADATA_OFFSET;
    struct obj_diag diag;
    *list = (struct list){.pages = count_pages(object)};
    uint64_t bytes = list->pages * TWZ_PAGE_SIZE;
    list->entries = malloc(bytes + sizeof *list->entries);
    if (list->entries == NULL)
        return -TWZ_ENOMEM;
    memcpy(list->entries, (const void *)(uintptr_t)(end - bytes), bytes);
    if (obj_extensions_count(list->entries, (uint32_t)(bytes / sizeof *list->entries),
                             &list->count) == OBJ_OK &&
        obj_extensions_check(list->entries, list->count, TWZ_OBJECT_BASE + object->length, &diag) ==
            OBJ_OK)
        return 0;
    free(list->entries);
    return -TWZ_EINVAL;
}

/* ---- Finding ---- */

static bool in_code(uint64_t address)
{
    struct twz_rt_image image;
    for (uint64_t cursor = 0; twz_rt_image_next(&cursor, &image) == 0;) {
        const Elf64_Phdr *headers = image.headers;
        for (uint64_t i = 0; i < image.header_count; i++)
            if (headers[i].p_type == PT_LOAD && headers[i].p_flags & PF_X &&
                address >= image.base + headers[i].p_vaddr &&
                address - image.base - headers[i].p_vaddr < headers[i].p_memsz)
                return true;
    }
    return false;
}

/* Code of this compartment, or a stub: gates are behind these, and the kernel asks who calls. In a
 * program that is alone the monitor's gates are code like any other, and there are no stubs. */
static bool may_call(uint64_t address)
{
    uint64_t known = (uintptr_t)twz_mon_write, offset = address % TWZ_SLOT_SIZE;
    if (in_code(address))
        return true;
    return address / TWZ_SLOT_SIZE == known / TWZ_SLOT_SIZE && offset >= TWZ_OBJECT_BASE &&
           offset < TWZ_STUB_RETURN && offset % TWZ_STUB_SIZE == 0 && !in_code(known);
}

static int64_t copy(const uint64_t *table, uint32_t count, twz_rt_function **functions,
                    uint32_t room)
{
    for (uint32_t i = 0; i < count && i < room; i++) {
        uint64_t address = __atomic_load_n(&table[i], __ATOMIC_RELAXED);
        if (!may_call(address))
            return -TWZ_EPERM;
        functions[i] = (twz_rt_function *)(uintptr_t)address;
    }
    return count;
}

static int64_t find_entry(const struct twz_rt_object *object, struct twz_id tag,
                          struct obj_extension *entry)
{
    struct list list;
    int64_t status = read_list(object, &list);
    if (status < 0)
        return status;
    const struct obj_extension *found = obj_extensions_find(list.entries, list.count, tag);
    if (found != NULL)
        *entry = *found;
    free(list.entries);
    return found != NULL ? 0 : -TWZ_ENOENT;
}

int64_t twz_rt_extension_find(const struct twz_rt_object *object, struct twz_id tag,
                              twz_rt_function **functions, uint32_t room)
{
    struct obj_extension entry;
    int64_t status = is_object(object) ? find_entry(object, tag, &entry) : -TWZ_EINVAL;
    if (status < 0)
        return status;
    return copy((const uint64_t *)(uintptr_t)(start_of(object) + entry.table), entry.count,
                functions, room);
}

/* Where a table of the file is in memory, relocated; 0: not as a whole in what is loaded. */
static uint64_t place_of(const struct twz_rt_image *image, const struct obj_extension *entry)
{
    const Elf64_Phdr *headers = image->headers;
    uint64_t offset = entry->table - TWZ_OBJECT_BASE, bytes = entry->count * 8ull;
    for (uint64_t i = 0; i < image->header_count; i++) {
        const Elf64_Phdr *h = &headers[i];
        if (h->p_type == PT_LOAD && offset >= h->p_offset && offset - h->p_offset <= h->p_filesz &&
            bytes <= h->p_filesz - (offset - h->p_offset))
            return image->base + h->p_vaddr + (offset - h->p_offset);
    }
    return 0;
}

static int64_t find_in_library(const struct twz_rt_image *image, struct twz_id tag,
                               twz_rt_function **functions, uint32_t room)
{
    struct twz_mon_object found;
    struct obj_extension entry;
    int64_t status = twz_mon_object_find((struct twz_id){0, 0}, image->base + TWZ_OBJECT_BASE,
                                         &found, sizeof found);
    if (status < 0)
        return status;
    const struct twz_rt_object file = {.data = (void *)(uintptr_t)found.address,
                                       .length = found.length};
    status = is_object(&file) ? find_entry(&file, tag, &entry) : -TWZ_EINVAL;
    if (status < 0)
        return status;
    const uint64_t *table = (const uint64_t *)(uintptr_t)place_of(image, &entry);
    return table != NULL ? copy(table, entry.count, functions, room) : -TWZ_EINVAL;
}

int64_t twz_rt_extension_find_at(const void *address, struct twz_id tag,
                                 twz_rt_function **functions, uint32_t room)
{
    struct twz_rt_image image;
    int64_t status = twz_rt_image_of(address, &image);
    return status < 0 ? status : find_in_library(&image, tag, functions, room);
}

int64_t twz_rt_extension_find_in(uint64_t handle, struct twz_id tag, twz_rt_function **functions,
                                 uint32_t room)
{
    struct twz_rt_image image;
    uint64_t cursor = handle;
    if (twz_rt_image_next(&cursor, &image) < 0 || image.handle != handle)
        return -TWZ_ENOENT;
    return find_in_library(&image, tag, functions, room);
}

/* ---- Changing ---- */

static int64_t open_list(const struct twz_rt_object *object, struct list *list)
{
    if (!(object->rights & TWZ_WRITE))
        return -TWZ_EPERM;
    return is_object(object) ? read_list(object, list) : -TWZ_EINVAL;
}

static bool is_zero(uint64_t page)
{
    const uint64_t *words = (const uint64_t *)(uintptr_t)page;
    uint64_t any = 0;
    for (uint32_t i = 0; i < TWZ_PAGE_SIZE / sizeof *words; i++)
        any |= words[i];
    return any == 0;
}

/* Whether the list may have a page more: what stands below it is nobody's. */
static bool may_grow(const struct twz_rt_object *object, uint32_t pages)
{
    uint32_t page = OBJ_METADATA_OFFSET / TWZ_PAGE_SIZE - pages;
    uint64_t address = start_of(object) + page * TWZ_PAGE_SIZE;
    return page >= obj_extensions_low(object->length) && readable(address) && is_zero(address);
}

static int64_t write_list(const struct twz_rt_object *object, const struct list *list)
{
    uint64_t bytes = list->count * sizeof *list->entries;
    uint32_t pages = (uint32_t)((bytes + TWZ_PAGE_SIZE - 1) / TWZ_PAGE_SIZE);
    uint32_t most = pages > list->pages ? pages : list->pages;
    if (pages > list->pages && !may_grow(object, pages))
        return -TWZ_ELIMIT;
    unsigned char *end = (unsigned char *)object->data + (OBJ_METADATA_OFFSET - TWZ_OBJECT_BASE);
    unsigned char *first = end - pages * TWZ_PAGE_SIZE;
    memcpy(first, list->entries, bytes);
    memset(first + bytes, 0, pages * TWZ_PAGE_SIZE - bytes);
    memset(end - most * TWZ_PAGE_SIZE, 0, (most - pages) * TWZ_PAGE_SIZE);
    return 0;
}

int64_t twz_rt_extension_add(const struct twz_rt_object *object, struct twz_id tag,
                             twz_rt_function *const *table, uint32_t count)
{
    struct list list;
    struct obj_diag diag;
    int64_t status = open_list(object, &list);
    if (status < 0)
        return status;
    const struct obj_extension added = {
        .tag = tag, .table = (uintptr_t)table - start_of(object), .count = count};
    uint32_t at = obj_extensions_place(list.entries, list.count, tag);
    if (obj_extensions_find(list.entries, list.count, tag) != NULL)
        status = -TWZ_EEXIST;
    else if (obj_extensions_check(&added, 1, TWZ_OBJECT_BASE + object->length, &diag) != OBJ_OK)
        status = -TWZ_EINVAL;
    else if (list.count == OBJ_EXTENSION_MAX)
        status = -TWZ_ELIMIT;
    if (status == 0) {
        memmove(&list.entries[at + 1], &list.entries[at], (list.count++ - at) * sizeof added);
        list.entries[at] = added;
        status = write_list(object, &list);
    }
    free(list.entries);
    return status;
}

int64_t twz_rt_extension_remove(const struct twz_rt_object *object, struct twz_id tag)
{
    struct list list;
    int64_t status = open_list(object, &list);
    if (status < 0)
        return status;
    uint32_t at = obj_extensions_place(list.entries, list.count, tag);
    if (obj_extensions_find(list.entries, list.count, tag) == NULL) {
        status = -TWZ_ENOENT;
    } else {
        memmove(&list.entries[at], &list.entries[at + 1],
                (--list.count - at) * sizeof(*list.entries));
        status = write_list(object, &list);
    }
    free(list.entries);
    return status;
}
