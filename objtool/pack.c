/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool.h"

#include <stdlib.h>
#include <string.h>

struct request {
    const char *input;
    const char *output;
    const char *name;
    enum obj_id_kind id_kind;
    bool data;
    bool compress;
    struct obj_fot_builder *fot;
};

/* A target is an ID (32 hexadecimal digits) or NAME or NAME@RESOLVER. */
static int add_target(struct request *request, char *text)
{
    struct twz_id id;
    uint32_t index;
    char *resolver;
    enum obj_error error;

    if (!request->fot) {
        request->fot = malloc(sizeof(*request->fot));
        if (!request->fot)
            return report_no_memory("the foreign object table");
        obj_fot_start(request->fot);
    }
    if (obj_id_parse(text, &id)) {
        error = obj_fot_id(request->fot, id, &index);
    } else {
        resolver = strchr(text, '@');
        if (resolver)
            *resolver++ = '\0';
        error = obj_fot_name(request->fot, text, resolver, &index);
    }
    if (error == OBJ_OK)
        return STATUS_FINE;
    report_refusal("the foreign object table", &(struct obj_diag){.error = error});
    return STATUS_INPUT;
}

static int parse(struct request *request, int argc, char **argv)
{
    static const struct option options[] = {
        {"output", required_argument, NULL, 'o'}, {"name", required_argument, NULL, 'n'},
        {"id", required_argument, NULL, 'i'},     {"data", no_argument, NULL, 'd'},
        {"compress", no_argument, NULL, 'c'},     {"point", required_argument, NULL, 'p'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
    int letter, status = STATUS_FINE;

    while ((letter = option_next(&command_pack, argc, argv, ":o:n:h", options, NULL)) != -1) {
        if (letter == 'o')
            request->output = optarg;
        else if (letter == 'n')
            request->name = optarg;
        else if (letter == 'd')
            request->data = true;
        else if (letter == 'c')
            request->compress = true;
        else if (letter == 'p')
            status = add_target(request, optarg);
        else if (letter == 'i' && strcmp(optarg, "nonce") == 0)
            request->id_kind = OBJ_ID_NONCE;
        else if (letter == 'i' && strcmp(optarg, "content") == 0)
            request->id_kind = OBJ_ID_CONTENT;
        else if (letter == 'i')
            return usage_error(&command_pack, "--id takes `nonce` or `content`");
        else
            return letter == 'h' ? -1 : STATUS_USAGE;
        if (status != STATUS_FINE)
            return status;
    }
    if (argc - optind != 1)
        return usage_error(&command_pack, "one file to pack is needed");
    if (!request->output)
        return usage_error(&command_pack, "-o OBJ is missing");
    request->input = argv[optind];
    if (!request->name)
        request->name = path_base(request->input);
    if (!obj_name_valid(request->name, strlen(request->name) + 1))
        return usage_error(&command_pack,
                           "`%s` cannot be a name (1 to 127 printable characters, no space, no "
                           "'/'); give one with --name",
                           request->name);
    return STATUS_FINE;
}

static int pack(const struct request *request)
{
    struct recipe recipe = {.name = request->name,
                            .id_kind = request->id_kind,
                            .permissions = request->data ? TWZ_READ : TWZ_READ | TWZ_EXECUTE,
                            .compress = request->compress,
                            .fot = request->fot};
    struct input input;
    struct packed packed;
    int status = input_read(&input, request->input, OBJ_PAYLOAD_MAX);

    if (status != STATUS_FINE)
        return status;
    if (!request->data && elf_check(input.path, input.bytes, input.size, false) != STATUS_FINE) {
        input_free(&input);
        return STATUS_INPUT;
    }
    recipe.payload = input.bytes;
    recipe.payload_length = input.size;
    status = packed_make(&packed, &recipe, input.path);
    if (status == STATUS_FINE) {
        status = output_write(request->output, packed.bytes, packed.object.packed_length);
        packed_free(&packed);
    }
    input_free(&input);
    return status;
}

static int run(int argc, char **argv)
{
    struct request request = {.id_kind = OBJ_ID_NONCE};
    int status = parse(&request, argc, argv);

    if (status == STATUS_FINE) {
        status = pack(&request);
        if (status == STATUS_FINE)
            status = report_end(status);
    } else if (status < 0) {
        status = report_end(STATUS_FINE);
    }
    free(request.fot);
    return status;
}

const struct command command_pack = {
    .name = "pack",
    .summary = "make an object from an ELF file or from data",
    .help =
        "Usage: objtool pack ELF -o OBJ [options]\n"
        "\n"
        "  -o, --output OBJ     the packed object to write\n"
        "  -n, --name NAME      its name (default: the file's name)\n"
        "      --id KIND        where its ID comes from: `nonce` (default), made from name and\n"
        "                       digest, or `content`, made from the bytes alone\n"
        "      --data           the payload is any file, not an ELF file of the two-slot layout\n"
        "      --compress       store the payload with zlib, if that is smaller\n"
        "      --point TARGET   add a foreign object: an ID, NAME or NAME@RESOLVER; may be\n"
        "                       repeated, equal targets share one entry\n"
        "\n"
        "Examples:\n"
        "  objtool pack libcodec.so -o libcodec.obj\n"
        "  objtool pack --data --name policy policy.bin -o policy.obj\n"
        "  objtool pack --id content --compress prog -o prog.obj\n",
    .run = run,
};
