/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <twzelf/extension.h>

#include "xxh3.h"

#define FIELD(name) offsetof(struct obj_header, name)

static enum obj_error refuse(struct obj_diag *diag, enum obj_error error, uint64_t place,
                             uint64_t expected, uint64_t found)
{
    *diag = (struct obj_diag){error, place, expected, found};
    return error;
}

struct error_text {
    const char *name, *expected, *cure;
};

static const struct error_text *text_of(enum obj_error error)
{
    static const struct error_text texts[] = {{"OBJ_OK", "nothing", "nothing"},
#define X(name, expected, cure) {#name, expected, cure},
                                              OBJ_ERRORS(X)
#undef X
    };
    static const struct error_text unknown = {"unknown error", "unknown error", "unknown error"};

    return (unsigned)error < sizeof(texts) / sizeof(texts[0]) ? &texts[error] : &unknown;
}

const char *obj_error_name(enum obj_error error)
{
    return text_of(error)->name;
}

const char *obj_error_expected(enum obj_error error)
{
    return text_of(error)->expected;
}

const char *obj_error_cure(enum obj_error error)
{
    return text_of(error)->cure;
}

/* The offset of the first byte in [from, to) that is not zero, or `to`. */
static uint64_t first_nonzero(const uint8_t *bytes, uint64_t from, uint64_t to)
{
    while (from < to && bytes[from] == 0)
        from++;
    return from;
}

static enum obj_error check_zero(const uint8_t *bytes, uint64_t from, uint64_t to,
                                 enum obj_error error, struct obj_diag *diag)
{
    uint64_t at = first_nonzero(bytes, from, to);

    return at == to ? OBJ_OK : refuse(diag, error, at, 0, bytes[at]);
}

/* strnlen(name, OBJ_NAME_SIZE): the kernel has no string functions. */
static uint64_t name_length(const char *name)
{
    uint64_t length = 0;

    while (length < OBJ_NAME_SIZE && name[length] != '\0')
        length++;
    return length;
}

bool obj_name_valid(const char *name, size_t size)
{
    size_t length = 0;

    if (size > OBJ_NAME_SIZE)
        size = OBJ_NAME_SIZE;
    while (length < size && name[length] != '\0') {
        if (name[length] < 0x21 || name[length] > 0x7e || name[length] == '/')
            return false;
        length++;
    }
    return length > 0 && length < size;
}

static enum obj_error check_identity(const struct obj_header *h, struct obj_diag *diag)
{
    bool nonce_zero = h->nonce.hi == 0 && h->nonce.lo == 0;

    if (h->flags & ~(uint32_t)OBJ_FLAGS_ALL)
        return refuse(diag, OBJ_E_FLAGS, FIELD(flags), OBJ_FLAGS_ALL, h->flags);
    if (h->id_kind != OBJ_ID_NONCE && h->id_kind != OBJ_ID_CONTENT)
        return refuse(diag, OBJ_E_ID_KIND, FIELD(id_kind), OBJ_ID_NONCE, h->id_kind);
    if (h->id.hi == 0)
        return refuse(diag, OBJ_E_ID_RESERVED, FIELD(id), 0, 0);
    if (h->id_kind == OBJ_ID_CONTENT && !(h->flags & OBJ_IMMUTABLE))
        return refuse(diag, OBJ_E_CONTENT_MUTABLE, FIELD(flags), OBJ_IMMUTABLE, h->flags);
    if (h->id_kind == OBJ_ID_CONTENT && !nonce_zero)
        return refuse(diag, OBJ_E_CONTENT_NONCE, FIELD(nonce), 0,
                      h->nonce.hi ? h->nonce.hi : h->nonce.lo);
    if (h->id_kind == OBJ_ID_NONCE && nonce_zero)
        return refuse(diag, OBJ_E_NONCE_ZERO, FIELD(nonce), 0, 0);
    if (h->permissions & ~(uint32_t)TWZ_RIGHTS_ALL)
        return refuse(diag, OBJ_E_PERMISSIONS, FIELD(permissions), TWZ_RIGHTS_ALL, h->permissions);
    if ((h->flags & OBJ_IMMUTABLE) && (h->permissions & TWZ_WRITE))
        return refuse(diag, OBJ_E_IMMUTABLE_WRITE, FIELD(permissions),
                      h->permissions & ~(uint32_t)TWZ_WRITE, h->permissions);
    if (h->medium != TWZ_VOLATILE && h->medium != TWZ_PERSISTENT)
        return refuse(diag, OBJ_E_MEDIUM, FIELD(medium), TWZ_VOLATILE, h->medium);
    if (!obj_name_valid(h->name, sizeof(h->name)))
        return refuse(diag, OBJ_E_NAME, FIELD(name), 0, 0);
    if (!obj_has_key(h) &&
        first_nonzero(h->signature, 0, sizeof(h->signature)) < sizeof(h->signature))
        return refuse(diag, OBJ_E_SIGNATURE_KEY, FIELD(signature), 0, 0);
    return check_zero((const uint8_t *)h, FIELD(name) + name_length(h->name),
                      FIELD(name) + sizeof(h->name), OBJ_E_NAME, diag);
}

/* Every length is bounded here, so that sums of them cannot overflow later. */
static enum obj_error check_lengths(const struct obj_header *h, struct obj_diag *diag)
{
    uint64_t room = OBJ_PAYLOAD_MAX;

    if (h->compression != OBJ_COMPRESSION_NONE && h->compression != OBJ_COMPRESSION_ZLIB)
        return refuse(diag, OBJ_E_COMPRESSION, FIELD(compression), OBJ_COMPRESSION_NONE,
                      h->compression);
    if (h->payload_length > OBJ_PAYLOAD_MAX)
        return refuse(diag, OBJ_E_PAYLOAD_LENGTH, FIELD(payload_length), OBJ_PAYLOAD_MAX,
                      h->payload_length);
    if (h->compression == OBJ_COMPRESSION_NONE
            ? h->stored_length != h->payload_length
            : h->stored_length == 0 || h->stored_length >= h->payload_length)
        return refuse(diag, OBJ_E_STORED_LENGTH, FIELD(stored_length), h->payload_length,
                      h->stored_length);
    if (h->fot_length % sizeof(struct obj_fot_entry) ||
        h->fot_length / sizeof(struct obj_fot_entry) > OBJ_FOT_MAX)
        return refuse(diag, OBJ_E_FOT_LENGTH, FIELD(fot_length),
                      OBJ_FOT_MAX * sizeof(struct obj_fot_entry), h->fot_length);
    if (h->extension_length % sizeof(struct obj_extension) ||
        h->extension_length / sizeof(struct obj_extension) > OBJ_EXTENSION_MAX)
        return refuse(diag, OBJ_E_EXTENSION_LENGTH, FIELD(extension_length),
                      OBJ_EXTENSION_MAX * sizeof(struct obj_extension), h->extension_length);
    if (h->metadata_length > OBJ_METADATA_MAX)
        return refuse(diag, OBJ_E_METADATA_LENGTH, FIELD(metadata_length), OBJ_METADATA_MAX,
                      h->metadata_length);
    room -= obj_page_up(h->fot_length) + obj_page_up(h->extension_length);
    if (obj_page_up(h->payload_length) > room)
        return refuse(diag, OBJ_E_MEMORY, FIELD(payload_length), room, h->payload_length);
    return OBJ_OK;
}

/* A part begins where the one before it ended: nothing overlaps, no byte is unaccounted for. */
static enum obj_error check_part(uint64_t offset, uint64_t length, uint64_t field, uint64_t *end,
                                 struct obj_diag *diag)
{
    if (length == 0)
        return offset == 0 ? OBJ_OK : refuse(diag, OBJ_E_PART_ABSENT, field, 0, offset);
    if (offset % TWZ_PAGE_SIZE)
        return refuse(diag, OBJ_E_PART_UNALIGNED, field, *end, offset);
    if (offset < *end)
        return refuse(diag, OBJ_E_PART_OVERLAP, field, *end, offset);
    if (offset > *end)
        return refuse(diag, OBJ_E_PART_GAP, field, *end, offset);
    *end = offset + obj_page_up(length);
    return OBJ_OK;
}

static enum obj_error check_parts(const struct obj_header *h, uint64_t size, uint64_t *end,
                                  struct obj_diag *diag)
{
    enum obj_error error;

    *end = TWZ_OBJECT_BASE + obj_page_up(h->stored_length);
    error = check_part(h->fot_offset, h->fot_length, FIELD(fot_offset), end, diag);
    if (error == OBJ_OK)
        error = check_part(h->extension_offset, h->extension_length, FIELD(extension_offset), end,
                           diag);
    if (error == OBJ_OK)
        error =
            check_part(h->metadata_offset, h->metadata_length, FIELD(metadata_offset), end, diag);
    if (error != OBJ_OK)
        return error;
    if (size < *end)
        return refuse(diag, OBJ_E_TRUNCATED, size, *end, size);
    if (size > *end)
        return refuse(diag, OBJ_E_TRAILING, *end, *end, size);
    return OBJ_OK;
}

static enum obj_error check_padding(const uint8_t *file, const struct obj_header *h,
                                    struct obj_diag *diag)
{
    uint64_t payload = TWZ_OBJECT_BASE + h->stored_length;
    uint64_t extensions = h->extension_offset + h->extension_length;
    uint64_t metadata = h->metadata_offset + h->metadata_length;
    enum obj_error error = check_zero(file, payload, obj_page_up(payload), OBJ_E_PADDING, diag);

    if (error == OBJ_OK && h->fot_length) /* it grows down, so its padding comes first */
        error = check_zero(file, h->fot_offset,
                           h->fot_offset + obj_page_up(h->fot_length) - h->fot_length,
                           OBJ_E_PADDING, diag);
    if (error == OBJ_OK)
        error = check_zero(file, extensions, obj_page_up(extensions), OBJ_E_PADDING, diag);
    if (error == OBJ_OK)
        error = check_zero(file, metadata, obj_page_up(metadata), OBJ_E_PADDING, diag);
    return error;
}

static enum obj_error check_metadata(const struct obj *object, struct obj_diag *diag)
{
    const struct obj_header *h = object->header;

    if (h->metadata_length == 0)
        return OBJ_OK;
    if (object->metadata[0] != '\0')
        return refuse(diag, OBJ_E_METADATA, h->metadata_offset, 0, (uint8_t)object->metadata[0]);
    if (object->metadata[h->metadata_length - 1] != '\0')
        return refuse(diag, OBJ_E_METADATA, h->metadata_offset + h->metadata_length - 1, 0,
                      (uint8_t)object->metadata[h->metadata_length - 1]);
    return OBJ_OK;
}

/* Whether a name begins at this offset: after a NUL, and not empty. */
static bool metadata_has(const struct obj *object, uint32_t offset)
{
    return offset != 0 && offset < object->header->metadata_length &&
           object->metadata[offset - 1] == '\0' && object->metadata[offset] != '\0';
}

static enum obj_error check_fot_entry(const struct obj *object, const struct obj_fot_entry *entry,
                                      struct obj_diag *diag)
{
    uint64_t place = (uint64_t)((const uint8_t *)entry - (const uint8_t *)object->header);
    bool id_zero = entry->id.hi == 0 && entry->id.lo == 0;

    if (entry->reserved != 0)
        return refuse(diag, OBJ_E_RESERVED, place + offsetof(struct obj_fot_entry, reserved), 0,
                      entry->reserved);
    if (entry->kind == OBJ_FOT_ID) {
        if (id_zero || entry->name != 0 || entry->resolver != 0)
            return refuse(diag, OBJ_E_FOT_ENTRY, place, 0, 0);
        return OBJ_OK;
    }
    if (entry->kind != OBJ_FOT_NAME)
        return refuse(diag, OBJ_E_FOT_ENTRY, place, OBJ_FOT_ID, entry->kind);
    if (!id_zero)
        return refuse(diag, OBJ_E_FOT_ENTRY, place, 0, 0);
    if (!metadata_has(object, entry->name))
        return refuse(diag, OBJ_E_FOT_NAME, place + offsetof(struct obj_fot_entry, name),
                      object->header->metadata_length, entry->name);
    if (entry->resolver != 0 && !metadata_has(object, entry->resolver))
        return refuse(diag, OBJ_E_FOT_NAME, place + offsetof(struct obj_fot_entry, resolver),
                      object->header->metadata_length, entry->resolver);
    return OBJ_OK;
}

static enum obj_error check_fot(const struct obj *object, struct obj_diag *diag)
{
    enum obj_error error = OBJ_OK;

    for (uint32_t i = 1; i <= object->fot_count && error == OBJ_OK; i++)
        error = check_fot_entry(object, obj_fot_at(object, i), diag);
    return error;
}

static enum obj_error check_extensions(const struct obj *object, struct obj_diag *diag)
{
    enum obj_error error =
        obj_extensions_check(object->extensions, object->extension_count,
                             TWZ_OBJECT_BASE + object->header->payload_length, diag);

    if (error != OBJ_OK)
        diag->place += object->header->extension_offset;
    return error;
}

static enum obj_error check_header(const void *base, uint64_t size, struct obj_diag *diag)
{
    const struct obj_header *h = base;
    uint64_t checksum;
    enum obj_error error;

    if ((uintptr_t)base % 8)
        return refuse(diag, OBJ_E_UNALIGNED, 0, 0, (uintptr_t)base % 8);
    if (size < sizeof(*h)) {
        if (size < sizeof(h->magic) || memcmp(h->magic, OBJ_MAGIC, sizeof(h->magic)) != 0)
            return refuse(diag, OBJ_E_MAGIC, 0, 0, 0);
        return refuse(diag, OBJ_E_SHORT_HEADER, size, sizeof(*h), size);
    }
    if (memcmp(h->magic, OBJ_MAGIC, sizeof(h->magic)) != 0)
        return refuse(diag, OBJ_E_MAGIC, 0, 0, 0);
    if (h->version != OBJ_VERSION)
        return refuse(diag, OBJ_E_VERSION, FIELD(version), OBJ_VERSION, h->version);
    checksum = obj_checksum(h);
    if (h->checksum != checksum)
        return refuse(diag, OBJ_E_CHECKSUM, FIELD(checksum), checksum, h->checksum);
    error = check_identity(h, diag);
    if (error == OBJ_OK)
        error = check_lengths(h, diag);
    if (error != OBJ_OK)
        return error;
    if (h->reserved != 0)
        return refuse(diag, OBJ_E_RESERVED, FIELD(reserved), 0, h->reserved);
    return check_zero(base, FIELD(zero), sizeof(*h), OBJ_E_RESERVED, diag);
}

enum obj_error obj_open(const void *base, uint64_t size, struct obj *object, struct obj_diag *diag)
{
    const uint8_t *file = base;
    const struct obj_header *h = base;
    struct obj o = {.header = h};
    enum obj_error error;

    *object = (struct obj){0};
    *diag = (struct obj_diag){0};
    error = check_header(base, size, diag);
    if (error == OBJ_OK)
        error = check_parts(h, size, &o.packed_length, diag);
    if (error == OBJ_OK)
        error = check_padding(file, h, diag);
    if (error != OBJ_OK)
        return error;

    o.payload = file + TWZ_OBJECT_BASE;
    o.fot_end = file + h->fot_offset + obj_page_up(h->fot_length);
    o.fot_count = (uint32_t)(h->fot_length / sizeof(struct obj_fot_entry));
    o.extensions = (const void *)(file + h->extension_offset);
    o.extension_count = (uint32_t)(h->extension_length / sizeof(struct obj_extension));
    o.metadata = (const char *)file + h->metadata_offset;
    error = check_metadata(&o, diag);
    if (error == OBJ_OK)
        error = check_fot(&o, diag);
    if (error == OBJ_OK)
        error = check_extensions(&o, diag);
    if (error == OBJ_OK)
        *object = o;
    return error;
}

const struct obj_fot_entry *obj_fot_at(const struct obj *object, uint32_t index)
{
    if (index == 0 || index > object->fot_count)
        return NULL;
    return (const struct obj_fot_entry *)(const void *)object->fot_end - index;
}

const struct obj_extension *obj_extension_find(const struct obj *object, struct twz_id tag)
{
    return obj_extensions_find(object->extensions, object->extension_count, tag);
}

uint64_t obj_extension_address(const struct obj *object)
{
    return OBJ_METADATA_OFFSET - obj_page_up(object->header->extension_length);
}

uint64_t obj_fot_address(const struct obj *object)
{
    return obj_extension_address(object) - obj_page_up(object->header->fot_length);
}

uint64_t obj_checksum(const struct obj_header *header)
{
    static const uint64_t zero;
    const uint8_t *bytes = (const uint8_t *)header;
    XXH3_state_t state;

    XXH3_64bits_reset(&state);
    XXH3_64bits_update(&state, bytes, FIELD(checksum));
    XXH3_64bits_update(&state, &zero, sizeof(zero));
    XXH3_64bits_update(&state, bytes + FIELD(reserved), sizeof(*header) - FIELD(reserved));
    return XXH3_64bits_digest(&state);
}

void obj_digest_header(const struct obj_header *header, struct obj_header *out)
{
    uint64_t shift = obj_page_up(header->payload_length) - obj_page_up(header->stored_length);

    memcpy(out, header, sizeof(*out));
    out->compression = OBJ_COMPRESSION_NONE;
    out->stored_length = header->payload_length;
    out->fot_offset += header->fot_length ? shift : 0;
    out->extension_offset += header->extension_length ? shift : 0;
    out->metadata_offset += header->metadata_length ? shift : 0;
    out->id = out->nonce = (struct twz_id){0, 0};
    out->id_kind = 0;
    out->checksum = 0;
    memset(out->digest, 0, sizeof(out->digest));
    memset(out->key, 0, sizeof(out->key));
    memset(out->name, 0, sizeof(out->name));
    memset(out->signature, 0, sizeof(out->signature));
}

bool obj_has_key(const struct obj_header *header)
{
    return first_nonzero(header->key, 0, sizeof(header->key)) < sizeof(header->key);
}

void obj_signed_make(const struct obj_header *header, struct obj_signed *out)
{
    memcpy(out->tag, "TWZ object maker", sizeof(out->tag));
    out->id = header->id;
    out->nonce = header->nonce;
    memcpy(out->digest, header->digest, sizeof(out->digest));
    memcpy(out->key, header->key, sizeof(out->key));
    memcpy(out->name, header->name, sizeof(out->name));
}

/* What is hashed first. Nonce IDs end after `permissions`. */
struct id_preamble {
    char tag[16];
    struct twz_id nonce;
    uint8_t key[32];
    uint32_t flags;
    uint32_t permissions;
    uint64_t payload_length;
    uint64_t fot_length;
    uint64_t extension_length;
    uint64_t metadata_length;
};
_Static_assert(offsetof(struct id_preamble, payload_length) == 72, "format");
_Static_assert(sizeof(struct id_preamble) == 104, "format");

static struct twz_id id_of_hash(XXH128_hash_t hash)
{
    return (struct twz_id){hash.high64, hash.low64};
}

struct twz_id obj_id_nonce(struct twz_id nonce, const uint8_t key[32], uint32_t flags,
                           uint32_t permissions)
{
    struct id_preamble p = {.nonce = nonce, .flags = flags, .permissions = permissions};

    memcpy(p.tag, "TWZ object nonce", sizeof(p.tag));
    if (key)
        memcpy(p.key, key, sizeof(p.key));
    return id_of_hash(XXH3_128bits(&p, offsetof(struct id_preamble, payload_length)));
}

struct twz_id obj_id_content(const struct obj *object, const void *payload)
{
    const struct obj_header *h = object->header;
    struct id_preamble p = {.flags = h->flags,
                            .permissions = h->permissions,
                            .payload_length = h->payload_length,
                            .fot_length = h->fot_length,
                            .extension_length = h->extension_length,
                            .metadata_length = h->metadata_length};
    XXH3_state_t state;

    memcpy(p.tag, "TWZ object bytes", sizeof(p.tag));
    memcpy(p.key, h->key, sizeof(p.key));
    XXH3_128bits_reset(&state);
    XXH3_128bits_update(&state, &p, sizeof(p));
    XXH3_128bits_update(&state, payload, h->payload_length);
    XXH3_128bits_update(&state, object->fot_end - h->fot_length, h->fot_length);
    XXH3_128bits_update(&state, object->extensions, h->extension_length);
    XXH3_128bits_update(&state, object->metadata, h->metadata_length);
    return id_of_hash(XXH3_128bits_digest(&state));
}

enum obj_error obj_check_id(const struct obj *object, const void *payload, struct obj_diag *diag)
{
    const struct obj_header *h = object->header;
    struct twz_id id = h->id_kind == OBJ_ID_CONTENT
                           ? obj_id_content(object, payload)
                           : obj_id_nonce(h->nonce, h->key, h->flags, h->permissions);

    *diag = (struct obj_diag){0};
    if (id.hi != h->id.hi)
        return refuse(diag, OBJ_E_ID, FIELD(id), id.hi, h->id.hi);
    if (id.lo != h->id.lo)
        return refuse(diag, OBJ_E_ID, FIELD(id) + 8, id.lo, h->id.lo);
    return OBJ_OK;
}

void obj_id_format(struct twz_id id, char text[OBJ_ID_TEXT])
{
    for (unsigned i = 0; i < 32; i++) {
        uint64_t half = i < 16 ? id.hi : id.lo;

        text[i] = "0123456789abcdef"[half >> (60 - i % 16 * 4) & 15];
    }
    text[32] = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool obj_id_parse(const char *text, struct twz_id *id)
{
    uint64_t half[2] = {0, 0};

    *id = (struct twz_id){0, 0};
    for (unsigned i = 0; i < 32; i++) {
        int value = hex_value(text[i]);

        if (value < 0)
            return false;
        half[i / 16] = half[i / 16] << 4 | (unsigned)value;
    }
    if (text[32] != '\0')
        return false;
    *id = (struct twz_id){half[0], half[1]};
    return true;
}

enum obj_error obj_pointer_encode(uint64_t index, uint64_t offset, uint64_t *pointer)
{
    *pointer = 0;
    if (index > OBJ_FOT_MAX)
        return OBJ_E_POINTER_INDEX;
    if (offset > OBJ_POINTER_OFFSET_MAX)
        return OBJ_E_POINTER_OFFSET;
    *pointer = OBJ_POINTER_TAG | index << 40 | offset;
    return OBJ_OK;
}

enum obj_error obj_pointer_decode(uint64_t pointer, uint32_t *index, uint64_t *offset)
{
    *index = 0;
    *offset = 0;
    if (pointer >> 56 != OBJ_POINTER_TAG >> 56)
        return OBJ_E_POINTER_FORM;
    *index = (uint32_t)(pointer >> 40 & 0xffff);
    *offset = pointer & OBJ_POINTER_OFFSET_MAX;
    return OBJ_OK;
}
