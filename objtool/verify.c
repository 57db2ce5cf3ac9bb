/* SPDX-License-Identifier: BSD-2-Clause */
#include "key.h"

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

/* With --key: the only one that is accepted. */
static const uint8_t *wanted_key;

static enum obj_error check(const struct obj *object, uint64_t offset, struct obj_diag *diag)
{
    enum obj_error error = object_check(object, offset, diag);

    if (error != OBJ_OK || !wanted_key || memcmp(object->header->key, wanted_key, 32) == 0)
        return error;
    *diag = (struct obj_diag){.error = OBJ_E_SIGNER,
                              .place = offset + offsetof(struct obj_header, key)};
    return OBJ_E_SIGNER;
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
        if (check(&packed.object, offset, &diag) != OBJ_OK)
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

struct request {
    const char *key;    /* public key file */
    const char *object; /* of a capability */
    const char *holder; /* ID of a context */
};

static int verify_file(const char *path, const struct request *request)
{
    struct input input;
    json_t *objects;
    int status = input_read(&input, path, UINT64_MAX);

    if (status != STATUS_FINE)
        return status;
    if (input_is_capability(&input)) {
        status = request->object ? capability_verify(&input, request->object, request->holder)
                                 : usage_error(&command_verify, "a capability needs --object OBJ");
    } else {
        objects = report_document() ? json_array() : NULL;
        status = verify(&input, objects);
        report_set(report_document(), "objects", objects);
    }
    input_free(&input);
    return status;
}

static int run(int argc, char **argv)
{
    struct request request = {0};
    const struct choice choices[] = {{"key", 'k', .text = &request.key},
                                     {"object", 0, .text = &request.object},
                                     {"to", 0, .text = &request.holder},
                                     {0}};
    struct arguments arguments;
    struct twz_id holder;
    uint8_t key[32];
    int status = options_read(&command_verify, choices, argc, argv, &arguments);

    if (status != GO_ON)
        return status;
    if (arguments.count != 1)
        return usage_error(&command_verify, "one object, image or capability is needed");
    if (request.holder && !obj_id_parse(request.holder, &holder))
        return usage_error(&command_verify, "--to takes a context's ID, 32 hexadecimal digits");
    report_start("verify", arguments.json);
    report_set(report_document(), "file", report_text(arguments.words[0]));
    status = request.key ? public_read(key, request.key) : STATUS_FINE;
    wanted_key = request.key ? key : NULL;
    if (status == STATUS_FINE)
        status = verify_file(arguments.words[0], &request);
    wanted_key = NULL;
    return report_end(status);
}

const struct command command_verify = {
    .name = "verify",
    .summary = "check structure, ID, digest and signature of every object",
    .help = "Usage: objtool verify OBJ|IMG [--key PUB] [--json]\n"
            "       objtool verify CAP --object OBJ [--to CONTEXT] [--json]\n"
            "\n"
            "  -k, --key PUB        every object has to be signed with this public key\n"
            "      --object OBJ     the object that the capability has to be for\n"
            "      --to CONTEXT     the context that has to hold it\n"
            "\n"
            "Ends with 1 if something was changed or is not so, with 3 if the file is no object,\n"
            "image or capability.\n"
            "\n"
            "Examples:\n"
            "  objtool verify libcodec.obj\n"
            "  objtool verify --json demo.img\n"
            "  objtool verify alice.cap --object libcodec.obj\n",
    .run = run,
};
