/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool.h"

#include <string.h>

/* A file of another kind is a wrong input; anything else that is wrong is the answer `no`. */
static int answer(const char *file, const struct obj_diag *diag)
{
    report_refusal(file, diag);
    return diag->error == OBJ_E_MAGIC || diag->error == OBJ_E_VERSION ||
                   diag->error == OBJ_E_IMAGE_VERSION
               ? STATUS_INPUT
               : STATUS_NO;
}

/* One object, wherever it stands: its structure is already checked. */
static int verify_object(const struct input *input, const struct obj *object, uint64_t offset,
                         json_t *objects)
{
    struct packed packed;
    struct obj_diag diag;
    char id[OBJ_ID_TEXT];
    int status = packed_expand(&packed, object, input->path, offset);

    if (status == STATUS_FINE) {
        if (object_check(&packed.object, offset, &diag) != OBJ_OK)
            status = answer(input->path, &diag);
        packed_free(&packed);
    }
    if (status == STATUS_INPUT) /* it could not be looked at */
        return status;
    obj_id_format(object->header->id, id);
    say("%s %s %s\n",
        say_word(status == STATUS_FINE, status == STATUS_FINE ? "ok     " : "REFUSED"), id,
        object->header->name);
    if (objects)
        report_append(objects, json_pack("{s:s, s:s, s:b}", "name", object->header->name, "id", id,
                                         "ok", status == STATUS_FINE));
    return status;
}

static int verify_image(const struct input *input, json_t *objects)
{
    struct obj_image image;
    struct obj object;
    struct obj_diag diag;
    int status = STATUS_FINE;

    if (obj_image_open(input->bytes, input->size, &image, &diag) != OBJ_OK)
        return answer(input->path, &diag);
    for (uint32_t i = 0; i < image.header->count; i++) {
        const struct obj_image_entry *entry = &image.entries[i];
        int result;

        if (obj_image_object(&image, entry, &object, &diag) != OBJ_OK)
            result = answer(input->path, &diag);
        else
            result = verify_object(input, &object, entry->offset, objects);
        status = result > status ? result : status;
    }
    return status;
}

static int verify(const struct input *input, json_t *objects)
{
    struct obj object;
    struct obj_diag diag;

    if (input_is_image(input))
        return verify_image(input, objects);
    if (obj_open(input->bytes, input->size, &object, &diag) != OBJ_OK)
        return answer(input->path, &diag);
    return verify_object(input, &object, 0, objects);
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    struct input input;
    bool json = false;
    json_t *objects;
    int letter, status;

    while ((letter = option_next(&command_verify, argc, argv, ":h", options, &json)) != -1)
        return letter == 'h' ? report_end(STATUS_FINE) : STATUS_USAGE;
    if (argc - optind != 1)
        return usage_error(&command_verify, "one object or image is needed");
    report_start("verify", json);
    report_set(report_document(), "file", report_text(argv[optind]));
    status = input_read(&input, argv[optind], UINT64_MAX);
    if (status == STATUS_FINE) {
        objects = report_document() ? json_array() : NULL;
        status = verify(&input, objects);
        report_set(report_document(), "objects", objects);
        input_free(&input);
    }
    return report_end(status);
}

const struct command command_verify = {
    .name = "verify",
    .summary = "check structure, checksum, ID and digest of every object",
    .help = "Usage: objtool verify OBJ|IMG [--json]\n"
            "\n"
            "Ends with 1 if something was changed, with 3 if the file is no object or image.\n"
            "\n"
            "Examples:\n"
            "  objtool verify libcodec.obj\n"
            "  objtool verify --json demo.img\n",
    .run = run,
};
