/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of the image. None is in its slot before it is touched: the monitor answers that fault
 * and lets the loader read it. */
#include "loader.h"
#include <twz/sys/call.h>

enum ld_error loader_files_open(void)
{
    struct obj_diag diag;
    const struct loader_request *r = loader.request;
    return obj_index_open((const void *)r->index, r->index_length, &loader.image, &diag) == OBJ_OK
               ? LD_OK
               : LD_ENOTFOUND;
}

bool loader_file(uint32_t number, struct ld_file *file)
{
    struct twz_object_info info;
    if (number >= loader.image.header->count)
        return false;
    const struct obj_image_entry *entry = &loader.image.entries[number];
    const char *bytes = (const char *)(loader.request->files + number * TWZ_SLOT_SIZE);
    if (entry->length <= TWZ_OBJECT_BASE) /* nothing behind its header */
        return false;
    (void)*(const volatile char *)(bytes + TWZ_OBJECT_BASE); /* whoever may read it, may ask */
    if (twz_syscall3(TWZ_SYS_OBJECT_INFO, entry->id.hi, entry->id.lo, (uintptr_t)&info) < 0)
        return false;
    *file = (struct ld_file){
        .bytes = bytes + TWZ_OBJECT_BASE,
        .size = info.payload_length,
        .path = entry->name,
        .identity = {entry->id.hi, entry->id.lo},
        .handle = number,
    };
    return true;
}

bool loader_find(void *context, struct ld_request *request, struct ld_file *file)
{
    (void)context;
    const struct obj_image_entry *entry = obj_image_find(&loader.image, request->name);
    bool found = entry != NULL && loader_file((uint32_t)(entry - loader.image.entries), file);
    ld_place_tried(request, request->name, "image index", found ? "found" : "no such name");
    return found;
}

uint64_t loader_offset_in(const struct ld_file *file, const char *text)
{
    uint64_t offset = (uint64_t)(text - (const char *)file->bytes);
    return offset < file->size ? offset : 0;
}
