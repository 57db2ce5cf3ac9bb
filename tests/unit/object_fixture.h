/* SPDX-License-Identifier: BSD-2-Clause */
/* A small valid object with every part, and ways to damage it. Used by tests and fuzz targets. */
#ifndef OBJECT_FIXTURE_H
#define OBJECT_FIXTURE_H

#include <stdlib.h>
#include <string.h>
#include <twzelf/fot.h>
#include <twzelf/image.h>

#define FIXTURE_PAYLOAD   5000u
#define FIXTURE_FOT       0x3000u /* offsets in the file */
#define FIXTURE_EXTENSION 0x4000u
#define FIXTURE_METADATA  0x5000u
#define FIXTURE_SIZE      0x6000u
#define FIXTURE_STRINGS   "\0libz.so\0dns" /* and a NUL */

/* Page aligned, so that ASan sees every byte beyond the end. */
static inline uint8_t *fixture_alloc(size_t size)
{
    uint8_t *bytes = aligned_alloc(TWZ_PAGE_SIZE, obj_page_up(size));

    if (!bytes)
        abort();
    memset(bytes, 0, size);
    return bytes;
}

static inline struct obj_header *fixture_header(uint8_t *bytes)
{
    return (struct obj_header *)(void *)bytes;
}

static inline void fixture_seal(uint8_t *bytes)
{
    fixture_header(bytes)->checksum = obj_checksum(fixture_header(bytes));
}

/* Unsealed header of an object with a payload and nothing else. */
static inline void fixture_plain(uint8_t *bytes, const char *name, uint64_t length)
{
    struct obj_header *h = fixture_header(bytes);

    memset(h, 0, sizeof(*h));
    memcpy(h->magic, OBJ_MAGIC, sizeof(h->magic));
    h->version = OBJ_VERSION;
    h->flags = OBJ_IMMUTABLE;
    h->id_kind = OBJ_ID_NONCE;
    h->permissions = TWZ_READ | TWZ_EXECUTE;
    h->payload_length = h->stored_length = length;
    memcpy(h->name, name, strlen(name));
    h->nonce = (struct twz_id){0x1111, strlen(name)};
    for (size_t i = 0; name[i]; i++)
        h->nonce.lo = h->nonce.lo * 31 + (uint8_t)name[i];
    h->id = obj_id_nonce(h->nonce, h->key, h->flags, h->permissions);
}

/* FIXTURE_SIZE bytes: payload, two foreign objects, one extension, metadata. */
static inline void fixture_full(uint8_t *bytes)
{
    struct obj_header *h = fixture_header(bytes);
    struct obj_fot_entry *fot = (struct obj_fot_entry *)(void *)(bytes + FIXTURE_EXTENSION);
    struct obj_extension *e = (struct obj_extension *)(void *)(bytes + FIXTURE_EXTENSION);

    fixture_plain(bytes, "full", FIXTURE_PAYLOAD);
    for (uint32_t i = 0; i < FIXTURE_PAYLOAD; i++)
        bytes[TWZ_OBJECT_BASE + i] = (uint8_t)(i * 7);
    h->fot_offset = FIXTURE_FOT;
    h->fot_length = 2 * sizeof(*fot);
    h->extension_offset = FIXTURE_EXTENSION;
    h->extension_length = sizeof(*e);
    h->metadata_offset = FIXTURE_METADATA;
    h->metadata_length = sizeof(FIXTURE_STRINGS);
    fot[-1] = (struct obj_fot_entry){.kind = OBJ_FOT_ID, .id = {5, 6}};
    fot[-2] = (struct obj_fot_entry){.kind = OBJ_FOT_NAME, .name = 1, .resolver = 9};
    e[0] = (struct obj_extension){.tag = {7, 8}, .table = 0x1010, .count = 3};
    memcpy(bytes + FIXTURE_METADATA, FIXTURE_STRINGS, sizeof(FIXTURE_STRINGS));
    fixture_seal(bytes);
}

/* Two objects of one page each, `alpha` and `beta`, and the index. */
#define FIXTURE_IMAGE_SIZE 0x5000u

static inline struct obj_image_header *fixture_image_header(uint8_t *bytes)
{
    return (struct obj_image_header *)(void *)bytes;
}

static inline struct obj_image_entry *fixture_entry(uint8_t *bytes, uint32_t i)
{
    return (struct obj_image_entry *)(void *)(bytes + sizeof(struct obj_image_header)) + i;
}

static inline uint32_t *fixture_by_id(uint8_t *bytes, uint32_t count)
{
    return (uint32_t *)(void *)fixture_entry(bytes, count);
}

static inline void fixture_image_seal(uint8_t *bytes)
{
    struct obj_image_header *h = fixture_image_header(bytes);

    h->checksum = obj_index_checksum(h);
}

static inline void fixture_image(uint8_t *bytes)
{
    static const char *const names[] = {"alpha", "beta"};
    struct obj_image_header *h = fixture_image_header(bytes);
    uint32_t first;

    memcpy(h->magic, OBJ_IMAGE_MAGIC, sizeof(h->magic));
    h->version = OBJ_IMAGE_VERSION;
    h->image_length = FIXTURE_IMAGE_SIZE;
    h->index_length = TWZ_PAGE_SIZE;
    h->count = 2;
    for (uint32_t i = 0; i < 2; i++) {
        struct obj_image_entry *entry = fixture_entry(bytes, i);
        uint64_t offset = 0x1000 + i * 0x2000;

        fixture_plain(bytes + offset, names[i], 100);
        memset(bytes + offset + TWZ_OBJECT_BASE, 'a' + (int)i, 100);
        fixture_seal(bytes + offset);
        entry->id = fixture_header(bytes + offset)->id;
        entry->offset = offset;
        entry->length = 0x2000;
        memcpy(entry->name, names[i], strlen(names[i]));
    }
    first = obj_id_compare(fixture_entry(bytes, 0)->id, fixture_entry(bytes, 1)->id) < 0 ? 0 : 1;
    fixture_by_id(bytes, 2)[0] = first;
    fixture_by_id(bytes, 2)[1] = 1 - first;
    fixture_image_seal(bytes);
}

#endif
