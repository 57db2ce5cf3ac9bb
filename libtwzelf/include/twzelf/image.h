/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Images: packed objects under one header with an index of their names and IDs. The kernel maps the
 * objects in place, so each is page aligned and its payload expanded.
 *
 *   0x0               header, 128 bytes
 *   0x80              entries, sorted by name (byte order), each name once
 *                     ID table: for each object, sorted by ID, the number of its entry (4 bytes)
 *                     zero up to the next page
 *   index_length      objects in the order of their entries, without gaps
 *
 * The index alone (the first index_length bytes) is what the kernel shows to the monitor as the
 * object TWZ_ID_INDEX. Same rules as <twzelf/object.h>: freestanding, nothing is believed.
 */
#ifndef TWZELF_IMAGE_H
#define TWZELF_IMAGE_H

#include <twzelf/object.h>

#pragma GCC visibility push(default)

#define OBJ_IMAGE_MAGIC     "\x89TWZIMG\n" /* 8 bytes, no NUL */
#define OBJ_IMAGE_VERSION   1u
#define OBJ_IMAGE_COUNT_MAX 65536u

struct obj_image_header {
    uint8_t magic[8];      /* OBJ_IMAGE_MAGIC */
    uint32_t version;      /* OBJ_IMAGE_VERSION */
    uint32_t flags;        /* 0 */
    uint64_t image_length; /* bytes of the whole file */
    uint64_t index_length; /* bytes of header, entries and ID table, whole pages */
    uint32_t count;        /* objects: 1..OBJ_IMAGE_COUNT_MAX */
    uint32_t reserved;     /* 0 */
    uint64_t checksum;     /* XXH3-64 of the first index_length bytes with this field zero */
    uint8_t zero[80];
};
_Static_assert(offsetof(struct obj_image_header, magic) == 0, "format");
_Static_assert(offsetof(struct obj_image_header, version) == 8, "format");
_Static_assert(offsetof(struct obj_image_header, flags) == 12, "format");
_Static_assert(offsetof(struct obj_image_header, image_length) == 16, "format");
_Static_assert(offsetof(struct obj_image_header, index_length) == 24, "format");
_Static_assert(offsetof(struct obj_image_header, count) == 32, "format");
_Static_assert(offsetof(struct obj_image_header, reserved) == 36, "format");
_Static_assert(offsetof(struct obj_image_header, checksum) == 40, "format");
_Static_assert(offsetof(struct obj_image_header, zero) == 48, "format");
_Static_assert(sizeof(struct obj_image_header) == 128, "format");

struct obj_image_entry {
    struct twz_id id;         /* as in the object's header */
    uint64_t offset;          /* of the packed object in the image, page aligned */
    uint64_t length;          /* of the packed object, whole pages */
    char name[OBJ_NAME_SIZE]; /* as in the object's header */
};
_Static_assert(offsetof(struct obj_image_entry, id) == 0, "format");
_Static_assert(offsetof(struct obj_image_entry, offset) == 16, "format");
_Static_assert(offsetof(struct obj_image_entry, length) == 24, "format");
_Static_assert(offsetof(struct obj_image_entry, name) == 32, "format");
_Static_assert(sizeof(struct obj_image_entry) == 160, "format");

/* A checked index. Pointers lead into the caller's bytes and live as long as these. */
struct obj_image {
    const uint8_t *base;
    const struct obj_image_header *header;
    const struct obj_image_entry *entries; /* header->count, sorted by name */
    const uint32_t *by_id;                 /* header->count numbers of entries, sorted by ID */
};

/*
 * Checks header, entries and ID table in the first `size` bytes of an image at `base` (8-byte
 * aligned). `size` may be the index alone; the objects are not looked at. Linear time.
 */
__attribute__((warn_unused_result)) enum obj_error
obj_index_open(const void *base, uint64_t size, struct obj_image *image, struct obj_diag *diag);

/*
 * Checks a whole image of exactly `size` bytes: the index as above, then every object with
 * obj_open() and obj_check_id(); each must have the entry's name and ID, be immutable, volatile and
 * not compressed. Digests are left to the tools. Linear time.
 */
__attribute__((warn_unused_result)) enum obj_error
obj_image_open(const void *base, uint64_t size, struct obj_image *image, struct obj_diag *diag);

/* The object of an entry of an image that obj_image_open() accepted (not of an index alone). Checks
 * its structure again, so it can fail only if the bytes changed since. */
__attribute__((warn_unused_result)) enum obj_error
obj_image_object(const struct obj_image *image, const struct obj_image_entry *entry,
                 struct obj *object, struct obj_diag *diag);

/* Binary searches; NULL if there is none. `name` is NUL-terminated. */
const struct obj_image_entry *obj_image_find(const struct obj_image *image, const char *name);
const struct obj_image_entry *obj_image_find_id(const struct obj_image *image, struct twz_id id);

/* Bytes of header, entries and ID table for `count` objects, in whole pages. */
uint64_t obj_index_length(uint32_t count);

/* XXH3-64 of the index, its `checksum` taken as zero. `header->index_length` bytes are read. */
uint64_t obj_index_checksum(const struct obj_image_header *header);

#pragma GCC visibility pop

#endif
