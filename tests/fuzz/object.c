/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzz target: the reader of packed objects. What it accepts must keep every promise of
 * <twzelf/object.h>; the input is tried as it is and with a fitting checksum. */
#include <stdlib.h>
#include <string.h>
#include <twzelf/object.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void require_name(const struct obj *object, uint32_t offset)
{
    uint64_t length = object->header->metadata_length;

    require(offset > 0 && offset < length);
    require(memchr(object->metadata + offset, '\0', length - offset) != NULL);
    require(object->metadata[offset] != '\0');
}

static void check_foreign(const struct obj *object)
{
    for (uint32_t i = 1; i <= object->fot_count; i++) {
        const struct obj_fot_entry *entry = obj_fot_at(object, i);

        require(entry->kind == OBJ_FOT_ID || entry->kind == OBJ_FOT_NAME);
        if (entry->kind == OBJ_FOT_NAME)
            require_name(object, entry->name);
        if (entry->resolver)
            require_name(object, entry->resolver);
    }
}

static void check_accepted(const struct obj *object, size_t size)
{
    const struct obj_header *h = object->header;
    struct obj_diag diag;

    require(object->packed_length == size && size % TWZ_PAGE_SIZE == 0);
    require(obj_name_valid(h->name, sizeof(h->name)));
    require(h->stored_length <= h->payload_length && h->payload_length <= OBJ_PAYLOAD_MAX);
    require(TWZ_OBJECT_BASE + h->stored_length <= size);
    require(obj_fot_address(object) >= TWZ_OBJECT_BASE + obj_page_up(h->payload_length));
    require(!((h->flags & OBJ_IMMUTABLE) && (h->permissions & TWZ_WRITE)));
    check_foreign(object);
    for (uint32_t i = 0; i < object->extension_count; i++) {
        const struct obj_extension *e = &object->extensions[i];

        require(e->table >= TWZ_OBJECT_BASE &&
                e->table + 8ull * e->count <= TWZ_OBJECT_BASE + h->payload_length);
    }
    if (h->compression == OBJ_COMPRESSION_NONE)
        (void)!obj_check_id(object, object->payload, &diag);
}

static void try_bytes(const uint8_t *bytes, size_t size)
{
    struct obj object;
    struct obj_diag diag;

    if (obj_open(bytes, size, &object, &diag) == OBJ_OK) {
        check_accepted(&object, size);
    } else {
        require(object.header == NULL && diag.error != OBJ_OK);
        require(strcmp(obj_error_name(diag.error), "unknown error") != 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = malloc(size ? size : 1); /* its exact size, for the address sanitizer */

    if (!bytes)
        return 0;
    memcpy(bytes, data, size);
    try_bytes(bytes, size);
    if (size >= sizeof(struct obj_header)) {
        struct obj_header *h = (struct obj_header *)(void *)bytes;

        h->checksum = obj_checksum(h);
        try_bytes(bytes, size);
    }
    free(bytes);
    return 0;
}
