/* SPDX-License-Identifier: BSD-2-Clause */
#include "key.h"

#include <inttypes.h>
#include <string.h>

/* One line "CHANGE NAME: DETAIL", or an entry of the document. */
static void tell(json_t *changes, const char *change, const char *name, const char *detail)
{
    say("%-8s ", change);
    say_text(name);
    say(*detail ? ": " : "");
    say_text(detail);
    say("\n");
    if (changes)
        report_append(changes, json_pack("{s:s, s:o, s:o}", "change", change, "name",
                                         report_text(name), "detail", report_text(detail)));
}

static uint64_t first_difference(const uint8_t *a, const uint8_t *b, uint64_t length)
{
    uint64_t at = 0;

    while (at < length && a[at] == b[at])
        at++;
    return at;
}

/* What the payload is differs, and from where. */
static bool diff_payload(const struct obj *a, const struct obj *b, const char *name,
                         json_t *changes)
{
    uint64_t x = a->header->payload_length, y = b->header->payload_length;
    uint64_t shorter = x < y ? x : y, at = first_difference(a->payload, b->payload, shorter);
    char detail[96];

    if (x == y && at == x)
        return false;
    if (x != y)
        snprintf(detail, sizeof(detail),
                 "payload of %" PRIu64 " and %" PRIu64 " bytes, from offset 0x%" PRIx64, x, y,
                 (uint64_t)TWZ_OBJECT_BASE + at);
    else
        snprintf(detail, sizeof(detail), "payload from offset 0x%" PRIx64,
                 (uint64_t)TWZ_OBJECT_BASE + at);
    tell(changes, "changed", name, detail);
    return true;
}

/* The parts behind the payload, as they stand in both files. */
static bool rest_equal(const struct obj *a, const struct obj *b)
{
    const struct obj_header *x = a->header, *y = b->header;

    return x->fot_length == y->fot_length && x->extension_length == y->extension_length &&
           x->metadata_length == y->metadata_length &&
           memcmp(a->fot_end - x->fot_length, b->fot_end - y->fot_length, x->fot_length) == 0 &&
           memcmp(a->extensions, b->extensions, x->extension_length) == 0 &&
           memcmp(a->metadata, b->metadata, x->metadata_length) == 0;
}

/* Two objects with expanded payloads. Whether they differ. */
static bool diff_parts(const struct obj *a, const struct obj *b, json_t *changes)
{
    const struct obj_header *x = a->header, *y = b->header;
    const char *name = x->name;
    bool differ = strcmp(x->name, y->name) != 0;

    if (differ)
        tell(changes, "renamed", name, y->name);
    if (x->permissions != y->permissions || x->flags != y->flags || x->medium != y->medium) {
        tell(changes, "changed", name, "permissions, flags or medium");
        differ = true;
    }
    if (memcmp(x->key, y->key, sizeof(x->key)) != 0) {
        tell(changes, "changed", name, "key");
        differ = true;
    }
    differ |= diff_payload(a, b, name, changes);
    if (!rest_equal(a, b)) {
        tell(changes, "changed", name, "foreign objects, extensions or metadata");
        differ = true;
    }
    if (!differ && !obj_id_equal(x->id, y->id)) {
        tell(changes, "changed", name, "ID");
        differ = true;
    }
    return differ;
}

static int diff_objects(const struct input *a, const struct obj *x, uint64_t x_offset,
                        const struct input *b, const struct obj *y, uint64_t y_offset,
                        json_t *changes)
{
    struct packed left, right;
    int status = packed_expand(&left, x, a->path, x_offset);

    if (status != STATUS_FINE)
        return STATUS_INPUT;
    status = packed_expand(&right, y, b->path, y_offset);
    if (status == STATUS_FINE) {
        status = diff_parts(&left.object, &right.object, changes) ? STATUS_NO : STATUS_FINE;
        packed_free(&right);
    } else {
        status = STATUS_INPUT;
    }
    packed_free(&left);
    return status;
}

/* Both indexes are sorted by name. */
static int diff_images(const struct input *a, const struct obj_image *x, const struct input *b,
                       const struct obj_image *y, json_t *changes)
{
    uint32_t i = 0, k = 0;
    int status = STATUS_FINE;

    while (i < x->header->count || k < y->header->count) {
        const struct obj_image_entry *left = i < x->header->count ? &x->entries[i] : NULL;
        const struct obj_image_entry *right = k < y->header->count ? &y->entries[k] : NULL;
        int order = !left ? 1 : !right ? -1 : strcmp(left->name, right->name);
        struct obj from, to;
        struct obj_diag diag;
        int result = STATUS_NO;

        if (order < 0)
            tell(changes, "removed", left->name, "");
        else if (order > 0)
            tell(changes, "added", right->name, "");
        else if (obj_image_object(x, left, &from, &diag) != OBJ_OK)
            return report_refusal(a->path, &diag);
        else if (obj_image_object(y, right, &to, &diag) != OBJ_OK)
            return report_refusal(b->path, &diag);
        else
            result = diff_objects(a, &from, left->offset, b, &to, right->offset, changes);
        status = result > status ? result : status;
        i += order <= 0;
        k += order >= 0;
    }
    return status;
}

static int diff(const struct input *a, const struct input *b, json_t *changes)
{
    struct obj_image x, y;
    struct obj from, to;
    struct obj_diag diag;

    if (input_is_image(a) != input_is_image(b)) {
        report_problem(&(struct problem){.file = b->path,
                                         .error = "E_KIND",
                                         .expected = "expected two objects or two images",
                                         .cure = "take the object out with `objtool unpack`"});
        return STATUS_INPUT;
    }
    if (!input_is_image(a)) {
        if (obj_open(a->bytes, a->size, &from, &diag) != OBJ_OK)
            return report_refusal(a->path, &diag);
        if (obj_open(b->bytes, b->size, &to, &diag) != OBJ_OK)
            return report_refusal(b->path, &diag);
        return diff_objects(a, &from, 0, b, &to, 0, changes);
    }
    if (obj_image_open(a->bytes, a->size, &x, &diag) != OBJ_OK)
        return report_refusal(a->path, &diag);
    if (obj_image_open(b->bytes, b->size, &y, &diag) != OBJ_OK)
        return report_refusal(b->path, &diag);
    return diff_images(a, &x, b, &y, changes);
}

static int run(int argc, char **argv)
{
    struct arguments arguments;
    struct input a, b;
    json_t *changes;
    int status = options_read(&command_diff, NULL, argc, argv, &arguments);

    if (status != GO_ON)
        return status;
    if (arguments.count != 2)
        return usage_error(&command_diff, "two objects or two images are needed");
    report_start("diff", arguments.json);
    changes = report_document() ? json_array() : NULL;
    status = input_read(&a, arguments.words[0], UINT64_MAX);
    if (status == STATUS_FINE) {
        status = input_read(&b, arguments.words[1], UINT64_MAX);
        if (status == STATUS_FINE) {
            status = diff(&a, &b, changes);
            input_free(&b);
        }
        input_free(&a);
    }
    report_set(report_document(), "changes", changes);
    return report_end(status);
}

const struct command command_diff = {
    .name = "diff",
    .summary = "show what differs between two objects or two images",
    .help = "Usage: objtool diff A B [--json]\n"
            "\n"
            "Compression makes no difference. Ends with 1 if anything differs.\n"
            "\n"
            "Examples:\n"
            "  objtool diff yesterday.img demo.img\n"
            "  objtool diff --json a.obj b.obj | jq -r '.changes[].detail'\n",
    .run = run,
};
