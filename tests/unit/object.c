/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include "object_fixture.h"

#include <stdio.h>
#include <twzelf/extension.h>

static uint8_t *bytes;

static int setup(void **state)
{
    (void)state;
    bytes = fixture_alloc(FIXTURE_SIZE);
    fixture_full(bytes);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(bytes);
    return 0;
}

static void expect_refusal(uint64_t size, enum obj_error error, uint64_t place)
{
    struct obj object;
    struct obj_diag diag;

    memset(&object, 0xff, sizeof(object));
    assert_string_equal(obj_error_name(obj_open(bytes, size, &object, &diag)),
                        obj_error_name(error));
    assert_int_equal(diag.error, error);
    assert_int_equal(diag.place, place);
    assert_null(object.header);
}

static void opens(void **state)
{
    struct obj object;
    struct obj_diag diag;

    (void)state;
    assert_int_equal(obj_open(bytes, FIXTURE_SIZE, &object, &diag), OBJ_OK);
    assert_ptr_equal(object.payload, bytes + TWZ_OBJECT_BASE);
    assert_int_equal(object.packed_length, FIXTURE_SIZE);
    assert_int_equal(object.fot_count, 2);
    assert_int_equal(object.extension_count, 1);
    assert_int_equal(obj_check_id(&object, object.payload, &diag), OBJ_OK);
}

static void finds_foreign_objects(void **state)
{
    struct obj object;
    struct obj_diag diag;

    (void)state;
    assert_int_equal(obj_open(bytes, FIXTURE_SIZE, &object, &diag), OBJ_OK);
    assert_null(obj_fot_at(&object, 0));
    assert_int_equal(obj_fot_at(&object, 1)->id.lo, 6);
    assert_string_equal(object.metadata + obj_fot_at(&object, 2)->name, "libz.so");
    assert_string_equal(object.metadata + obj_fot_at(&object, 2)->resolver, "dns");
    assert_null(obj_fot_at(&object, 3));
    assert_int_equal(obj_extension_address(&object), 0x3fffe000);
    assert_int_equal(obj_fot_address(&object), 0x3fffd000);
}

/* One field at a time gets one wrong value, and the header a fitting checksum. */
struct damage {
    uint64_t offset;
    uint64_t width;
    uint64_t value;
    enum obj_error error;
    uint64_t place;
};

#define H(field, value, error)                                                                     \
    {                                                                                              \
        offsetof(struct obj_header, field), sizeof(((struct obj_header *)0)->field), value, error, \
            offsetof(struct obj_header, field)                                                     \
    }
#define AT(offset, width, value, error, place)                                                     \
    {                                                                                              \
        offset, width, value, error, place                                                         \
    }

static const struct damage damages[] = {
    AT(0, 1, 0, OBJ_E_MAGIC, 0),
    H(version, 2, OBJ_E_VERSION),
    H(flags, 3, OBJ_E_FLAGS),
    AT(16, 8, 0, OBJ_E_ID_RESERVED, 16),
    H(id_kind, 0, OBJ_E_ID_KIND),
    H(id_kind, 3, OBJ_E_ID_KIND),
    AT(48, 4, OBJ_ID_CONTENT, OBJ_E_CONTENT_NONCE, 32),
    H(permissions, 0x21, OBJ_E_PERMISSIONS),
    H(permissions, TWZ_READ | TWZ_WRITE, OBJ_E_IMMUTABLE_WRITE),
    H(medium, 2, OBJ_E_MEDIUM),
    H(compression, 2, OBJ_E_COMPRESSION),
    H(compression, 1, OBJ_E_STORED_LENGTH),
    H(payload_length, OBJ_PAYLOAD_MAX + 1, OBJ_E_PAYLOAD_LENGTH),
    H(payload_length, UINT64_MAX, OBJ_E_PAYLOAD_LENGTH),
    H(stored_length, FIXTURE_PAYLOAD - 1, OBJ_E_STORED_LENGTH),
    H(stored_length, UINT64_MAX, OBJ_E_STORED_LENGTH),
    H(fot_offset, 0x3001, OBJ_E_PART_UNALIGNED),
    H(fot_offset, 0x2000, OBJ_E_PART_OVERLAP),
    H(fot_offset, 0x4000, OBJ_E_PART_GAP),
    H(fot_offset, 0xfffffffffffff000, OBJ_E_PART_GAP),
    H(fot_length, 33, OBJ_E_FOT_LENGTH),
    H(fot_length, 65536 * 32, OBJ_E_FOT_LENGTH),
    AT(88, 8, 0, OBJ_E_PART_ABSENT, 80),
    H(extension_offset, 0, OBJ_E_PART_OVERLAP),
    H(extension_offset, 0x3000, OBJ_E_PART_OVERLAP),
    H(extension_offset, 0x5000, OBJ_E_PART_GAP),
    H(extension_length, 31, OBJ_E_EXTENSION_LENGTH),
    H(extension_length, 1025 * 32, OBJ_E_EXTENSION_LENGTH),
    H(metadata_offset, 0x4000, OBJ_E_PART_OVERLAP),
    H(metadata_offset, 0x6000, OBJ_E_PART_GAP),
    H(metadata_length, 4097, OBJ_E_METADATA_LENGTH),
    AT(120, 8, 5, OBJ_E_PADDING, FIXTURE_METADATA + 5),
    H(reserved, 1, OBJ_E_RESERVED),
    AT(4095, 1, 1, OBJ_E_RESERVED, 4095),
    AT(336, 1, 1, OBJ_E_SIGNATURE_KEY, 336),
    AT(399, 1, 1, OBJ_E_SIGNATURE_KEY, 336),
    AT(400, 1, 1, OBJ_E_RESERVED, 400),
    AT(208, 1, 0, OBJ_E_NAME, 208),
    AT(209, 1, ' ', OBJ_E_NAME, 208),
    AT(209, 1, '/', OBJ_E_NAME, 208),
    AT(209, 1, 0x1b, OBJ_E_NAME, 208),
    AT(220, 1, 'x', OBJ_E_NAME, 220),
    AT(TWZ_OBJECT_BASE + FIXTURE_PAYLOAD, 1, 1, OBJ_E_PADDING, TWZ_OBJECT_BASE + FIXTURE_PAYLOAD),
    AT(FIXTURE_FOT, 1, 1, OBJ_E_PADDING, FIXTURE_FOT),
    AT(FIXTURE_EXTENSION + 32, 1, 1, OBJ_E_PADDING, FIXTURE_EXTENSION + 32),
    AT(FIXTURE_SIZE - 1, 1, 1, OBJ_E_PADDING, FIXTURE_SIZE - 1),
    AT(FIXTURE_METADATA, 1, 'x', OBJ_E_METADATA, FIXTURE_METADATA),
    AT(FIXTURE_METADATA + 12, 1, 'x', OBJ_E_METADATA, FIXTURE_METADATA + 12),
    AT(FIXTURE_EXTENSION - 32, 4, 3, OBJ_E_FOT_ENTRY, FIXTURE_EXTENSION - 32),
    AT(FIXTURE_EXTENSION - 28, 4, 1, OBJ_E_FOT_ENTRY, FIXTURE_EXTENSION - 32),
    AT(FIXTURE_EXTENSION - 8, 4, 1, OBJ_E_FOT_ENTRY, FIXTURE_EXTENSION - 32),
    AT(FIXTURE_EXTENSION - 4, 4, 1, OBJ_E_RESERVED, FIXTURE_EXTENSION - 4),
    AT(FIXTURE_EXTENSION - 56, 4, 1, OBJ_E_FOT_ENTRY, FIXTURE_EXTENSION - 64),
    AT(FIXTURE_EXTENSION - 40, 4, 2, OBJ_E_FOT_NAME, FIXTURE_EXTENSION - 40),
    AT(FIXTURE_EXTENSION - 40, 4, 0, OBJ_E_FOT_NAME, FIXTURE_EXTENSION - 40),
    AT(FIXTURE_EXTENSION - 40, 4, 0xffffffff, OBJ_E_FOT_NAME, FIXTURE_EXTENSION - 40),
    AT(FIXTURE_EXTENSION - 60, 4, 13, OBJ_E_FOT_NAME, FIXTURE_EXTENSION - 60),
    AT(FIXTURE_EXTENSION + 16, 8, 0xff8, OBJ_E_EXTENSION_TABLE, FIXTURE_EXTENSION + 16),
    AT(FIXTURE_EXTENSION + 16, 8, 0x1014, OBJ_E_EXTENSION_TABLE, FIXTURE_EXTENSION + 16),
    AT(FIXTURE_EXTENSION + 16, 8, 0x2388, OBJ_E_EXTENSION_TABLE, FIXTURE_EXTENSION + 16),
    AT(FIXTURE_EXTENSION + 16, 8, 0xfffffffffffffff8, OBJ_E_EXTENSION_TABLE,
       FIXTURE_EXTENSION + 16),
    AT(FIXTURE_EXTENSION + 24, 4, 0, OBJ_E_EXTENSION_TABLE, FIXTURE_EXTENSION + 16),
    AT(FIXTURE_EXTENSION + 24, 4, 0xffffffff, OBJ_E_EXTENSION_TABLE, FIXTURE_EXTENSION + 16),
    AT(FIXTURE_EXTENSION + 28, 4, 1, OBJ_E_RESERVED, FIXTURE_EXTENSION + 28),
};

static void refuses_each_damage(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        const struct damage *d = &damages[i];
        uint64_t place = d->place;

        fixture_full(bytes);
        memset(bytes + TWZ_OBJECT_BASE + FIXTURE_PAYLOAD, 0, 8);
        memset(bytes + FIXTURE_FOT, 0, 8);
        memset(bytes + FIXTURE_EXTENSION + 32, 0, 8);
        memset(bytes + FIXTURE_SIZE - 8, 0, 8);
        memcpy(bytes + d->offset, &d->value, d->width);
        fixture_seal(bytes);
        if (d->error == OBJ_E_STORED_LENGTH)
            place = offsetof(struct obj_header, stored_length);
        expect_refusal(FIXTURE_SIZE, d->error, place);
    }
}

static void refuses_unsealed_change(void **state)
{
    (void)state;
    for (uint32_t at = 12; at < sizeof(struct obj_header); at++) {
        bytes[at] ^= 0x40;
        expect_refusal(FIXTURE_SIZE, OBJ_E_CHECKSUM, offsetof(struct obj_header, checksum));
        bytes[at] ^= 0x40;
    }
}

static void refuses_every_other_size(void **state)
{
    struct obj object;
    struct obj_diag diag;

    (void)state;
    expect_refusal(0, OBJ_E_MAGIC, 0);
    expect_refusal(7, OBJ_E_MAGIC, 0);
    expect_refusal(4095, OBJ_E_SHORT_HEADER, 4095);
    for (uint64_t size = 4096; size < FIXTURE_SIZE; size += 64)
        expect_refusal(size, OBJ_E_TRUNCATED, size);
    assert_int_equal(obj_open(bytes, FIXTURE_SIZE + 1, &object, &diag), OBJ_E_TRAILING);
    assert_int_equal(diag.place, FIXTURE_SIZE);
    assert_int_equal(diag.expected, FIXTURE_SIZE);
    assert_int_equal(diag.found, FIXTURE_SIZE + 1);
    assert_int_equal(obj_open(bytes + 1, FIXTURE_SIZE - 1, &object, &diag), OBJ_E_UNALIGNED);
}

static void refuses_parts_beyond_a_gigabyte(void **state)
{
    struct obj_header *h = fixture_header(bytes);

    (void)state;
    h->payload_length = h->stored_length = OBJ_PAYLOAD_MAX - 0x1000;
    fixture_seal(bytes);
    expect_refusal(FIXTURE_SIZE, OBJ_E_MEMORY, offsetof(struct obj_header, payload_length));
}

static void finds_extensions(void **state)
{
    struct obj_extension *e = (struct obj_extension *)(void *)(bytes + FIXTURE_EXTENSION);
    struct obj object;
    struct obj_diag diag;

    (void)state;
    fixture_header(bytes)->extension_length = 5 * sizeof(*e);
    for (uint32_t i = 0; i < 5; i++)
        e[i] = (struct obj_extension){.tag = {i / 2, 10 * i}, .table = 0x1010, .count = i + 1};
    fixture_seal(bytes);
    assert_int_equal(obj_open(bytes, FIXTURE_SIZE, &object, &diag), OBJ_OK);
    for (uint32_t i = 0; i < 5; i++) {
        assert_ptr_equal(obj_extension_find(&object, e[i].tag), &object.extensions[i]);
        assert_null(obj_extension_find(&object, (struct twz_id){i / 2, 10 * i + 1}));
    }
    assert_null(obj_extension_find(&object, (struct twz_id){9, 0}));
}

static void refuses_unsorted_extensions(void **state)
{
    struct obj_extension *e = (struct obj_extension *)(void *)(bytes + FIXTURE_EXTENSION);

    (void)state;
    fixture_header(bytes)->extension_length = 2 * sizeof(*e);
    fixture_seal(bytes);
    e[1] = e[0];
    expect_refusal(FIXTURE_SIZE, OBJ_E_EXTENSION_ORDER, FIXTURE_EXTENSION + 32);
    e[1].tag.hi--;
    expect_refusal(FIXTURE_SIZE, OBJ_E_EXTENSION_ORDER, FIXTURE_EXTENSION + 32);
}

/* In memory, where nothing says how long the list is. */
static void lists_end_by_themselves(void **state)
{
    static const struct obj_extension zeros[3];
    static const struct obj_fot_entry by_id = {OBJ_FOT_ID, 0, {~0ull, ~0ull}, 0, 0},
                                      by_name = {OBJ_FOT_NAME, 9, {0, 0}, 1, 0};
    struct obj_extension e[3] = {{{1, 1}, 0x1000, 1, 0}, {{1, 2}, 0x1000, 1, 0}};
    uint32_t count;

    (void)state;
    assert_true(obj_extensions_begin(&e[0]));
    assert_false(obj_extensions_begin(&zeros[0]));
    assert_false(obj_extensions_begin((const void *)&by_id));
    assert_false(obj_extensions_begin((const void *)&by_name));
    assert_int_equal(obj_extensions_count(e, 3, &count), OBJ_OK);
    assert_int_equal(count, 2);
    assert_int_equal(obj_extensions_count(e, 2, &count), OBJ_OK);
    assert_int_equal(count, 2);
    assert_int_equal(obj_extensions_count(zeros, 3, &count), OBJ_OK);
    assert_int_equal(count, 0);
    e[2].tag.lo = 1;
    assert_int_equal(obj_extensions_count(e, 3, &count), OBJ_E_PADDING);
}

static void content_id_needs_immutable(void **state)
{
    struct obj_header *h = fixture_header(bytes);

    (void)state;
    h->id_kind = OBJ_ID_CONTENT;
    h->nonce = (struct twz_id){0, 0};
    h->flags = 0;
    fixture_seal(bytes);
    expect_refusal(FIXTURE_SIZE, OBJ_E_CONTENT_MUTABLE, offsetof(struct obj_header, flags));
    h->id_kind = OBJ_ID_NONCE;
    fixture_seal(bytes);
    expect_refusal(FIXTURE_SIZE, OBJ_E_NONCE_ZERO, offsetof(struct obj_header, nonce));
}

/* Attributes that the ID is made from cannot be changed without being noticed. */
static void nonce_id_binds_attributes(void **state)
{
    static const size_t offsets[] = {
        offsetof(struct obj_header, nonce), offsetof(struct obj_header, nonce) + 15,
        offsetof(struct obj_header, key), offsetof(struct obj_header, key) + 31};
    struct obj object;
    struct obj_diag diag;
    struct obj_header *h = fixture_header(bytes);

    (void)state;
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        bytes[offsets[i]] ^= 1;
        fixture_seal(bytes);
        assert_int_equal(obj_open(bytes, FIXTURE_SIZE, &object, &diag), OBJ_OK);
        assert_int_equal(obj_check_id(&object, object.payload, &diag), OBJ_E_ID);
        bytes[offsets[i]] ^= 1;
    }
    h->permissions = TWZ_READ;
    fixture_seal(bytes);
    assert_int_equal(obj_open(bytes, FIXTURE_SIZE, &object, &diag), OBJ_OK);
    assert_int_equal(obj_check_id(&object, object.payload, &diag), OBJ_E_ID);
    assert_int_equal(diag.place, offsetof(struct obj_header, id));
    assert_int_equal(diag.found, h->id.hi);
}

static void content_id_binds_all_bytes(void **state)
{
    static const uint64_t offsets[] = {TWZ_OBJECT_BASE, TWZ_OBJECT_BASE + FIXTURE_PAYLOAD - 1,
                                       FIXTURE_EXTENSION - 64 + 24, FIXTURE_EXTENSION,
                                       FIXTURE_METADATA + 2};
    struct obj object;
    struct obj_diag diag;
    struct obj_header *h = fixture_header(bytes);

    (void)state;
    h->id_kind = OBJ_ID_CONTENT;
    h->nonce = (struct twz_id){0, 0};
    fixture_seal(bytes);
    assert_int_equal(obj_open(bytes, FIXTURE_SIZE, &object, &diag), OBJ_OK);
    h->id = obj_id_content(&object, object.payload);
    fixture_seal(bytes);
    assert_int_equal(obj_check_id(&object, object.payload, &diag), OBJ_OK);
    memcpy(h->name, "other", 5); /* the name is none of them */
    assert_int_equal(obj_check_id(&object, object.payload, &diag), OBJ_OK);
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        bytes[offsets[i]] ^= 1;
        assert_int_equal(obj_check_id(&object, object.payload, &diag), OBJ_E_ID);
        bytes[offsets[i]] ^= 1;
    }
}

/* Computed once with xxHash's own xxhsum -H2 over the 72 bytes; they must never change. */
static void ids_are_stable(void **state)
{
    static const uint8_t key[32] = {1, 2, 3};
    struct twz_id id = obj_id_nonce((struct twz_id){1, 2}, NULL, OBJ_IMMUTABLE, TWZ_READ);
    struct twz_id with_key = obj_id_nonce((struct twz_id){1, 2}, key, OBJ_IMMUTABLE, TWZ_READ);
    char text[OBJ_ID_TEXT];

    (void)state;
    obj_id_format(id, text);
    assert_string_equal(text, "2bc201e7a2994e40997f2923d5095391");
    obj_id_format(with_key, text);
    assert_string_equal(text, "533f25a6bb74ff346fc68ba7d587b9be");
}

static void ids_round_trip(void **state)
{
    struct twz_id id = {0x0123456789abcdef, 0xfedcba9876543210}, back;
    char text[OBJ_ID_TEXT + 1] = "";

    (void)state;
    obj_id_format(id, text);
    assert_string_equal(text, "0123456789abcdeffedcba9876543210");
    assert_true(obj_id_parse(text, &back));
    assert_true(obj_id_equal(id, back));
    assert_true(obj_id_parse("0123456789ABCDEFFEDCBA9876543210", &back));
    assert_true(obj_id_equal(id, back));
    assert_false(obj_id_parse("", &back));
    assert_false(obj_id_parse("0123456789abcdeffedcba987654321", &back));
    assert_false(obj_id_parse("0123456789abcdeffedcba98765432100", &back));
    assert_false(obj_id_parse("0123456789abcdeg0123456789abcdef", &back));
}

static void pointers_have_limits(void **state)
{
    uint64_t pointer, offset;
    uint32_t index;

    (void)state;
    assert_int_equal(obj_pointer_encode(65535, (1ull << 40) - 1, &pointer), OBJ_OK);
    assert_int_equal(pointer, 0x40ffffffffffffff);
    assert_int_equal(obj_pointer_decode(pointer, &index, &offset), OBJ_OK);
    assert_int_equal(index, 65535);
    assert_int_equal(offset, (1ull << 40) - 1);
    assert_int_equal(obj_pointer_encode(65536, 0, &pointer), OBJ_E_POINTER_INDEX);
    assert_int_equal(obj_pointer_encode(0, 1ull << 40, &pointer), OBJ_E_POINTER_OFFSET);
    assert_int_equal(obj_pointer_encode(1, 0x1000, &pointer), OBJ_OK);
    assert_int_equal(pointer, 0x4000010000001000);
    assert_int_equal(obj_pointer_decode(0x1000, &index, &offset), OBJ_E_POINTER_FORM);
    for (unsigned bit = 56; bit < 64; bit++)
        assert_int_equal(obj_pointer_decode(pointer ^ 1ull << bit, &index, &offset),
                         OBJ_E_POINTER_FORM);
}

static void foreign_entries_are_shared(void **state)
{
    struct obj_fot_builder *builder = malloc(sizeof(*builder));
    uint32_t index, again;

    (void)state;
    assert_non_null(builder);
    obj_fot_start(builder);
    for (uint32_t i = 0; i < 100; i++) {
        assert_int_equal(obj_fot_id(builder, (struct twz_id){9, 9}, &index), OBJ_OK);
        assert_int_equal(index, 1);
    }
    assert_int_equal(builder->count, 1);
    assert_int_equal(obj_fot_name(builder, "libz.so", NULL, &index), OBJ_OK);
    assert_int_equal(obj_fot_name(builder, "libz.so", NULL, &again), OBJ_OK);
    assert_int_equal(index, 2);
    assert_int_equal(again, 2);
    assert_int_equal(obj_fot_name(builder, "libz.so", "dns", &again), OBJ_OK);
    assert_int_equal(again, 3);
    assert_int_equal(obj_fot_name(builder, "", NULL, &again), OBJ_E_FOT_NAME);
    assert_int_equal(obj_fot_id(builder, (struct twz_id){0, 0}, &again), OBJ_E_FOT_ENTRY);
    free(builder);
}

static void foreign_table_has_a_limit(void **state)
{
    struct obj_fot_builder *builder = malloc(sizeof(*builder));
    uint32_t index;

    (void)state;
    assert_non_null(builder);
    obj_fot_start(builder);
    for (uint32_t i = 1; i <= 65535; i++) {
        assert_int_equal(obj_fot_id(builder, (struct twz_id){i, i}, &index), OBJ_OK);
        assert_int_equal(index, i);
    }
    assert_int_equal(obj_fot_id(builder, (struct twz_id){65536, 0}, &index), OBJ_E_FOT_LENGTH);
    assert_int_equal(obj_fot_id(builder, (struct twz_id){65535, 65535}, &index), OBJ_OK);
    assert_int_equal(index, 65535);
    free(builder);
}

static void metadata_has_a_limit(void **state)
{
    static char name[5000];
    struct obj_fot_builder *builder = malloc(sizeof(*builder));
    uint32_t index;

    (void)state;
    assert_non_null(builder);
    obj_fot_start(builder);
    memset(name, 'x', sizeof(name) - 1);
    assert_int_equal(obj_fot_name(builder, name, NULL, &index), OBJ_E_METADATA_LENGTH);
    name[OBJ_METADATA_MAX - 1] = '\0';
    assert_int_equal(obj_fot_name(builder, name, NULL, &index), OBJ_E_METADATA_LENGTH);
    name[OBJ_METADATA_MAX - 2] = '\0';
    assert_int_equal(obj_fot_name(builder, name, NULL, &index), OBJ_OK);
    assert_int_equal(builder->metadata_size, OBJ_METADATA_MAX);
    assert_int_equal(obj_fot_name(builder, "y", NULL, &index), OBJ_E_METADATA_LENGTH);
    free(builder);
}

static void errors_have_texts(void **state)
{
    (void)state;
#define X(name, expected, cure)                                                                    \
    assert_string_equal(obj_error_name(name), #name);                                              \
    assert_string_equal(obj_error_expected(name), expected);                                       \
    assert_string_equal(obj_error_cure(name), cure);
    OBJ_ERRORS(X)
#undef X
    assert_string_equal(obj_error_name((enum obj_error)9999), "unknown error");
}

#define F(f, title) T_STATE(f, title, setup, teardown)

RUN_TESTS(F(opens, "a well-formed object opens"),
          F(finds_foreign_objects, "foreign objects are numbered from the end of the table"),
          F(refuses_each_damage, "each damaged field is refused with its own error and place"),
          F(refuses_unsealed_change, "every changed byte of the header fails the checksum"),
          F(refuses_every_other_size, "truncated and trailing bytes are refused"),
          F(refuses_parts_beyond_a_gigabyte, "parts that do not fit into 1 GiB are refused"),
          F(finds_extensions, "extensions are found by their tag, and no others"),
          F(lists_end_by_themselves, "in memory a list of extensions ends with zeros"),
          F(refuses_unsorted_extensions, "unsorted and repeated extensions are refused"),
          F(content_id_needs_immutable, "content IDs need immutable objects, others a nonce"),
          F(nonce_id_binds_attributes, "a nonce ID binds nonce, key and permissions"),
          F(content_id_binds_all_bytes, "a content ID binds payload, table, extensions, metadata"),
          T(ids_are_stable, "IDs equal those of xxhsum"),
          T(ids_round_trip, "IDs print, parse and round-trip"),
          T(pointers_have_limits, "persistent pointers: 65535 and 2^40-1 pass, one more does not"),
          T(foreign_entries_are_shared, "100 pointers to one object share one entry"),
          T(foreign_table_has_a_limit, "65535 foreign objects fit, one more is refused"),
          T(metadata_has_a_limit, "names fill the metadata page, one byte more is refused"),
          T(errors_have_texts, "every error has its name, expectation and cure"))
