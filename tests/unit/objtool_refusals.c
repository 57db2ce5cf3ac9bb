/* SPDX-License-Identifier: BSD-2-Clause */
/* The built objtool on objects and images whose checksums fit, but whose fields do not: exactly
 * one line, with file, place, expectation, values and cure. */
#define _POSIX_C_SOURCE 200809L /* popen() */
#include "test.h"

#include "object_fixture.h"

#include <stdio.h>
#include <sys/wait.h>

static char path[512], command[1024];

static void make_names(const char *command_name)
{
    const char *build = getenv("B"), *scratch = getenv("SCRATCH");

    snprintf(path, sizeof(path), "%s/bad", scratch ? scratch : build ? build : "build");
    snprintf(command, sizeof(command), "%s/bin/objtool %s %s 2>&1 >/dev/null",
             build ? build : "build", command_name, path);
}

/* Runs the command on these bytes; returns its status, and what it wrote to standard error. */
static int run_on(const uint8_t *bytes, size_t size, char *output, size_t room)
{
    FILE *file = fopen(path, "wb"), *pipe;
    size_t length;
    int status;

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    length = fread(output, 1, room - 1, pipe);
    output[length] = '\0';
    status = pclose(pipe);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

struct damage {
    uint64_t offset;
    uint64_t width;
    uint64_t value;
    const char *message; /* after "objtool: FILE: " */
};

static void expect_line(const uint8_t *bytes, size_t size, int status, const char *message)
{
    char output[2048], expected[2048];

    snprintf(expected, sizeof(expected), "objtool: %s: %s\n", path, message);
    assert_int_equal(run_on(bytes, size, output, sizeof(output)), status);
    assert_string_equal(output, expected);
}

#define H(field) offsetof(struct obj_header, field)

static const struct damage object_damages[] = {
    {H(flags), 4, 3,
     "offset 0xc: expected known flags only (0x1), found 0x3; pack it again with this version of "
     "objtool"},
    {H(id), 8, 0,
     "offset 0x10: expected an ID outside the kernel's own (upper half not zero); pack it again"},
    {H(id_kind), 4, 9,
     "offset 0x30: expected a known kind of ID: 1 (nonce) or 2 (content) (0x1), found 0x9; pack it "
     "again"},
    {H(permissions), 4, 0x20,
     "offset 0x34: expected known permissions only (0x1f), found 0x20; pack it again"},
    {H(permissions), 4, 3,
     "offset 0x34: expected an immutable object without write permission (0x1), found 0x3; pack it "
     "again"},
    {H(medium), 4, 7,
     "offset 0x38: expected a known medium: 0 (volatile) or 1 (persistent) (0x0), found 0x7; pack "
     "it again"},
    {H(compression), 4, 2,
     "offset 0x3c: expected a known compression: 0 (none) or 1 (zlib) (0x0), found 0x2; pack it "
     "again"},
    {H(payload_length), 8, 0x40000000,
     "offset 0x40: expected a payload that fits into an object of 1 GiB (0x3fffe000), found "
     "0x40000000; split the payload"},
    {H(stored_length), 8, 4999,
     "offset 0x48: expected a stored length equal to the payload's, or smaller if compressed "
     "(0x1388), found 0x1387; pack it again"},
    {H(fot_offset), 8, 0x3010,
     "offset 0x50: expected a part at a page aligned offset (0x3000), found 0x3010; pack it again"},
    {H(fot_offset), 8, 0x2000,
     "offset 0x50: expected a part after the end of the one before it (0x3000), found 0x2000; pack "
     "it again"},
    {H(fot_length), 8, 63,
     "offset 0x58: expected at most 65535 whole entries in the foreign object table (0x1fffe0), "
     "found 0x3f; point to fewer objects"},
    {H(extension_offset), 8, 0x5000,
     "offset 0x60: expected a part directly after the one before it (0x4000), found 0x5000; pack "
     "it again"},
    {H(extension_length), 8, 33,
     "offset 0x68: expected at most 1024 whole extension entries (0x8000), found 0x21; register "
     "fewer extensions"},
    {H(metadata_offset), 8, 0,
     "offset 0x70: expected a part after the end of the one before it (0x5000), found 0x0; pack it "
     "again"},
    {H(metadata_length), 8, 5000,
     "offset 0x78: expected at most one page of metadata (0x1000), found 0x1388; use shorter or "
     "fewer names"},
    {H(metadata_length), 8, 0,
     "offset 0x70: expected offset 0 for a part of length 0 (0x0), found 0x5000; pack it again"},
    {H(reserved), 8, 5,
     "offset 0x88: expected zero in reserved bytes (0x0), found 0x5; pack it "
     "again"},
    {H(name), 1, 0,
     "offset 0xd0: expected a name of 1 to 127 printable characters, NUL filled, no space, no '/'; "
     "give one with `--name`"},
    {4000, 1, 1, "offset 0xfa0: expected zero in reserved bytes (0x0), found 0x1; pack it again"},
    {FIXTURE_METADATA, 1, 1,
     "offset 0x5000: expected NUL-terminated strings, the first one empty (0x0), found 0x1; pack "
     "it again"},
    {FIXTURE_EXTENSION - 32, 4, 7,
     "offset 0x3fe0: expected a foreign object entry by ID or by name (0x1), found 0x7; pack it "
     "again"},
    {FIXTURE_EXTENSION - 40, 4, 3,
     "offset 0x3fd8: expected the offset of a name in the metadata (0xd), found 0x3; pack it "
     "again"},
    {FIXTURE_EXTENSION + 16, 8, 0x9000,
     "offset 0x4010: expected an aligned table of functions inside the payload (0x2388), found "
     "0x9000; pack it again"},
};

/* A command on what fill() makes, with each damage in turn. */
static void refuses(const char *command_name, size_t size, void (*fill)(uint8_t *bytes),
                    void (*seal)(uint8_t *bytes), const struct damage *damages, size_t count)
{
    uint8_t *bytes = fixture_alloc(size);

    make_names(command_name);
    for (size_t i = 0; i < count; i++) {
        const struct damage *d = &damages[i];

        memset(bytes, 0, size);
        fill(bytes);
        memcpy(bytes + d->offset, &d->value, d->width);
        seal(bytes);
        expect_line(bytes, size, 3, d->message);
    }
    free(bytes);
}

static void refuses_objects(void **state)
{
    (void)state;
    refuses("info", FIXTURE_SIZE, fixture_full, fixture_seal, object_damages,
            sizeof(object_damages) / sizeof(object_damages[0]));
}

#define IMAGE(field) offsetof(struct obj_image_header, field)
#define ENTRY(i, field)                                                                            \
    (sizeof(struct obj_image_header) + (i) * sizeof(struct obj_image_entry) +                      \
     offsetof(struct obj_image_entry, field))

static const struct damage image_damages[] = {
    {IMAGE(version), 4, 7,
     "offset 0x8: expected image format version 1 (0x1), found 0x7; make it again with this "
     "objtool"},
    {IMAGE(flags), 4, 1,
     "offset 0xc: expected no image flags (0x0), found 0x1; make it again with this objtool"},
    {IMAGE(image_length), 8, 0x7000,
     "offset 0x5000: expected nothing after the last object (0x5000), found 0x7000; cut the file "
     "at the place above"},
    {IMAGE(index_length), 8, 0x3000,
     "offset 0x18: expected an index just large enough for its entries (0x1000), found 0x3000; "
     "make the image again"},
    {IMAGE(count), 4, 0,
     "offset 0x20: expected 1 to 65536 objects (0x10000), found 0x0; add an object, or make two "
     "images"},
    {IMAGE(reserved), 4, 1,
     "offset 0x24: expected zero in reserved bytes of the index (0x0), found 0x1; make the image "
     "again"},
    {ENTRY(0, name), 1, 'z', "offset 0x140: expected entries sorted by name; make the image again"},
    {ENTRY(0, offset), 8, 0x800,
     "offset 0x90: expected an object at a page aligned offset, of whole pages (0x1000), found "
     "0x800; make the image again"},
    {ENTRY(1, offset), 8, 0x2000,
     "offset 0x130: expected an object after the end of the one before it (0x3000), found 0x2000; "
     "make the image again"},
    {ENTRY(1, length), 8, 0x20000,
     "offset 0x138: expected an object inside the image (0x5000), found 0x20000; make the image "
     "again"},
};

static void seal_image(uint8_t *bytes)
{
    if (fixture_image_header(bytes)->index_length == TWZ_PAGE_SIZE)
        fixture_image_seal(bytes);
}

static void refuses_images(void **state)
{
    (void)state;
    refuses("ls", FIXTURE_IMAGE_SIZE, fixture_image, seal_image, image_damages,
            sizeof(image_damages) / sizeof(image_damages[0]));
}

/* The fixtures know nothing of digests: the tool must refuse them for that alone. */
static void checks_the_digest(void **state)
{
    uint8_t *bytes = fixture_alloc(FIXTURE_SIZE);
    char output[2048];

    (void)state;
    make_names("verify");
    fixture_full(bytes);
    assert_int_equal(run_on(bytes, FIXTURE_SIZE, output, sizeof(output)), 1);
    assert_non_null(strstr(output, ": offset 0x90: expected the SHA-256 digest of its content"));
    fixture_header(bytes)->key[0] = 1;
    fixture_seal(bytes);
    assert_int_equal(run_on(bytes, FIXTURE_SIZE, output, sizeof(output)), 1);
    assert_non_null(strstr(output, ": offset 0x10: expected an ID that is the hash of what it "));
    free(bytes);
}

RUN_TESTS(T(refuses_objects, "objtool names field, values and cure of every bad object field"),
          T(refuses_images, "objtool names field, values and cure of every bad image field"),
          T(checks_the_digest, "objtool verify checks digest and ID behind a good checksum"))
