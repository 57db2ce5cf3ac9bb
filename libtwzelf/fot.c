/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <twzelf/fot.h>

#include "xxh3.h"

void obj_fot_start(struct obj_fot_builder *builder)
{
    builder->count = 0;
    builder->metadata_size = 0;
    memset(builder->buckets, 0, sizeof(builder->buckets));
}

/* Equal entries are equal bytes: they have no padding, and equal names have one offset. */
static enum obj_error add(struct obj_fot_builder *builder, const struct obj_fot_entry *entry,
                          uint32_t *index)
{
    uint32_t slot = (uint32_t)XXH3_64bits(entry, sizeof(*entry)) & (OBJ_FOT_BUCKETS - 1);

    while (builder->buckets[slot] != 0) {
        *index = builder->buckets[slot];
        if (memcmp(&builder->entries[*index - 1], entry, sizeof(*entry)) == 0)
            return OBJ_OK;
        slot = (slot + 1) & (OBJ_FOT_BUCKETS - 1);
    }
    *index = 0;
    if (builder->count == OBJ_FOT_MAX)
        return OBJ_E_FOT_LENGTH;
    builder->entries[builder->count++] = *entry;
    builder->buckets[slot] = (uint16_t)builder->count;
    *index = builder->count;
    return OBJ_OK;
}

enum obj_error obj_fot_id(struct obj_fot_builder *builder, struct twz_id id, uint32_t *index)
{
    struct obj_fot_entry entry = {.kind = OBJ_FOT_ID, .id = id};

    *index = 0;
    if (id.hi == 0 && id.lo == 0)
        return OBJ_E_FOT_ENTRY;
    return add(builder, &entry, index);
}

/* The offset of a text in the metadata, which begins with an empty one. */
static enum obj_error intern(struct obj_fot_builder *builder, const char *text, uint32_t *offset)
{
    size_t size = 0;

    while (size < OBJ_METADATA_MAX && text[size] != '\0')
        size++;
    if (size == 0)
        return OBJ_E_FOT_NAME;
    size++;
    for (uint32_t at = 1; at + size <= builder->metadata_size; at++) {
        if (builder->metadata[at - 1] == '\0' && memcmp(builder->metadata + at, text, size) == 0) {
            *offset = at;
            return OBJ_OK;
        }
    }
    if (builder->metadata_size == 0)
        builder->metadata[builder->metadata_size++] = '\0';
    if (size > OBJ_METADATA_MAX - builder->metadata_size)
        return OBJ_E_METADATA_LENGTH;
    *offset = builder->metadata_size;
    memcpy(builder->metadata + *offset, text, size);
    builder->metadata_size += (uint32_t)size;
    return OBJ_OK;
}

enum obj_error obj_fot_name(struct obj_fot_builder *builder, const char *name, const char *resolver,
                            uint32_t *index)
{
    struct obj_fot_entry entry = {.kind = OBJ_FOT_NAME};
    enum obj_error error = intern(builder, name, &entry.name);

    *index = 0;
    if (error == OBJ_OK && resolver)
        error = intern(builder, resolver, &entry.resolver);
    return error == OBJ_OK ? add(builder, &entry, index) : error;
}

void obj_fot_write(const struct obj_fot_builder *builder, void *end)
{
    struct obj_fot_entry *at = end;

    for (uint32_t i = 0; i < builder->count; i++)
        *--at = builder->entries[i];
}
