/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packed objects: one object in one file, exactly as it will stand in memory. Page 0 of an object
 * is never mapped, so page 0 of the file is the header; the payload follows at 0x1000, so that an
 * offset in the object and an offset in the file are the same number.
 *
 *   file    0x0      header, one page
 *           0x1000   payload, `stored_length` bytes, zero up to the next page
 *                    foreign object table (FOT)    each part page aligned, directly after the
 *                    extensions                    one before it, zero outside its entries;
 *                    metadata (strings)            an absent part has offset and length 0
 *   memory  0x1000   payload, `payload_length` bytes
 *           ...      nothing: never mapped
 *                    FOT, extensions, and the metadata in the object's last page
 *
 * The reader is freestanding: no allocation, no libc beyond memcpy, memset and memcmp, no vector
 * registers. It believes nothing: after obj_open() succeeded, every offset, length, entry and
 * string of the object has been checked, and every byte of the file belongs to exactly one part or
 * is zero. The digest is carried here and checked by the tools (it needs SHA-256 and the expanded
 * payload).
 */
#ifndef TWZELF_OBJECT_H
#define TWZELF_OBJECT_H

#include <stdbool.h>
#include <twz/sys/types.h>

#pragma GCC visibility push(default)

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "object and image files are little endian and are read in place"
#endif

#define OBJ_MAGIC           "\x89TWZOBJ\n" /* 8 bytes, no NUL */
#define OBJ_VERSION         1u
#define OBJ_NAME_SIZE       128u          /* bytes, NUL included */
#define OBJ_FOT_MAX         65535u        /* entries 1..65535; 0 is the object itself */
#define OBJ_EXTENSION_MAX   1024u         /* entries */
#define OBJ_METADATA_MAX    TWZ_PAGE_SIZE /* bytes */
#define OBJ_METADATA_OFFSET (TWZ_SLOT_SIZE - TWZ_PAGE_SIZE)         /* in memory */
#define OBJ_PAYLOAD_MAX     (OBJ_METADATA_OFFSET - TWZ_OBJECT_BASE) /* bytes, without FOT etc. */

enum obj_flags {
    OBJ_IMMUTABLE = 1u << 0, /* its bytes never change; TWZ_WRITE is not in its permissions */
    OBJ_FLAGS_ALL = 0x1
};

/* Where an ID comes from: see obj_id_nonce() and obj_id_content(). */
enum obj_id_kind { OBJ_ID_NONCE = 1, OBJ_ID_CONTENT = 2 };

enum obj_compression {
    OBJ_COMPRESSION_NONE = 0,
    OBJ_COMPRESSION_ZLIB = 1 /* RFC 1950; for storage: images hold expanded payloads */
};

/* Page 0 of a packed object. Offsets are from the start of the file. */
struct obj_header {
    uint8_t magic[8];          /* OBJ_MAGIC */
    uint32_t version;          /* OBJ_VERSION */
    uint32_t flags;            /* enum obj_flags */
    struct twz_id id;          /* hi is never 0: those IDs are the kernel's own */
    struct twz_id nonce;       /* OBJ_ID_CONTENT: zero; OBJ_ID_NONCE: not zero */
    uint32_t id_kind;          /* enum obj_id_kind; OBJ_ID_CONTENT needs OBJ_IMMUTABLE */
    uint32_t permissions;      /* default permissions: enum twz_rights */
    uint32_t medium;           /* enum twz_medium */
    uint32_t compression;      /* enum obj_compression, of the payload */
    uint64_t payload_length;   /* bytes in memory */
    uint64_t stored_length;    /* bytes in the file; the same unless compressed, then smaller */
    uint64_t fot_offset;       /* page aligned */
    uint64_t fot_length;       /* a whole number of struct obj_fot_entry */
    uint64_t extension_offset; /* page aligned */
    uint64_t extension_length; /* a whole number of struct obj_extension */
    uint64_t metadata_offset;  /* page aligned */
    uint64_t metadata_length;  /* bytes of NUL-terminated strings, <= OBJ_METADATA_MAX */
    uint64_t checksum;         /* XXH3-64 of this page with this field zero */
    uint64_t reserved;         /* 0 */
    uint8_t digest[32];        /* SHA-256: obj_digest_header(), then all else expanded */
    uint8_t key[32];           /* Ed25519 public key of the maker, or zero */
    char name[OBJ_NAME_SIZE];  /* printable ASCII without space and '/', NUL filled */
    uint8_t signature[64];     /* Ed25519 by `key` of struct obj_signed; zero without a key */
    uint8_t zero[3696];
};
_Static_assert(offsetof(struct obj_header, magic) == 0, "format");
_Static_assert(offsetof(struct obj_header, version) == 8, "format");
_Static_assert(offsetof(struct obj_header, flags) == 12, "format");
_Static_assert(offsetof(struct obj_header, id) == 16, "format");
_Static_assert(offsetof(struct obj_header, nonce) == 32, "format");
_Static_assert(offsetof(struct obj_header, id_kind) == 48, "format");
_Static_assert(offsetof(struct obj_header, permissions) == 52, "format");
_Static_assert(offsetof(struct obj_header, medium) == 56, "format");
_Static_assert(offsetof(struct obj_header, compression) == 60, "format");
_Static_assert(offsetof(struct obj_header, payload_length) == 64, "format");
_Static_assert(offsetof(struct obj_header, stored_length) == 72, "format");
_Static_assert(offsetof(struct obj_header, fot_offset) == 80, "format");
_Static_assert(offsetof(struct obj_header, fot_length) == 88, "format");
_Static_assert(offsetof(struct obj_header, extension_offset) == 96, "format");
_Static_assert(offsetof(struct obj_header, extension_length) == 104, "format");
_Static_assert(offsetof(struct obj_header, metadata_offset) == 112, "format");
_Static_assert(offsetof(struct obj_header, metadata_length) == 120, "format");
_Static_assert(offsetof(struct obj_header, checksum) == 128, "format");
_Static_assert(offsetof(struct obj_header, reserved) == 136, "format");
_Static_assert(offsetof(struct obj_header, digest) == 144, "format");
_Static_assert(offsetof(struct obj_header, key) == 176, "format");
_Static_assert(offsetof(struct obj_header, name) == 208, "format");
_Static_assert(offsetof(struct obj_header, signature) == 336, "format");
_Static_assert(offsetof(struct obj_header, zero) == 400, "format");
_Static_assert(sizeof(struct obj_header) == TWZ_PAGE_SIZE, "the header is page 0");

/* What a maker's key signs: all that an object is and is called. */
struct obj_signed {
    char tag[16]; /* "TWZ object maker", no NUL */
    struct twz_id id;
    struct twz_id nonce;
    uint8_t digest[32];
    uint8_t key[32];
    char name[OBJ_NAME_SIZE];
};
_Static_assert(offsetof(struct obj_signed, digest) == 48, "format");
_Static_assert(sizeof(struct obj_signed) == 240, "format");

/* What an index of a persistent pointer stands for. The FOT grows down: entry n >= 1 ends
 * (n - 1) * 32 bytes below the end of the FOT's last page, in the file as in memory. Index 0 is the
 * object itself and has no entry. */
enum obj_fot_kind { OBJ_FOT_ID = 1, OBJ_FOT_NAME = 2 };

struct obj_fot_entry {
    uint32_t kind;     /* enum obj_fot_kind */
    uint32_t resolver; /* NAME: metadata offset of the resolver's name, 0: the default; ID: 0 */
    struct twz_id id;  /* ID: the target; NAME: zero */
    uint32_t name;     /* NAME: metadata offset of the target's name, never 0; ID: 0 */
    uint32_t reserved; /* 0 */
};
_Static_assert(offsetof(struct obj_fot_entry, kind) == 0, "format");
_Static_assert(offsetof(struct obj_fot_entry, resolver) == 4, "format");
_Static_assert(offsetof(struct obj_fot_entry, id) == 8, "format");
_Static_assert(offsetof(struct obj_fot_entry, name) == 24, "format");
_Static_assert(offsetof(struct obj_fot_entry, reserved) == 28, "format");
_Static_assert(sizeof(struct obj_fot_entry) == 32, "format");

/* One extension that the object implements: a tag and its table of functions in the payload.
 * Sorted by tag, no tag twice. */
struct obj_extension {
    struct twz_id tag;
    uint64_t table; /* offset in the object, 8-byte aligned */
    uint32_t count; /* functions: 8 bytes each, all inside the payload */
    uint32_t reserved;
};
_Static_assert(offsetof(struct obj_extension, tag) == 0, "format");
_Static_assert(offsetof(struct obj_extension, table) == 16, "format");
_Static_assert(offsetof(struct obj_extension, count) == 24, "format");
_Static_assert(offsetof(struct obj_extension, reserved) == 28, "format");
_Static_assert(sizeof(struct obj_extension) == 32, "format");

/* X(name, what was expected, what to do) */
#define OBJ_ERRORS(X)                                                                              \
    X(OBJ_E_UNALIGNED, "the file's bytes at an 8-byte aligned address", "map the file again")      \
    X(OBJ_E_SHORT_HEADER, "a header of 4096 bytes", "the file is truncated: copy it again")        \
    X(OBJ_E_MAGIC, "the magic number of a packed object", "make one with `objtool pack`")          \
    X(OBJ_E_VERSION, "object format version 1", "pack it again with this version of objtool")      \
    X(OBJ_E_CHECKSUM, "a header that matches its checksum", "the header was changed: pack again")  \
    X(OBJ_E_FLAGS, "known flags only", "pack it again with this version of objtool")               \
    X(OBJ_E_ID_KIND, "a known kind of ID: 1 (nonce) or 2 (content)", "pack it again")              \
    X(OBJ_E_ID_RESERVED, "an ID outside the kernel's own (upper half not zero)", "pack it again")  \
    X(OBJ_E_CONTENT_MUTABLE, "an immutable object, because its ID is made from its content",       \
      "use `--id nonce`")                                                                          \
    X(OBJ_E_CONTENT_NONCE, "no nonce, because the ID is made from the content", "pack it again")   \
    X(OBJ_E_NONCE_ZERO, "a nonce other than zero", "pack it again")                                \
    X(OBJ_E_PERMISSIONS, "known permissions only", "pack it again")                                \
    X(OBJ_E_IMMUTABLE_WRITE, "an immutable object without write permission", "pack it again")      \
    X(OBJ_E_MEDIUM, "a known medium: 0 (volatile) or 1 (persistent)", "pack it again")             \
    X(OBJ_E_COMPRESSION, "a known compression: 0 (none) or 1 (zlib)", "pack it again")             \
    X(OBJ_E_PAYLOAD_LENGTH, "a payload that fits into an object of 1 GiB", "split the payload")    \
    X(OBJ_E_STORED_LENGTH, "a stored length equal to the payload's, or smaller if compressed",     \
      "pack it again")                                                                             \
    X(OBJ_E_FOT_LENGTH, "at most 65535 whole entries in the foreign object table",                 \
      "point to fewer objects")                                                                    \
    X(OBJ_E_EXTENSION_LENGTH, "at most 1024 whole extension entries", "register fewer extensions") \
    X(OBJ_E_METADATA_LENGTH, "at most one page of metadata", "use shorter or fewer names")         \
    X(OBJ_E_PART_ABSENT, "offset 0 for a part of length 0", "pack it again")                       \
    X(OBJ_E_PART_UNALIGNED, "a part at a page aligned offset", "pack it again")                    \
    X(OBJ_E_PART_OVERLAP, "a part after the end of the one before it", "pack it again")            \
    X(OBJ_E_PART_GAP, "a part directly after the one before it", "pack it again")                  \
    X(OBJ_E_TRUNCATED, "all bytes that the header promises",                                       \
      "the file is truncated: copy it again")                                                      \
    X(OBJ_E_TRAILING, "nothing after the object's last page", "cut the file at the place above")   \
    X(OBJ_E_MEMORY, "parts that leave each other room in an object of 1 GiB", "split the payload") \
    X(OBJ_E_RESERVED, "zero in reserved bytes", "pack it again")                                   \
    X(OBJ_E_PADDING, "zero up to the next page", "pack it again")                                  \
    X(OBJ_E_NAME, "a name of 1 to 127 printable characters, NUL filled, no space, no '/'",         \
      "give one with `--name`")                                                                    \
    X(OBJ_E_METADATA, "NUL-terminated strings, the first one empty", "pack it again")              \
    X(OBJ_E_FOT_ENTRY, "a foreign object entry by ID or by name", "pack it again")                 \
    X(OBJ_E_FOT_NAME, "the offset of a name in the metadata", "pack it again")                     \
    X(OBJ_E_EXTENSION_ORDER, "extensions sorted by tag, each tag once", "pack it again")           \
    X(OBJ_E_EXTENSION_TABLE, "an aligned table of functions inside the payload", "pack it again")  \
    X(OBJ_E_ID, "an ID that is the hash of what it names", "it was changed: pack it again")        \
    X(OBJ_E_DIGEST, "the SHA-256 digest of its content", "it was changed: pack it again")          \
    X(OBJ_E_SIGNATURE_KEY, "no signature, because there is no key", "sign it with `objtool sign`") \
    X(OBJ_E_SIGNATURE, "a signature by the object's key", "do not trust it: get it again")         \
    X(OBJ_E_SIGNER, "the key that was asked for", "do not trust it, or ask for another key")       \
    X(OBJ_E_CAP_SIZE, "1 to 8 tokens of 224 bytes", "the file is damaged: get it again")           \
    X(OBJ_E_CAP_MAGIC, "the magic number of a capability", "make one with `objtool grant`")        \
    X(OBJ_E_CAP_VERSION, "capability format version 1", "make it again with this objtool")         \
    X(OBJ_E_CAP_FIELD, "known rights, at least one, and gates below 65536", "make it again")       \
    X(OBJ_E_CAP_OBJECT, "a capability for this object", "give the object that it names")           \
    X(OBJ_E_CAP_HOLDER, "a capability for this context", "ask for one of its own")                 \
    X(OBJ_E_CAP_KEY, "the key of the object, or of whoever may delegate",                          \
      "sign with the key that the object or the token before names")                               \
    X(OBJ_E_CAP_PARENT, "the hash of the token before", "do not trust it")                         \
    X(OBJ_E_CAP_WIDER, "no more than the token before allows", "ask for less")                     \
    X(OBJ_E_CAP_SIGNATURE, "a signature by the token's key", "do not trust it")                    \
    X(OBJ_E_INFLATE, "a zlib stream of the length that the header promises", "pack it again")      \
    X(OBJ_E_POINTER_INDEX, "a foreign object index of at most 65535", "point to fewer objects")    \
    X(OBJ_E_POINTER_OFFSET, "an offset below 2^40", "point into the object")                       \
    X(OBJ_E_POINTER_FORM, "a persistent pointer: bit 63 clear, bit 62 set, bits 61 to 56 clear",   \
      "write it with obj_pointer_encode()")                                                        \
    X(OBJ_E_POINTER_ENTRY, "an index that the foreign object table has", "add the entry first")    \
    X(OBJ_E_IMAGE_SHORT, "an image header of 128 bytes", "the file is truncated: copy it again")   \
    X(OBJ_E_IMAGE_MAGIC, "the magic number of an image", "make one with `objtool image`")          \
    X(OBJ_E_IMAGE_VERSION, "image format version 1", "make it again with this objtool")            \
    X(OBJ_E_IMAGE_FLAGS, "no image flags", "make it again with this objtool")                      \
    X(OBJ_E_IMAGE_COUNT, "1 to 65536 objects", "add an object, or make two images")                \
    X(OBJ_E_IMAGE_INDEX, "an index just large enough for its entries", "make the image again")     \
    X(OBJ_E_IMAGE_TRUNCATED, "all bytes that the image header promises",                           \
      "the file is truncated: copy it again")                                                      \
    X(OBJ_E_IMAGE_TRAILING, "nothing after the last object", "cut the file at the place above")    \
    X(OBJ_E_IMAGE_CHECKSUM, "an index that matches its checksum",                                  \
      "the index was changed: make the image again")                                               \
    X(OBJ_E_IMAGE_RESERVED, "zero in reserved bytes of the index", "make the image again")         \
    X(OBJ_E_IMAGE_NAME, "a name of 1 to 127 printable characters, NUL filled, no space, no '/'",   \
      "make the image again")                                                                      \
    X(OBJ_E_IMAGE_NAME_ORDER, "entries sorted by name", "make the image again")                    \
    X(OBJ_E_IMAGE_NAME_TWICE, "every name once", "rename an object with `pack --name`")            \
    X(OBJ_E_IMAGE_ID_INDEX, "the index of an entry in the ID table", "make the image again")       \
    X(OBJ_E_IMAGE_ID_ORDER, "the ID table sorted by ID", "make the image again")                   \
    X(OBJ_E_IMAGE_ID_TWICE, "every ID once", "leave one of the two objects out")                   \
    X(OBJ_E_IMAGE_OBJECT_UNALIGNED, "an object at a page aligned offset, of whole pages",          \
      "make the image again")                                                                      \
    X(OBJ_E_IMAGE_OBJECT_OVERLAP, "an object after the end of the one before it",                  \
      "make the image again")                                                                      \
    X(OBJ_E_IMAGE_OBJECT_GAP, "an object directly after the one before it",                        \
      "make the image again")                                                                      \
    X(OBJ_E_IMAGE_OBJECT_BOUNDS, "an object inside the image", "make the image again")             \
    X(OBJ_E_IMAGE_ENTRY_NAME, "the name that the index gives to this object",                      \
      "make the image again")                                                                      \
    X(OBJ_E_IMAGE_ENTRY_ID, "the ID that the index gives to this object", "make the image again")  \
    X(OBJ_E_IMAGE_COMPRESSED, "an expanded payload", "make the image again, it expands payloads")  \
    X(OBJ_E_IMAGE_MUTABLE, "an immutable object: images are mapped in place",                      \
      "pack it with `objtool pack`")                                                               \
    X(OBJ_E_IMAGE_MEDIUM, "a volatile object: there is no store yet", "pack it as volatile")

enum obj_error {
    OBJ_OK = 0,
#define X(name, expected, cure) name,
    OBJ_ERRORS(X)
#undef X
};

/* Why something was refused. `place` is an offset in the file (in images: in the image file).
 * Where two numbers disagree, `expected` and `found` are these; otherwise both are 0. For IDs they
 * are the halves that differ. */
struct obj_diag {
    enum obj_error error;
    uint64_t place;
    uint64_t expected;
    uint64_t found;
};

/* Static strings; an unknown number gives "unknown error". */
const char *obj_error_name(enum obj_error error);     /* "OBJ_E_MAGIC" */
const char *obj_error_expected(enum obj_error error); /* "the magic number of a packed object" */
const char *obj_error_cure(enum obj_error error);     /* "make one with `objtool pack`" */

/* A checked packed object. Pointers lead into the caller's bytes and live as long as these. */
struct obj {
    const struct obj_header *header;
    const uint8_t *payload; /* header->stored_length bytes */
    const uint8_t *fot_end; /* see obj_fot_at() */
    const struct obj_extension *extensions;
    const char *metadata;
    uint32_t fot_count; /* entries 1..fot_count exist */
    uint32_t extension_count;
    uint64_t packed_length; /* bytes of the whole file, a multiple of the page size */
};

/*
 * Checks a packed object of exactly `size` bytes at `base` (8-byte aligned): everything but ID and
 * digest. On failure `*object` is zero and `*diag` says why. Time is linear in the size of the
 * header, the parts and the padding; the payload is not read.
 */
__attribute__((warn_unused_result)) enum obj_error
obj_open(const void *base, uint64_t size, struct obj *object, struct obj_diag *diag);

/*
 * Recomputes the ID of an open object and compares. `payload` is the expanded payload,
 * header->payload_length bytes (object->payload if it is not compressed); it is only read if the ID
 * is made from the content.
 */
__attribute__((warn_unused_result)) enum obj_error
obj_check_id(const struct obj *object, const void *payload, struct obj_diag *diag);

/* The ID of an object that is named by a nonce: XXH3-128 of "TWZ object nonce" (16 bytes, no NUL),
 * nonce, key, flags, permissions. `key` may be NULL (zero). The kernel names its objects this way;
 * a result whose upper half is 0 must not be used: draw another nonce. */
struct twz_id obj_id_nonce(struct twz_id nonce, const uint8_t key[32], uint32_t flags,
                           uint32_t permissions);

/* The ID of an immutable object that is named by its content: XXH3-128 of "TWZ object bytes",
 * 16 zero bytes, key, flags, permissions, the lengths of payload, FOT, extensions and metadata (8
 * bytes each), then payload, FOT entries as stored, extensions and metadata without padding. */
struct twz_id obj_id_content(const struct obj *object, const void *payload);

/* XXH3-64 of the header page, its `checksum` taken as zero. */
uint64_t obj_checksum(const struct obj_header *header);

/* The header's part of the digest: a copy as it would be without compression, with id, nonce,
 * id_kind, checksum, digest, key, name and signature zero. The digest is SHA-256 of that page and
 * of all that follows it in the uncompressed file. */
void obj_digest_header(const struct obj_header *header, struct obj_header *out);

/* Whether the object has a maker's key. */
bool obj_has_key(const struct obj_header *header);

/* What the key signs; see struct obj_signed. */
void obj_signed_make(const struct obj_header *header, struct obj_signed *out);

/* Whether this is a name that objects may have: 1 to OBJ_NAME_SIZE - 1 bytes, 0x21 to 0x7e
 * without '/'. `size` bytes may be read at most. */
bool obj_name_valid(const char *name, size_t size);

/* Entry `index` (1..fot_count) of the table, or NULL. */
const struct obj_fot_entry *obj_fot_at(const struct obj *object, uint32_t index);

/* The extension with this tag, or NULL. */
const struct obj_extension *obj_extension_find(const struct obj *object, struct twz_id tag);

/* Offsets in memory of parts that exist, page aligned. */
uint64_t obj_extension_address(const struct obj *object);
uint64_t obj_fot_address(const struct obj *object); /* of its lowest page */

static inline uint64_t obj_page_up(uint64_t length) /* length <= 2^63 */
{
    return (length + TWZ_PAGE_SIZE - 1) & ~(TWZ_PAGE_SIZE - 1);
}

static inline bool obj_id_equal(struct twz_id a, struct twz_id b)
{
    return a.hi == b.hi && a.lo == b.lo;
}

/* < 0, 0, > 0 as a sorts before, with or after b. */
static inline int obj_id_compare(struct twz_id a, struct twz_id b)
{
    if (a.hi != b.hi)
        return a.hi < b.hi ? -1 : 1;
    return a.lo == b.lo ? 0 : a.lo < b.lo ? -1 : 1;
}

/* IDs as text: 32 hexadecimal digits, upper half first. Parsing takes exactly that form, in either
 * case; the text is NUL-terminated. */
#define OBJ_ID_TEXT 33u /* bytes, NUL included */
void obj_id_format(struct twz_id id, char text[OBJ_ID_TEXT]);
__attribute__((warn_unused_result)) bool obj_id_parse(const char *text, struct twz_id *id);

/*
 * Persistent pointers: bit 63 clear and bit 62 set (never canonical on x86_64, with 4 or 5 levels
 * of tables, so that a raw dereference faults), bits 61 to 56 clear, FOT index at bit 40, offset
 * below.
 */
#define OBJ_POINTER_TAG        (1ull << 62)
#define OBJ_POINTER_OFFSET_MAX ((1ull << 40) - 1)

__attribute__((warn_unused_result)) enum obj_error
obj_pointer_encode(uint64_t index, uint64_t offset, uint64_t *pointer);
__attribute__((warn_unused_result)) enum obj_error
obj_pointer_decode(uint64_t pointer, uint32_t *index, uint64_t *offset);

#pragma GCC visibility pop

#endif
