/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <twzelf/image.h>

#include "xxh3.h"

#define FIELD(name) offsetof(struct obj_image_header, name)
#define ENTRY(name) offsetof(struct obj_image_entry, name)

static enum obj_error refuse(struct obj_diag *diag, enum obj_error error, uint64_t place,
                             uint64_t expected, uint64_t found)
{
    *diag = (struct obj_diag){error, place, expected, found};
    return error;
}

static uint64_t entry_place(uint32_t i)
{
    return sizeof(struct obj_image_header) + i * sizeof(struct obj_image_entry);
}

/* Both are NUL-terminated within OBJ_NAME_SIZE. */
static int name_compare(const char *a, const char *b)
{
    size_t i = 0;

    while (a[i] == b[i] && a[i] != '\0')
        i++;
    return (uint8_t)a[i] - (uint8_t)b[i];
}

static uint64_t name_length(const char *name)
{
    uint64_t length = 0;

    while (length < OBJ_NAME_SIZE && name[length] != '\0')
        length++;
    return length;
}

uint64_t obj_index_length(uint32_t count)
{
    uint64_t each = sizeof(struct obj_image_entry) + sizeof(uint32_t);

    return obj_page_up(sizeof(struct obj_image_header) + count * each);
}

uint64_t obj_index_checksum(const struct obj_image_header *header)
{
    static const uint64_t zero;
    const uint8_t *bytes = (const uint8_t *)header;
    XXH3_state_t state;

    XXH3_64bits_reset(&state);
    XXH3_64bits_update(&state, bytes, FIELD(checksum));
    XXH3_64bits_update(&state, &zero, sizeof(zero));
    XXH3_64bits_update(&state, bytes + FIELD(zero), header->index_length - FIELD(zero));
    return XXH3_64bits_digest(&state);
}

static enum obj_error check_header(const void *base, uint64_t size, struct obj_diag *diag)
{
    const struct obj_image_header *h = base;
    uint64_t checksum;

    if ((uintptr_t)base % 8)
        return refuse(diag, OBJ_E_UNALIGNED, 0, 0, (uintptr_t)base % 8);
    if (size < sizeof(h->magic) || memcmp(h->magic, OBJ_IMAGE_MAGIC, sizeof(h->magic)) != 0)
        return refuse(diag, OBJ_E_IMAGE_MAGIC, 0, 0, 0);
    if (size < sizeof(*h))
        return refuse(diag, OBJ_E_IMAGE_SHORT, size, sizeof(*h), size);
    if (h->version != OBJ_IMAGE_VERSION)
        return refuse(diag, OBJ_E_IMAGE_VERSION, FIELD(version), OBJ_IMAGE_VERSION, h->version);
    if (h->flags != 0)
        return refuse(diag, OBJ_E_IMAGE_FLAGS, FIELD(flags), 0, h->flags);
    if (h->count == 0 || h->count > OBJ_IMAGE_COUNT_MAX)
        return refuse(diag, OBJ_E_IMAGE_COUNT, FIELD(count), OBJ_IMAGE_COUNT_MAX, h->count);
    if (h->index_length != obj_index_length(h->count))
        return refuse(diag, OBJ_E_IMAGE_INDEX, FIELD(index_length), obj_index_length(h->count),
                      h->index_length);
    if (size < h->index_length)
        return refuse(diag, OBJ_E_IMAGE_TRUNCATED, size, h->index_length, size);
    checksum = obj_index_checksum(h);
    if (h->checksum != checksum)
        return refuse(diag, OBJ_E_IMAGE_CHECKSUM, FIELD(checksum), checksum, h->checksum);
    return OBJ_OK;
}

static enum obj_error check_zero(const uint8_t *bytes, uint64_t from, uint64_t to,
                                 enum obj_error error, struct obj_diag *diag)
{
    while (from < to && bytes[from] == 0)
        from++;
    return from == to ? OBJ_OK : refuse(diag, error, from, 0, bytes[from]);
}

static enum obj_error check_reserved(const struct obj_image *image, struct obj_diag *diag)
{
    const struct obj_image_header *h = image->header;
    uint64_t used = entry_place(h->count) + h->count * sizeof(uint32_t);
    enum obj_error error =
        check_zero(image->base, FIELD(reserved), FIELD(reserved) + 4, OBJ_E_IMAGE_RESERVED, diag);

    if (error == OBJ_OK)
        error = check_zero(image->base, FIELD(zero), sizeof(*h), OBJ_E_IMAGE_RESERVED, diag);
    if (error == OBJ_OK)
        error = check_zero(image->base, used, h->index_length, OBJ_E_IMAGE_RESERVED, diag);
    return error;
}

static enum obj_error check_name(const struct obj_image *image, uint32_t i, struct obj_diag *diag)
{
    const char *name = image->entries[i].name;
    uint64_t place = entry_place(i) + ENTRY(name);
    enum obj_error error;
    int order;

    if (!obj_name_valid(name, OBJ_NAME_SIZE))
        return refuse(diag, OBJ_E_IMAGE_NAME, place, 0, 0);
    error = check_zero(image->base, place + name_length(name), place + OBJ_NAME_SIZE,
                       OBJ_E_IMAGE_NAME, diag);
    if (error != OBJ_OK || i == 0)
        return error;
    order = name_compare(image->entries[i - 1].name, name);
    if (order > 0)
        return refuse(diag, OBJ_E_IMAGE_NAME_ORDER, place, 0, 0);
    if (order == 0)
        return refuse(diag, OBJ_E_IMAGE_NAME_TWICE, place, 0, 0);
    return OBJ_OK;
}

/* Objects fill the image from the index to its end: each starts where the one before it ended. */
static enum obj_error check_entries(const struct obj_image *image, struct obj_diag *diag)
{
    const struct obj_image_header *h = image->header;
    uint64_t end = h->index_length;

    for (uint32_t i = 0; i < h->count; i++) {
        const struct obj_image_entry *e = &image->entries[i];
        uint64_t place = entry_place(i);
        enum obj_error error = check_name(image, i, diag);

        if (error != OBJ_OK)
            return error;
        if (e->offset % TWZ_PAGE_SIZE)
            return refuse(diag, OBJ_E_IMAGE_OBJECT_UNALIGNED, place + ENTRY(offset), end,
                          e->offset);
        if (e->length % TWZ_PAGE_SIZE || e->length == 0)
            return refuse(diag, OBJ_E_IMAGE_OBJECT_UNALIGNED, place + ENTRY(length), TWZ_PAGE_SIZE,
                          e->length);
        if (e->offset < end)
            return refuse(diag, OBJ_E_IMAGE_OBJECT_OVERLAP, place + ENTRY(offset), end, e->offset);
        if (e->offset > end)
            return refuse(diag, OBJ_E_IMAGE_OBJECT_GAP, place + ENTRY(offset), end, e->offset);
        if (end > h->image_length || e->length > h->image_length - end)
            return refuse(diag, OBJ_E_IMAGE_OBJECT_BOUNDS, place + ENTRY(length), h->image_length,
                          e->length);
        end += e->length;
    }
    if (end != h->image_length)
        return refuse(diag, OBJ_E_IMAGE_TRAILING, end, end, h->image_length);
    return OBJ_OK;
}

/* Strictly ascending IDs of existing entries: with as many of them as entries, each stands there
 * once and no two objects have the same ID. */
static enum obj_error check_by_id(const struct obj_image *image, struct obj_diag *diag)
{
    const struct obj_image_header *h = image->header;
    uint64_t table = entry_place(h->count);

    for (uint32_t i = 0; i < h->count; i++) {
        uint64_t place = table + i * sizeof(uint32_t);
        int order;

        if (image->by_id[i] >= h->count)
            return refuse(diag, OBJ_E_IMAGE_ID_INDEX, place, h->count - 1, image->by_id[i]);
        if (i == 0)
            continue;
        order = obj_id_compare(image->entries[image->by_id[i - 1]].id,
                               image->entries[image->by_id[i]].id);
        if (order > 0)
            return refuse(diag, OBJ_E_IMAGE_ID_ORDER, place, 0, 0);
        if (order == 0)
            return refuse(diag, OBJ_E_IMAGE_ID_TWICE, place, image->by_id[i - 1], image->by_id[i]);
    }
    return OBJ_OK;
}

enum obj_error obj_index_open(const void *base, uint64_t size, struct obj_image *image,
                              struct obj_diag *diag)
{
    const uint8_t *bytes = base;
    struct obj_image o = {.base = base, .header = base};
    enum obj_error error;

    *image = (struct obj_image){0};
    *diag = (struct obj_diag){0};
    error = check_header(base, size, diag);
    if (error != OBJ_OK)
        return error;
    o.entries = (const void *)(bytes + sizeof(struct obj_image_header));
    o.by_id = (const void *)(bytes + entry_place(o.header->count));
    error = check_reserved(&o, diag);
    if (error == OBJ_OK)
        error = check_entries(&o, diag);
    if (error == OBJ_OK)
        error = check_by_id(&o, diag);
    if (error == OBJ_OK)
        *image = o;
    return error;
}

enum obj_error obj_image_object(const struct obj_image *image, const struct obj_image_entry *entry,
                                struct obj *object, struct obj_diag *diag)
{
    enum obj_error error = obj_open(image->base + entry->offset, entry->length, object, diag);

    if (error != OBJ_OK)
        diag->place += entry->offset;
    return error;
}

static enum obj_error check_object(const struct obj_image *image,
                                   const struct obj_image_entry *entry, struct obj_diag *diag)
{
    struct obj object;
    const struct obj_header *h;
    uint64_t at = entry->offset;
    enum obj_error error = obj_image_object(image, entry, &object, diag);

    if (error != OBJ_OK)
        return error;
    h = object.header;
    if (name_compare(entry->name, h->name) != 0)
        return refuse(diag, OBJ_E_IMAGE_ENTRY_NAME, at + offsetof(struct obj_header, name), 0, 0);
    if (!obj_id_equal(entry->id, h->id))
        return refuse(diag, OBJ_E_IMAGE_ENTRY_ID, at + offsetof(struct obj_header, id),
                      entry->id.hi, h->id.hi);
    if (h->compression != OBJ_COMPRESSION_NONE)
        return refuse(diag, OBJ_E_IMAGE_COMPRESSED, at + offsetof(struct obj_header, compression),
                      OBJ_COMPRESSION_NONE, h->compression);
    if (!(h->flags & OBJ_IMMUTABLE))
        return refuse(diag, OBJ_E_IMAGE_MUTABLE, at + offsetof(struct obj_header, flags),
                      OBJ_IMMUTABLE, h->flags);
    if (h->medium != TWZ_VOLATILE)
        return refuse(diag, OBJ_E_IMAGE_MEDIUM, at + offsetof(struct obj_header, medium),
                      TWZ_VOLATILE, h->medium);
    error = obj_check_id(&object, object.payload, diag);
    if (error != OBJ_OK)
        diag->place += at;
    return error;
}

enum obj_error obj_image_open(const void *base, uint64_t size, struct obj_image *image,
                              struct obj_diag *diag)
{
    struct obj_image o;
    enum obj_error error = obj_index_open(base, size, &o, diag);

    *image = (struct obj_image){0};
    if (error != OBJ_OK)
        return error;
    if (size < o.header->image_length)
        return refuse(diag, OBJ_E_IMAGE_TRUNCATED, size, o.header->image_length, size);
    if (size > o.header->image_length)
        return refuse(diag, OBJ_E_IMAGE_TRAILING, o.header->image_length, o.header->image_length,
                      size);
    for (uint32_t i = 0; i < o.header->count && error == OBJ_OK; i++)
        error = check_object(&o, &o.entries[i], diag);
    if (error == OBJ_OK)
        *image = o;
    return error;
}

const struct obj_image_entry *obj_image_find(const struct obj_image *image, const char *name)
{
    uint32_t low = 0, high = image->header->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = name_compare(name, image->entries[middle].name);

        if (order == 0)
            return &image->entries[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct obj_image_entry *obj_image_find_id(const struct obj_image *image, struct twz_id id)
{
    uint32_t low = 0, high = image->header->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct obj_image_entry *entry = &image->entries[image->by_id[middle]];
        int order = obj_id_compare(id, entry->id);

        if (order == 0)
            return entry;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
