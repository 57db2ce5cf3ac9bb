/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzz target: the reader of images. The input is tried as it is, with a fitting checksum of the
 * index, and with fitting checksums and IDs of its objects as well, so that every check is
 * reached. */
#include <stdlib.h>
#include <string.h>
#include <twzelf/image.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* Objects do not overlap, lie in the image, and are found by what the index calls them. */
static void check_accepted(const struct obj_image *image, size_t size)
{
    uint64_t end = image->header->index_length;

    for (uint32_t i = 0; i < image->header->count; i++) {
        const struct obj_image_entry *entry = &image->entries[i];
        struct obj object;
        struct obj_diag diag;

        require(entry->offset == end && entry->length <= size - end);
        end += entry->length;
        require(obj_image_find(image, entry->name) == entry);
        require(obj_image_find_id(image, entry->id) == entry);
        require(obj_image_object(image, entry, &object, &diag) == OBJ_OK);
        require(object.header->flags & OBJ_IMMUTABLE);
        require(object.header->compression == OBJ_COMPRESSION_NONE);
        require(obj_check_id(&object, object.payload, &diag) == OBJ_OK);
    }
    require(end == size);
}

static void try_bytes(const uint8_t *bytes, size_t size)
{
    struct obj_image image;
    struct obj_diag diag;

    if (obj_image_open(bytes, size, &image, &diag) == OBJ_OK) {
        check_accepted(&image, size);
    } else {
        require(image.header == NULL && diag.error != OBJ_OK);
        require(strcmp(obj_error_name(diag.error), "unknown error") != 0);
    }
}

static bool seal_index(uint8_t *bytes, size_t size)
{
    struct obj_image_header *h = (struct obj_image_header *)(void *)bytes;

    if (size < sizeof(*h) || h->index_length < sizeof(*h) || h->index_length > size)
        return false;
    h->checksum = obj_index_checksum(h);
    return true;
}

/* Only where the index can be trusted so far; it is not the index that is meant here. */
static void seal_objects(uint8_t *bytes, size_t size)
{
    struct obj_image image;
    struct obj_diag diag;

    if (obj_index_open(bytes, size, &image, &diag) != OBJ_OK || image.header->image_length > size)
        return;
    for (uint32_t i = 0; i < image.header->count; i++) {
        struct obj_header *h = (struct obj_header *)(void *)(bytes + image.entries[i].offset);

        h->checksum = obj_checksum(h);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = malloc(size ? size : 1); /* its exact size, for the address sanitizer */

    if (!bytes)
        return 0;
    memcpy(bytes, data, size);
    try_bytes(bytes, size);
    if (seal_index(bytes, size)) {
        try_bytes(bytes, size);
        seal_objects(bytes, size);
        try_bytes(bytes, size);
    }
    free(bytes);
    return 0;
}
