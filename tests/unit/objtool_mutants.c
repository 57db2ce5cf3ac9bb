/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What objtool does with an object, with mutants of objects that it made: expands, checks, signs,
 * extends and compresses them again. Headers are mutated with a fitting checksum, as somebody would
 * who wants to be read. What comes out is always an object that objtool accepts.
 */
#define _GNU_SOURCE
#include "test.h"

#include "key.h"
#include "mutants.h"
#include "object_fixture.h"

static struct secret_key key;

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_made(struct packed *made, int status)
{
    struct obj_diag diag;
    struct packed expanded;

    require(status == STATUS_FINE);
    require(packed_expand(&expanded, &made->object, "made", 0) == STATUS_FINE);
    require(object_check(&expanded.object, 0, &diag) == OBJ_OK);
    packed_free(&expanded);
    packed_free(made);
}

/* Whether objtool takes it for what it says to be. */
static bool use(const struct input *input)
{
    struct obj object;
    struct packed expanded, made;
    struct obj_diag diag;
    uint64_t offset;
    bool good;

    if (object_expand(input, NULL, &object, &expanded, &offset) != STATUS_FINE)
        return false;
    require(expanded.object.header->payload_length == object.header->payload_length);
    good = object_check(&expanded.object, 0, &diag) == OBJ_OK;
    require(packed_sign(&made, &object, &key, "mutant") == (good ? STATUS_FINE : STATUS_INPUT));
    if (good) {
        check_made(&made, STATUS_FINE);
        check_made(&made, packed_extend(&made, &expanded.object, object.extensions,
                                        object.extension_count, &key, true, "mutant"));
        check_made(&made, packed_extend(&made, &expanded.object, NULL, 0, NULL, false, "mutant"));
    }
    packed_free(&expanded);
    return good;
}

static bool use_mutant(const uint8_t *mutant, size_t size)
{
    struct input input = {.path = "mutant", .bytes = buffer_new(size), .size = size};
    FILE *tap = stdout;
    bool good;

    assert_non_null(input.bytes);
    memcpy(input.bytes, mutant, size);
    if (size >= sizeof(struct obj_header))
        fixture_seal(input.bytes);
    stdout = fopen("/dev/null", "w"); /* for reports */
    assert_non_null(stdout);
    report_start("test", true);
    good = use(&input);
    assert_int_equal(report_end(STATUS_NO), STATUS_NO);
    fclose(stdout);
    stdout = tap;
    input_free(&input);
    return good;
}

/* An object with all parts, of a payload that can be compressed. */
static void make_seed(struct packed *seed, bool compress, enum obj_id_kind id_kind)
{
    static struct obj_fot_builder fot;
    static uint8_t payload[9000];
    const struct obj_extension extension = {.tag = {7, 8}, .table = 0x1010, .count = 3};
    uint32_t index;
    const struct recipe recipe = {.name = "seed",
                                  .id_kind = id_kind,
                                  .permissions = TWZ_READ,
                                  .compress = compress,
                                  .payload = payload,
                                  .payload_length = sizeof(payload),
                                  .fot = &fot,
                                  .extensions = &extension,
                                  .extension_count = 1,
                                  .key = compress ? &key : NULL};

    for (size_t i = 0; i < sizeof(payload); i++)
        payload[i] = (uint8_t)(i % 97 * (i / 1000));
    obj_fot_start(&fot);
    assert_int_equal(obj_fot_id(&fot, (struct twz_id){5, 6}, &index), OBJ_OK);
    assert_int_equal(obj_fot_name(&fot, "libz.so", "dns", &index), OBJ_OK);
    assert_int_equal(packed_make(seed, &recipe, "seed"), STATUS_FINE);
}

static void survives_mutants(void **state)
{
    struct mutator mutator = {.state = 4};
    const unsigned long count = mutant_count(4000);
    unsigned long accepted = 0;

    (void)state;
    assert_int_equal(secret_make(&key), STATUS_FINE);
    for (unsigned variant = 0; variant < 4; variant++) {
        struct packed seed;
        uint8_t *mutant;
        uint64_t size;

        make_seed(&seed, variant & 1, variant & 2 ? OBJ_ID_CONTENT : OBJ_ID_NONCE);
        size = seed.object.packed_length;
        assert_true(use_mutant(seed.bytes, size));
        mutant = fixture_alloc(size);
        for (unsigned long i = 0; i < count / 4; i++) {
            size_t length = mutant_make(&mutator, mutant, seed.bytes, size, 384);

            mutant_begin();
            accepted += use_mutant(mutant, length);
        }
        mutants_end();
        free(mutant);
        packed_free(&seed);
    }
    print_message("# %lu of %lu accepted\n", accepted, count);
}

RUN_TESTS(T(survives_mutants, "mutants of objects, expanded, checked, signed and extended"))
