/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include "object_fixture.h"

#include <stdio.h>

static uint8_t *bytes;

static int setup(void **state)
{
    (void)state;
    bytes = fixture_alloc(FIXTURE_IMAGE_SIZE);
    fixture_image(bytes);
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
    struct obj_image image;
    struct obj_diag diag;

    memset(&image, 0xff, sizeof(image));
    assert_string_equal(obj_error_name(obj_image_open(bytes, size, &image, &diag)),
                        obj_error_name(error));
    assert_int_equal(diag.error, error);
    assert_int_equal(diag.place, place);
    assert_null(image.header);
}

static void opens_and_finds(void **state)
{
    struct obj_image image;
    struct obj object;
    struct obj_diag diag;
    const struct obj_image_entry *alpha;

    (void)state;
    assert_int_equal(obj_image_open(bytes, FIXTURE_IMAGE_SIZE, &image, &diag), OBJ_OK);
    alpha = obj_image_find(&image, "alpha");
    assert_ptr_equal(alpha, fixture_entry(bytes, 0));
    assert_ptr_equal(obj_image_find(&image, "beta"), fixture_entry(bytes, 1));
    assert_null(obj_image_find(&image, ""));
    assert_null(obj_image_find(&image, "alph"));
    assert_null(obj_image_find(&image, "alpha2"));
    assert_null(obj_image_find(&image, "zeta"));
    assert_ptr_equal(obj_image_find_id(&image, alpha->id), alpha);
    assert_null(obj_image_find_id(&image, (struct twz_id){1, 1}));
    assert_int_equal(obj_image_object(&image, alpha, &object, &diag), OBJ_OK);
    assert_int_equal(object.payload[0], 'a');
}

static void index_opens_alone(void **state)
{
    struct obj_image image;
    struct obj_diag diag;
    uint8_t *index = fixture_alloc(TWZ_PAGE_SIZE);

    (void)state;
    memcpy(index, bytes, TWZ_PAGE_SIZE);
    assert_int_equal(obj_index_open(index, TWZ_PAGE_SIZE, &image, &diag), OBJ_OK);
    assert_non_null(obj_image_find(&image, "beta"));
    assert_int_equal(obj_index_open(index, TWZ_PAGE_SIZE - 1, &image, &diag),
                     OBJ_E_IMAGE_TRUNCATED);
    free(index);
}

struct damage {
    uint64_t offset;
    uint64_t width;
    uint64_t value;
    enum obj_error error;
    uint64_t place;
};

#define HEADER(field) offsetof(struct obj_image_header, field)
#define ENTRY(i, field)                                                                            \
    (sizeof(struct obj_image_header) + (i) * sizeof(struct obj_image_entry) +                      \
     offsetof(struct obj_image_entry, field))
#define BY_ID (sizeof(struct obj_image_header) + 2 * sizeof(struct obj_image_entry))

static const struct damage damages[] = {
    {0, 1, 0, OBJ_E_IMAGE_MAGIC, 0},
    {HEADER(version), 4, 2, OBJ_E_IMAGE_VERSION, HEADER(version)},
    {HEADER(flags), 4, 1, OBJ_E_IMAGE_FLAGS, HEADER(flags)},
    {HEADER(count), 4, 0, OBJ_E_IMAGE_COUNT, HEADER(count)},
    {HEADER(count), 4, 65537, OBJ_E_IMAGE_COUNT, HEADER(count)},
    {HEADER(count), 4, 60000, OBJ_E_IMAGE_INDEX, HEADER(index_length)},
    {HEADER(count), 4, 3, OBJ_E_IMAGE_NAME, ENTRY(2, name)},
    {HEADER(count), 4, 1, OBJ_E_IMAGE_RESERVED, ENTRY(1, id) + 4},
    {HEADER(index_length), 8, 0x2000, OBJ_E_IMAGE_INDEX, HEADER(index_length)},
    {HEADER(image_length), 8, 0x6000, OBJ_E_IMAGE_TRAILING, FIXTURE_IMAGE_SIZE},
    {HEADER(image_length), 8, 0x4000, OBJ_E_IMAGE_OBJECT_BOUNDS, ENTRY(1, length)},
    {HEADER(image_length), 8, 0, OBJ_E_IMAGE_OBJECT_BOUNDS, ENTRY(0, length)},
    {HEADER(reserved), 4, 1, OBJ_E_IMAGE_RESERVED, HEADER(reserved)},
    {HEADER(zero) + 79, 1, 1, OBJ_E_IMAGE_RESERVED, HEADER(zero) + 79},
    {4095, 1, 1, OBJ_E_IMAGE_RESERVED, 4095},
    {ENTRY(0, name), 1, 0, OBJ_E_IMAGE_NAME, ENTRY(0, name)},
    {ENTRY(0, name) + 2, 1, '/', OBJ_E_IMAGE_NAME, ENTRY(0, name)},
    {ENTRY(0, name) + 100, 1, 'x', OBJ_E_IMAGE_NAME, ENTRY(0, name) + 100},
    {ENTRY(0, name), 1, 'z', OBJ_E_IMAGE_NAME_ORDER, ENTRY(1, name)},
    {ENTRY(0, name), 8, 0x61746562, OBJ_E_IMAGE_NAME_TWICE, ENTRY(1, name)},
    {ENTRY(1, name), 1, 'c', OBJ_E_IMAGE_ENTRY_NAME, 0x3000 + 208},
    {ENTRY(0, offset), 8, 0x1001, OBJ_E_IMAGE_OBJECT_UNALIGNED, ENTRY(0, offset)},
    {ENTRY(0, length), 8, 0x1001, OBJ_E_IMAGE_OBJECT_UNALIGNED, ENTRY(0, length)},
    {ENTRY(0, length), 8, 0, OBJ_E_IMAGE_OBJECT_UNALIGNED, ENTRY(0, length)},
    {ENTRY(0, offset), 8, 0, OBJ_E_IMAGE_OBJECT_OVERLAP, ENTRY(0, offset)},
    {ENTRY(1, offset), 8, 0x2000, OBJ_E_IMAGE_OBJECT_OVERLAP, ENTRY(1, offset)},
    {ENTRY(1, offset), 8, 0x4000, OBJ_E_IMAGE_OBJECT_GAP, ENTRY(1, offset)},
    {ENTRY(1, offset), 8, 0xfffffffffffff000, OBJ_E_IMAGE_OBJECT_GAP, ENTRY(1, offset)},
    {ENTRY(1, length), 8, 0x3000, OBJ_E_IMAGE_OBJECT_BOUNDS, ENTRY(1, length)},
    {ENTRY(1, length), 8, 0xfffffffffffff000, OBJ_E_IMAGE_OBJECT_BOUNDS, ENTRY(1, length)},
    {ENTRY(1, length), 8, 0x1000, OBJ_E_IMAGE_TRAILING, 0x4000},
    {BY_ID, 4, 2, OBJ_E_IMAGE_ID_INDEX, BY_ID},
    {BY_ID + 4, 4, 0xffffffff, OBJ_E_IMAGE_ID_INDEX, BY_ID + 4},
};

static void refuses_each_damage(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        const struct damage *d = &damages[i];

        memset(bytes, 0, FIXTURE_IMAGE_SIZE);
        fixture_image(bytes);
        memcpy(bytes + d->offset, &d->value, d->width);
        if (fixture_image_header(bytes)->index_length == TWZ_PAGE_SIZE)
            fixture_image_seal(bytes);
        expect_refusal(FIXTURE_IMAGE_SIZE, d->error, d->place);
    }
}

static void refuses_wrong_id_table(void **state)
{
    uint32_t *table = fixture_by_id(bytes, 2);
    uint32_t first = table[0];

    (void)state;
    table[0] = table[1];
    table[1] = first;
    fixture_image_seal(bytes);
    expect_refusal(FIXTURE_IMAGE_SIZE, OBJ_E_IMAGE_ID_ORDER, BY_ID + 4);
    table[0] = table[1] = 0;
    fixture_image_seal(bytes);
    expect_refusal(FIXTURE_IMAGE_SIZE, OBJ_E_IMAGE_ID_TWICE, BY_ID + 4);
    fixture_entry(bytes, 1)->id = fixture_entry(bytes, 0)->id;
    table[0] = 0;
    table[1] = 1;
    fixture_image_seal(bytes);
    expect_refusal(FIXTURE_IMAGE_SIZE, OBJ_E_IMAGE_ID_TWICE, BY_ID + 4);
}

static void refuses_unsealed_change(void **state)
{
    (void)state;
    for (uint64_t at = sizeof(struct obj_image_header); at < TWZ_PAGE_SIZE; at++) {
        bytes[at] ^= 0x10;
        expect_refusal(FIXTURE_IMAGE_SIZE, OBJ_E_IMAGE_CHECKSUM, HEADER(checksum));
        bytes[at] ^= 0x10;
    }
}

static void refuses_every_other_size(void **state)
{
    struct obj_image image;
    struct obj_diag diag;

    (void)state;
    expect_refusal(0, OBJ_E_IMAGE_MAGIC, 0);
    expect_refusal(127, OBJ_E_IMAGE_SHORT, 127);
    for (uint64_t size = 128; size < FIXTURE_IMAGE_SIZE; size += 32)
        expect_refusal(size, OBJ_E_IMAGE_TRUNCATED, size);
    assert_int_equal(obj_image_open(bytes, FIXTURE_IMAGE_SIZE + 1, &image, &diag),
                     OBJ_E_IMAGE_TRAILING);
    assert_int_equal(diag.place, FIXTURE_IMAGE_SIZE);
    assert_int_equal(obj_image_open(bytes + 1, 4096, &image, &diag), OBJ_E_UNALIGNED);
}

/* What is wrong with an object is told with its place in the image. */
static void refuses_damaged_objects(void **state)
{
    struct obj_header *h = fixture_header(bytes + 0x3000);

    (void)state;
    bytes[0x3000 + 300] ^= 1;
    expect_refusal(FIXTURE_IMAGE_SIZE, OBJ_E_CHECKSUM, 0x3000 + 128);
    bytes[0x3000 + 300] ^= 1;
    bytes[0x4fff] = 1;
    expect_refusal(FIXTURE_IMAGE_SIZE, OBJ_E_PADDING, 0x4fff);
    bytes[0x4fff] = 0;
    h->id.lo ^= 1;
    fixture_seal(bytes + 0x3000);
    expect_refusal(FIXTURE_IMAGE_SIZE, OBJ_E_IMAGE_ENTRY_ID, 0x3000 + 16);
    fixture_entry(bytes, 1)->id.lo ^= 1;
    fixture_image_seal(bytes);
    expect_refusal(FIXTURE_IMAGE_SIZE, OBJ_E_ID, 0x3000 + 24);
}

static void refuses_what_cannot_be_mapped_in_place(void **state)
{
    struct obj_header *h = fixture_header(bytes + 0x1000);

    (void)state;
    h->medium = TWZ_PERSISTENT;
    fixture_seal(bytes + 0x1000);
    expect_refusal(FIXTURE_IMAGE_SIZE, OBJ_E_IMAGE_MEDIUM, 0x1000 + 56);
    h->flags = 0;
    fixture_seal(bytes + 0x1000);
    expect_refusal(FIXTURE_IMAGE_SIZE, OBJ_E_IMAGE_MUTABLE, 0x1000 + 12);
    h->compression = OBJ_COMPRESSION_ZLIB;
    h->payload_length = 101;
    fixture_seal(bytes + 0x1000);
    expect_refusal(FIXTURE_IMAGE_SIZE, OBJ_E_IMAGE_COMPRESSED, 0x1000 + 60);
}

#define MANY 300u

static int compare_ids(const void *a, const void *b)
{
    const uint32_t *first = a, *second = b;

    return obj_id_compare(fixture_entry(bytes, *first)->id, fixture_entry(bytes, *second)->id);
}

static void finds_each_of_many(void **state)
{
    uint64_t index = obj_index_length(MANY), size = index + MANY * 0x1000;
    struct obj_image_header *h;
    struct obj_image image;
    struct obj_diag diag;
    char name[16];

    (void)state;
    free(bytes);
    bytes = fixture_alloc(size);
    h = fixture_image_header(bytes);
    memcpy(h->magic, OBJ_IMAGE_MAGIC, sizeof(h->magic));
    h->version = OBJ_IMAGE_VERSION;
    h->image_length = size;
    h->index_length = index;
    h->count = MANY;
    for (uint32_t i = 0; i < MANY; i++) {
        struct obj_image_entry *entry = fixture_entry(bytes, i);

        snprintf(name, sizeof(name), "object-%04u", i);
        entry->offset = index + i * 0x1000;
        entry->length = 0x1000;
        fixture_plain(bytes + entry->offset, name, 0);
        fixture_seal(bytes + entry->offset);
        entry->id = fixture_header(bytes + entry->offset)->id;
        memcpy(entry->name, name, strlen(name));
        fixture_by_id(bytes, MANY)[i] = i;
    }
    qsort(fixture_by_id(bytes, MANY), MANY, sizeof(uint32_t), compare_ids);
    fixture_image_seal(bytes);
    assert_int_equal(obj_image_open(bytes, size, &image, &diag), OBJ_OK);
    for (uint32_t i = 0; i < MANY; i++) {
        struct obj_image_entry *entry = fixture_entry(bytes, i);

        assert_ptr_equal(obj_image_find(&image, entry->name), entry);
        assert_ptr_equal(obj_image_find_id(&image, entry->id), entry);
    }
    assert_null(obj_image_find(&image, "object-0300"));
}

#define F(f, title) T_STATE(f, title, setup, teardown)

RUN_TESTS(F(opens_and_finds, "objects are found by name and by ID"),
          F(index_opens_alone, "the index can be read without the objects"),
          F(refuses_each_damage, "each damaged field is refused with its own error and place"),
          F(refuses_wrong_id_table, "unsorted and repeated IDs are refused"),
          F(refuses_unsealed_change, "every changed byte of the index fails the checksum"),
          F(refuses_every_other_size, "truncated and trailing bytes are refused"),
          F(refuses_damaged_objects, "damaged objects are refused with their place in the image"),
          F(refuses_what_cannot_be_mapped_in_place,
            "persistent, mutable and compressed objects are refused"),
          F(finds_each_of_many, "each of 300 objects is found"))
