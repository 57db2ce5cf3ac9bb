/* SPDX-License-Identifier: BSD-2-Clause */
#include "key.h"

#include <sodium/crypto_hash_sha256.h>
#include <stdlib.h>
#include <string.h>

#define HASH_PIECE ((uint64_t)1 << 20)

const char *path_base(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static const char right_letters[] = "rwxud";

const char *rights_text(uint32_t rights, char text[6])
{
    for (unsigned i = 0; i < 5; i++)
        text[i] = rights & 1u << i ? right_letters[i] : '-';
    text[5] = '\0';
    return text;
}

bool rights_parse(const char *text, uint32_t *rights)
{
    for (*rights = 0; *text; text++) {
        const char *at = strchr(right_letters, *text);

        if (!at || *rights & 1u << (at - right_letters))
            return false;
        *rights |= 1u << (at - right_letters);
    }
    return true;
}

void packed_free(struct packed *packed)
{
    buffer_free(packed->bytes, packed->size);
    packed->bytes = NULL;
}

void object_digest(const struct obj *object, uint8_t digest[32])
{
    const uint64_t size = object->packed_length - sizeof(struct obj_header);
    struct obj_header header;
    crypto_hash_sha256_state state;

    obj_digest_header(object->header, &header);
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const unsigned char *)&header, sizeof(header));
    for (uint64_t at = 0, n; at < size; at += n) {
        progress("hashing", object->header->name, at, size);
        n = size - at < HASH_PIECE ? size - at : HASH_PIECE;
        crypto_hash_sha256_update(&state, object->payload + at, n);
    }
    crypto_hash_sha256_final(&state, digest);
}

enum obj_error object_check(const struct obj *object, uint64_t offset, struct obj_diag *diag)
{
    uint8_t digest[32];
    enum obj_error error = obj_check_id(object, object->payload, diag);

    if (error == OBJ_OK) {
        object_digest(object, digest);
        for (unsigned i = 0; i < sizeof(digest) && error == OBJ_OK; i++) {
            if (digest[i] != object->header->digest[i]) {
                error = OBJ_E_DIGEST;
                *diag = (struct obj_diag){error, offsetof(struct obj_header, digest) + i, digest[i],
                                          object->header->digest[i]};
            }
        }
    }
    if (error == OBJ_OK)
        error = object_check_signature(object->header, 0, diag);
    if (error != OBJ_OK)
        diag->place += offset;
    return error;
}

/* The same inputs give the same nonce, on every machine: the first half of SHA-256 of a tag, the
 * digest, the name's field and a count. The count goes on while an ID falls among the kernel's. */
static void derive_nonce(struct obj_header *header)
{
    uint8_t hash[32];

    for (uint8_t count = 0; header->id.hi == 0; count++) {
        crypto_hash_sha256_state state;

        crypto_hash_sha256_init(&state);
        crypto_hash_sha256_update(&state, (const unsigned char *)"TWZ packed nonce", 16);
        crypto_hash_sha256_update(&state, header->digest, sizeof(header->digest));
        crypto_hash_sha256_update(&state, (const unsigned char *)header->name,
                                  sizeof(header->name));
        crypto_hash_sha256_update(&state, &count, sizeof(count));
        crypto_hash_sha256_final(&state, hash);
        memcpy(&header->nonce, hash, sizeof(header->nonce));
        header->id = obj_id_nonce(header->nonce, header->key, header->flags, header->permissions);
    }
}

/* Puts the rest of an object behind a payload that takes another number of pages. */
static void move_parts(uint8_t *to, const struct obj *from, uint64_t stored_length)
{
    struct obj_header *h = (struct obj_header *)(void *)to;
    uint64_t old_end = TWZ_OBJECT_BASE + obj_page_up(from->header->stored_length);
    uint64_t new_end = TWZ_OBJECT_BASE + obj_page_up(stored_length);

    memcpy(h, from->header, sizeof(*h));
    memcpy(to + new_end, (const uint8_t *)from->header + old_end, from->packed_length - old_end);
    h->stored_length = stored_length;
    h->fot_offset += h->fot_length ? new_end - old_end : 0;
    h->extension_offset += h->extension_length ? new_end - old_end : 0;
    h->metadata_offset += h->metadata_length ? new_end - old_end : 0;
}

/* Completes the header and has the result checked as a reader would. */
static int packed_finish(struct packed *packed, uint64_t length, const char *file)
{
    struct obj_header *h = (struct obj_header *)(void *)packed->bytes;
    struct obj_diag diag;

    h->checksum = obj_checksum(h);
    if (obj_open(packed->bytes, length, &packed->object, &diag) == OBJ_OK)
        return STATUS_FINE;
    packed_free(packed);
    return report_refusal(file, &diag);
}

int packed_write(const struct packed *packed, const char *path, const char *file)
{
    const struct obj *object = &packed->object;
    struct packed expanded;
    struct obj_diag diag;
    char id[OBJ_ID_TEXT];
    int status = packed_expand(&expanded, object, file, 0);

    if (status != STATUS_FINE)
        return STATUS_INPUT;
    if (object_check(&expanded.object, 0, &diag) != OBJ_OK)
        status = report_refusal(path, &diag);
    packed_free(&expanded);
    if (status == STATUS_FINE)
        status = output_write(path, packed->bytes, object->packed_length);
    if (status == STATUS_FINE) {
        obj_id_format(object->header->id, id);
        report_set(report_document(), "name", report_text(object->header->name));
        report_set(report_document(), "id", report_text(id));
    }
    return status;
}

/* Replaces a finished object by one with a compressed payload, if that is smaller. */
static int packed_compress(struct packed *packed, const char *file)
{
    const struct obj *from = &packed->object;
    uint64_t payload_length = from->header->payload_length;
    uint64_t rest = from->packed_length - TWZ_OBJECT_BASE - obj_page_up(payload_length);
    uint64_t length = compress_room(payload_length);
    struct packed to = {.size = TWZ_OBJECT_BASE + obj_page_up(length) + rest};

    to.bytes = buffer_new(to.size);
    if (!to.bytes)
        return report_no_memory(file);
    if (compress_bytes(file, from->payload, payload_length, to.bytes + TWZ_OBJECT_BASE, &length) !=
        STATUS_FINE) {
        packed_free(&to);
        return STATUS_INPUT;
    }
    if (length >= payload_length) {
        packed_free(&to);
        return STATUS_FINE;
    }
    move_parts(to.bytes, from, length);
    ((struct obj_header *)(void *)to.bytes)->compression = OBJ_COMPRESSION_ZLIB;
    packed_free(packed);
    *packed = to;
    return packed_finish(packed, TWZ_OBJECT_BASE + obj_page_up(length) + rest, file);
}

static int inflate_payload(uint8_t *to, const struct obj *object, const char *file, uint64_t offset)
{
    const struct obj_header *h = object->header;
    uint64_t length = h->payload_length;
    int status = expand_bytes(file, object->payload, h->stored_length, to, &length);

    if (status != STATUS_NO)
        return status;
    report_refusal(file, &(struct obj_diag){OBJ_E_INFLATE, offset + TWZ_OBJECT_BASE,
                                            h->payload_length, length});
    return STATUS_NO;
}

int packed_expand(struct packed *packed, const struct obj *object, const char *file,
                  uint64_t offset)
{
    const struct obj_header *h = object->header;
    uint64_t pages = obj_page_up(h->payload_length);
    uint64_t rest = object->packed_length - TWZ_OBJECT_BASE - obj_page_up(h->stored_length);
    int status = STATUS_FINE;

    *packed = (struct packed){.size = TWZ_OBJECT_BASE + pages + rest};
    packed->bytes = buffer_new(packed->size);
    if (!packed->bytes)
        return report_no_memory(file);
    move_parts(packed->bytes, object, h->payload_length);
    ((struct obj_header *)(void *)packed->bytes)->compression = OBJ_COMPRESSION_NONE;
    if (h->compression == OBJ_COMPRESSION_NONE)
        memcpy(packed->bytes + TWZ_OBJECT_BASE, object->payload, h->payload_length);
    else
        status = inflate_payload(packed->bytes + TWZ_OBJECT_BASE, object, file, offset);
    if (status != STATUS_FINE) {
        packed_free(packed);
        return status;
    }
    return packed_finish(packed, packed->size, file);
}

/* Everything of a header but digest, nonce, ID and checksum. */
static void fill_header(struct obj_header *h, const struct recipe *recipe)
{
    uint64_t end = TWZ_OBJECT_BASE + obj_page_up(recipe->payload_length);

    memcpy(h->magic, OBJ_MAGIC, sizeof(h->magic));
    h->version = OBJ_VERSION;
    h->flags = OBJ_IMMUTABLE;
    h->id_kind = recipe->id_kind;
    h->permissions = recipe->permissions;
    h->medium = recipe->medium;
    h->payload_length = h->stored_length = recipe->payload_length;
    memcpy(h->name, recipe->name, strlen(recipe->name));
    if (recipe->fot && recipe->fot->count) {
        h->fot_offset = end;
        h->fot_length = recipe->fot->count * sizeof(struct obj_fot_entry);
        end += obj_page_up(h->fot_length);
    }
    if (recipe->extension_count) {
        h->extension_offset = end;
        h->extension_length = recipe->extension_count * sizeof(struct obj_extension);
        end += obj_page_up(h->extension_length);
    }
    if (recipe->fot && recipe->fot->metadata_size) {
        h->metadata_offset = end;
        h->metadata_length = recipe->fot->metadata_size;
    }
}

/* ID and signature of an object that is complete otherwise. */
static void name_and_sign(struct obj_header *h, const struct obj *object,
                          const struct secret_key *key)
{
    if (key)
        memcpy(h->key, key->public_key, sizeof(h->key));
    h->id = h->nonce = (struct twz_id){0, 0};
    if (h->id_kind == OBJ_ID_CONTENT)
        h->id = obj_id_content(object, object->payload);
    else
        derive_nonce(h);
    if (key)
        object_sign(h, key);
}

int packed_sign(struct packed *packed, const struct obj *object, const struct secret_key *key,
                const char *file)
{
    bool compress = object->header->compression != OBJ_COMPRESSION_NONE;
    struct obj_diag diag;
    struct obj_header *h;
    int status = packed_expand(packed, object, file, 0);

    if (status != STATUS_FINE)
        return status;
    if (object_check(&packed->object, 0, &diag) != OBJ_OK) {
        packed_free(packed);
        return report_refusal(file, &diag);
    }
    h = (struct obj_header *)(void *)packed->bytes;
    name_and_sign(h, &packed->object, key);
    status = packed_finish(packed, packed->size, file);
    return status == STATUS_FINE && compress ? packed_compress(packed, file) : status;
}

/* The parts of an object in memory, once its header says where they are. */
static struct obj parts_of(uint8_t *bytes, uint64_t size)
{
    struct obj_header *h = (struct obj_header *)(void *)bytes;

    return (struct obj){.header = h,
                        .payload = bytes + TWZ_OBJECT_BASE,
                        .fot_end = bytes + h->fot_offset + obj_page_up(h->fot_length),
                        .metadata = (char *)bytes + h->metadata_offset,
                        .extensions = (void *)(bytes + h->extension_offset),
                        .packed_length = size};
}

int packed_make(struct packed *packed, const struct recipe *recipe, const char *file)
{
    struct obj_header header = {0}, *h;
    uint64_t size;
    struct obj object;

    fill_header(&header, recipe);
    size = TWZ_OBJECT_BASE + obj_page_up(header.payload_length) + obj_page_up(header.fot_length) +
           obj_page_up(header.extension_length) + obj_page_up(header.metadata_length);
    *packed = (struct packed){.bytes = buffer_new(size), .size = size};
    if (!packed->bytes)
        return report_no_memory(file);
    h = (struct obj_header *)(void *)packed->bytes;
    *h = header;
    memcpy(packed->bytes + TWZ_OBJECT_BASE, recipe->payload, recipe->payload_length);
    object = parts_of(packed->bytes, size);
    if (recipe->fot) {
        obj_fot_write(recipe->fot, packed->bytes + h->fot_offset + obj_page_up(h->fot_length));
        memcpy(packed->bytes + h->metadata_offset, recipe->fot->metadata, h->metadata_length);
    }
    if (recipe->extension_count)
        memcpy(packed->bytes + h->extension_offset, recipe->extensions, h->extension_length);
    object_digest(&object, h->digest);
    name_and_sign(h, &object, recipe->key);
    if (packed_finish(packed, size, file) != STATUS_FINE)
        return STATUS_INPUT;
    return recipe->compress ? packed_compress(packed, file) : STATUS_FINE;
}

int packed_extend(struct packed *packed, const struct obj *object,
                  const struct obj_extension *extensions, uint32_t count,
                  const struct secret_key *key, bool compress, const char *file)
{
    const struct obj_header *from = object->header;
    const uint64_t start =
        TWZ_OBJECT_BASE + obj_page_up(from->payload_length) + obj_page_up(from->fot_length);
    const uint64_t length = count * sizeof(*extensions), end = start + obj_page_up(length);
    const uint64_t size = end + obj_page_up(from->metadata_length);
    struct obj_header *h;
    struct obj changed;
    int status;

    *packed = (struct packed){.bytes = buffer_new(size), .size = size};
    if (!packed->bytes)
        return report_no_memory(file);
    h = (struct obj_header *)(void *)packed->bytes;
    memcpy(packed->bytes, from, start);
    if (count)
        memcpy(packed->bytes + start, extensions, length);
    memcpy(packed->bytes + end, object->metadata, from->metadata_length);
    h->extension_length = length;
    h->extension_offset = length ? start : 0;
    h->metadata_offset = h->metadata_length ? end : 0;
    memset(h->key, 0, sizeof(h->key));
    memset(h->signature, 0, sizeof(h->signature));
    changed = parts_of(packed->bytes, size);
    changed.fot_count = object->fot_count;
    changed.extension_count = count;
    object_digest(&changed, h->digest);
    name_and_sign(h, &changed, key);
    status = packed_finish(packed, size, file);
    return status == STATUS_FINE && compress ? packed_compress(packed, file) : status;
}

int object_open(const struct input *input, const char *name, struct obj *object, uint64_t *offset)
{
    struct obj_diag diag;
    struct obj_image image;
    const struct obj_image_entry *entry;
    struct problem problem = {.file = input->path, .error = "E_NAME", .found = name};

    *offset = 0;
    if (!input_is_image(input)) {
        if (obj_open(input->bytes, input->size, object, &diag) != OBJ_OK)
            return report_refusal(input->path, &diag);
        if (!name || strcmp(name, object->header->name) == 0)
            return STATUS_FINE;
        problem.expected = "the name is not that of this object";
        problem.cure = "see `objtool info`";
        report_problem(&problem);
        return STATUS_INPUT;
    }
    if (obj_image_open(input->bytes, input->size, &image, &diag) != OBJ_OK)
        return report_refusal(input->path, &diag);
    entry = name ? obj_image_find(&image, name) : NULL;
    if (!entry) {
        problem.expected = name ? "there is no object of this name" : "an image holds many objects";
        problem.cure = "name one of those that `objtool ls` shows";
        report_problem(&problem);
        return STATUS_INPUT;
    }
    *offset = entry->offset;
    if (obj_image_object(&image, entry, object, &diag) != OBJ_OK)
        return report_refusal(input->path, &diag);
    return STATUS_FINE;
}

int object_expand(const struct input *input, const char *name, struct obj *object,
                  struct packed *packed, uint64_t *offset)
{
    int status = object_open(input, name, object, offset);

    if (status == STATUS_FINE)
        status = packed_expand(packed, object, input->path, *offset);
    return status == STATUS_FINE ? STATUS_FINE : STATUS_INPUT;
}
