/* SPDX-License-Identifier: BSD-2-Clause */
#include "key.h"

#include <inttypes.h>
#include <string.h>

static const char *hex32(const uint8_t bytes[32], char text[65])
{
    for (unsigned i = 0; i < 32; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    return text;
}

static void describe_foreign(const struct obj *object)
{
    json_t *array = report_document() ? json_array() : NULL;
    char id[OBJ_ID_TEXT];

    for (uint32_t i = 1; i <= object->fot_count; i++) {
        const struct obj_fot_entry *entry = obj_fot_at(object, i);
        const char *resolver = entry->resolver ? object->metadata + entry->resolver : "";

        if (entry->kind == OBJ_FOT_ID) {
            obj_id_format(entry->id, id);
            say("foreign %-4u id %s\n", i, id);
            if (array)
                report_append(array, json_pack("{s:i, s:s}", "index", (int)i, "id", id));
        } else {
            say("foreign %-4u name ", i);
            say_text(object->metadata + entry->name);
            say(*resolver ? " resolver " : "");
            say_text(resolver);
            say("\n");
            if (array)
                report_append(array, json_pack("{s:i, s:o, s:o}", "index", (int)i, "name",
                                               report_text(object->metadata + entry->name),
                                               "resolver", report_text(resolver)));
        }
    }
    report_set(report_document(), "foreign", array);
}

static void describe_extensions(const struct obj *object)
{
    json_t *array = report_document() ? json_array() : NULL;

    for (uint32_t i = 0; i < object->extension_count; i++)
        extension_describe(&object->extensions[i], array);
    report_set(report_document(), "extensions", array);
}

static void describe_header(const struct obj_header *h)
{
    char id[OBJ_ID_TEXT], nonce[OBJ_ID_TEXT], bytes[65], rights[6];

    obj_id_format(h->id, id);
    obj_id_format(h->nonce, nonce);
    text_field("name", h->name);
    text_field("id", id);
    text_field("id_kind", h->id_kind == OBJ_ID_CONTENT ? "content" : "nonce");
    text_field("nonce", nonce);
    text_field("flags", h->flags & OBJ_IMMUTABLE ? "immutable" : "");
    text_field("permissions", rights_text(h->permissions, rights));
    text_field("medium", h->medium == TWZ_VOLATILE ? "volatile" : "persistent");
    text_field("compression", h->compression == OBJ_COMPRESSION_ZLIB ? "zlib" : "none");
    number_field("payload", h->payload_length);
    number_field("stored", h->stored_length);
    text_field("digest", hex32(h->digest, bytes));
    text_field("key", obj_has_key(h) ? hex32(h->key, bytes) : "none");
}

static int describe_object(const struct input *input, const char *name)
{
    struct obj object;
    struct packed packed;
    uint64_t offset;
    int status = object_expand(input, name, &object, &packed, &offset);

    if (status != STATUS_FINE)
        return status;
    text_field("kind", "object");
    number_field("version", OBJ_VERSION);
    describe_header(object.header);
    number_field("length", object.packed_length);
    describe_foreign(&object);
    describe_extensions(&object);
    elf_describe(packed.object.payload, packed.object.header->payload_length);
    packed_free(&packed);
    return STATUS_FINE;
}

static int describe_image(const struct input *input)
{
    struct obj_image image;
    struct obj_diag diag;

    if (obj_image_open(input->bytes, input->size, &image, &diag) != OBJ_OK)
        return report_refusal(input->path, &diag);
    text_field("kind", "image");
    number_field("version", OBJ_IMAGE_VERSION);
    number_field("objects", image.header->count);
    number_field("index", image.header->index_length);
    number_field("length", image.header->image_length);
    text_field("policy", obj_image_find(&image, "policy") ? "yes" : "no");
    return STATUS_FINE;
}

static int info(const struct input *input, const char *name)
{
    text_field("file", input->path);
    if (input_is_capability(input) && name)
        return usage_error(&command_info, "a capability holds no objects");
    if (input_is_capability(input))
        return capability_describe(input);
    return input_is_image(input) && !name ? describe_image(input) : describe_object(input, name);
}

static int run(int argc, char **argv)
{
    return run_on_file(&command_info, argc, argv, 2, "an object or an image is", info);
}

const struct command command_info = {
    .name = "info",
    .summary = "show what an object, an image or a capability says about itself",
    .help = "Usage: objtool info OBJ [--json]\n"
            "       objtool info IMG [NAME] [--json]\n"
            "       objtool info CAP [--json]\n"
            "\n"
            "Examples:\n"
            "  objtool info libcodec.obj\n"
            "  objtool info demo.img libcodec.so\n"
            "  objtool info --json libcodec.obj | jq -r .id\n",
    .run = run,
};
