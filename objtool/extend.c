/* SPDX-License-Identifier: BSD-2-Clause */
#include "key.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct request {
    const char *object;
    const char *tag;    /* to be found, or NULL */
    const char *output; /* NULL: nothing is changed */
    const char *key;
    struct texts add, remove; /* as they were given */
};

static int no_such(const struct request *request, const char *tag)
{
    report_problem(&(struct problem){.file = request->object,
                                     .error = "E_EXTENSION",
                                     .expected = "there is no extension of this tag",
                                     .found = tag,
                                     .cure = "see `objtool info`"});
    return STATUS_NO;
}

static int show(const struct request *request, const struct obj *object)
{
    json_t *array = report_document() ? json_array() : NULL;
    struct twz_id wanted = {0, 0};
    uint32_t found = 0;

    if (request->tag && !obj_id_parse(request->tag, &wanted))
        return usage_error(&command_extension, "a tag has 32 hexadecimal digits");
    for (uint32_t i = 0; i < object->extension_count; i++) {
        if (request->tag && !obj_id_equal(object->extensions[i].tag, wanted))
            continue;
        extension_describe(&object->extensions[i], array);
        found++;
    }
    report_set(report_document(), "extensions", array);
    return request->tag && !found ? no_such(request, request->tag) : STATUS_FINE;
}

/* What the object has, without what goes and with what comes. */
static int edit(const struct request *request, const struct obj *object, struct obj_extension *all,
                uint32_t *count, const struct obj_extension *added)
{
    struct twz_id tag;

    *count = object->extension_count;
    memcpy(all, object->extensions, *count * sizeof(*all));
    for (uint32_t i = 0; i < request->remove.count; i++) {
        uint32_t at = 0;

        if (!obj_id_parse(request->remove.list[i], &tag))
            return usage_error(&command_extension, "--remove takes a tag of 32 hexadecimal digits");
        while (at < *count && !obj_id_equal(all[at].tag, tag))
            at++;
        if (at == *count)
            return no_such(request, request->remove.list[i]);
        memmove(&all[at], &all[at + 1], (--*count - at) * sizeof(*all));
    }
    memcpy(all + *count, added, request->add.count * sizeof(*all));
    *count += request->add.count;
    qsort(all, *count, sizeof(*all), extension_by_tag);
    return STATUS_FINE;
}

static int write_changed(const struct request *request, const struct packed *from, bool compress)
{
    const struct input payload = {.path = request->object,
                                  .bytes = (uint8_t *)(uintptr_t)from->object.payload,
                                  .size = from->object.header->payload_length};
    struct obj_extension *all, *added = NULL;
    struct secret_key key;
    struct packed to;
    uint32_t count;
    int status = extensions_make(request->add.list, request->add.count, &payload, &added);

    all = calloc((size_t)from->object.extension_count + request->add.count + 1, sizeof(*all));
    if (!all)
        status = report_no_memory(request->object);
    if (status == STATUS_FINE)
        status = edit(request, &from->object, all, &count, added);
    if (status == STATUS_FINE && request->key)
        status = secret_read(&key, request->key);
    if (status == STATUS_FINE)
        status = packed_extend(&to, &from->object, all, count, request->key ? &key : NULL, compress,
                               request->object);
    if (request->key)
        secret_wipe(&key);
    free(added);
    free(all);
    if (status == STATUS_FINE) {
        status = packed_write(&to, request->output, request->object);
        packed_free(&to);
    }
    return status;
}

static int change(const struct request *request, const struct obj *object)
{
    struct packed packed;
    struct obj_diag diag;
    int status;

    if (obj_has_key(object->header) && !request->key) {
        report_problem(&(struct problem){
            .file = request->object,
            .error = "E_SIGNED",
            .expected = "the object is signed, and what is changed has to be signed again",
            .cure = "give its maker's key with --key"});
        return STATUS_INPUT;
    }
    status = packed_expand(&packed, object, request->object, 0);
    if (status != STATUS_FINE)
        return STATUS_INPUT;
    if (object_check(&packed.object, 0, &diag) != OBJ_OK)
        status = report_refusal(request->object, &diag);
    else
        status =
            write_changed(request, &packed, object->header->compression != OBJ_COMPRESSION_NONE);
    packed_free(&packed);
    return status;
}

static int extension(const struct request *request)
{
    struct input input;
    struct obj object;
    uint64_t offset;
    int status = input_read(&input, request->object, UINT64_MAX);

    if (status != STATUS_FINE)
        return status;
    status = object_open(&input, NULL, &object, &offset);
    if (status == STATUS_FINE)
        status = request->output ? change(request, &object) : show(request, &object);
    input_free(&input);
    return status;
}

static int parse(struct request *request, int argc, char **argv)
{
    const struct choice choices[] = {{"output", 'o', .text = &request->output},
                                     {"key", 'k', .text = &request->key},
                                     {"add", 0, .list = &request->add},
                                     {"remove", 0, .list = &request->remove},
                                     {0}};
    struct arguments arguments;
    bool changes;
    int status = options_read(&command_extension, choices, argc, argv, &arguments);

    if (status != GO_ON)
        return status;
    changes = request->add.count + request->remove.count > 0;
    if (arguments.count != 1 && (arguments.count != 2 || changes))
        return usage_error(&command_extension, "one object is needed%s",
                           changes ? "" : ", and at most a tag");
    if (changes != (request->output != NULL))
        return usage_error(&command_extension,
                           changes ? "-o OBJ is missing" : "-o needs --add or --remove");
    request->object = arguments.words[0];
    request->tag = arguments.words[1];
    report_start("extension", arguments.json);
    return GO_ON;
}

static int run(int argc, char **argv)
{
    struct request request = {0};
    int status = parse(&request, argc, argv);

    if (status == GO_ON)
        status = report_end(extension(&request));
    free(request.add.list);
    free(request.remove.list);
    return status;
}

const struct command command_extension = {
    .name = "extension",
    .summary = "list, find, add and remove the extensions of an object",
    .help =
        "Usage: objtool extension OBJ [TAG] [--json]\n"
        "       objtool extension OBJ -o OBJ [--add E] [--remove TAG] [--key KEY] [--json]\n"
        "\n"
        "With TAG, only that one; ends with 1 if there is none. A changed object is another\n"
        "object: its ID changes.\n"
        "\n"
        "      --add E          TAG=SYMBOL or TAG=OFFSET:COUNT, as `objtool pack` takes it; may "
        "be\n"
        "                       repeated\n"
        "      --remove TAG     may be repeated; an extension that is replaced is removed and\n"
        "                       added\n"
        "  -k, --key KEY        sign the result; needed if the object was signed\n"
        "  -o, --output OBJ     the changed object to write\n"
        "\n"
        "Examples:\n"
        "  objtool extension reader.obj 000000000000000000000000000000aa\n"
        "  objtool extension reader.obj --add 000000000000000000000000000000ab=writer \\\n"
        "      -o both.obj\n"
        "  objtool extension both.obj --remove 000000000000000000000000000000aa -o writer.obj\n",
    .run = run,
};
