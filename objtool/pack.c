/* SPDX-License-Identifier: BSD-2-Clause */
#include "key.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct request {
    const char *input;
    const char *output;
    const char *name;
    enum obj_id_kind id_kind;
    enum twz_medium medium;
    uint32_t permissions;
    const char *debug;               /* where debug data goes, or NULL: it stays */
    const char *key;                 /* secret key file */
    struct texts extensions, points; /* as they were given */
    bool data;
    bool compress;
    struct obj_fot_builder *fot;
};

/* A target is an ID (32 hexadecimal digits) or NAME or NAME@RESOLVER. */
static int add_target(struct request *request, char *text)
{
    struct twz_id id;
    uint32_t index;
    char *resolver, expected[256];
    enum obj_error error;

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
    snprintf(expected, sizeof(expected), "expected %s", obj_error_expected(error));
    report_problem(&(struct problem){.file = "the foreign object table",
                                     .error = obj_error_name(error),
                                     .expected = expected,
                                     .found = text,
                                     .cure = obj_error_cure(error)});
    return STATUS_INPUT;
}

static int add_targets(struct request *request)
{
    int status = STATUS_FINE;

    if (request->points.count == 0)
        return STATUS_FINE;
    request->fot = malloc(sizeof(*request->fot));
    if (!request->fot)
        return report_no_memory("the foreign object table");
    obj_fot_start(request->fot);
    for (uint32_t i = 0; i < request->points.count && status == STATUS_FINE; i++)
        status = add_target(request, request->points.list[i]);
    return status;
}

/* However the two are spelled, if they are there. */
static bool same_file(const char *a, const char *b)
{
    struct stat x, y;

    if (stat(a, &x) != 0 || stat(b, &y) != 0)
        return strcmp(a, b) == 0;
    return S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Options whose value is one of a few words. */
static int parse_values(struct request *request, const char *id, const char *medium,
                        const char *permissions)
{
    if (id && strcmp(id, "content") != 0 && strcmp(id, "nonce") != 0)
        return usage_error(&command_pack, "--id takes `nonce` or `content`");
    if (medium && strcmp(medium, "persistent") != 0 && strcmp(medium, "volatile") != 0)
        return usage_error(&command_pack, "--medium takes `volatile` or `persistent`");
    request->id_kind = id && strcmp(id, "content") == 0 ? OBJ_ID_CONTENT : OBJ_ID_NONCE;
    request->medium = medium && strcmp(medium, "persistent") == 0 ? TWZ_PERSISTENT : TWZ_VOLATILE;
    request->permissions = request->data ? TWZ_READ : TWZ_READ | TWZ_EXECUTE;
    if (permissions &&
        (!rights_parse(permissions, &request->permissions) || request->permissions & TWZ_WRITE))
        return usage_error(&command_pack, "--permissions takes letters of `rxud`: what is packed "
                                          "is immutable");
    for (uint32_t i = 0; i < request->points.count; i++) {
        const char *point = request->points.list[i];

        if (*point == '@' || !*point || point[strlen(point) - 1] == '@')
            return usage_error(&command_pack, "--point takes an ID, NAME or NAME@RESOLVER");
    }
    return GO_ON;
}

static int parse(struct request *request, int argc, char **argv)
{
    const char *id = NULL, *medium = NULL, *permissions = NULL;
    const struct choice choices[] = {{"output", 'o', .text = &request->output},
                                     {"name", 'n', .text = &request->name},
                                     {"key", 'k', .text = &request->key},
                                     {"split", 0, .text = &request->debug},
                                     {"id", 0, .text = &id},
                                     {"medium", 0, .text = &medium},
                                     {"permissions", 0, .text = &permissions},
                                     {"data", 0, .flag = &request->data},
                                     {"compress", 0, .flag = &request->compress},
                                     {"point", 0, .list = &request->points},
                                     {"extension", 0, .list = &request->extensions},
                                     {0}};
    struct arguments arguments;
    int status = options_read(&command_pack, choices, argc, argv, &arguments);

    if (status == GO_ON)
        status = parse_values(request, id, medium, permissions);
    if (status != GO_ON)
        return status;
    if (arguments.count != 1)
        return usage_error(&command_pack, "one file to pack is needed");
    if (!request->output)
        return usage_error(&command_pack, "-o OBJ is missing");
    if (request->debug && request->data)
        return usage_error(&command_pack, "--split is for ELF files, --data for others");
    if (request->debug && same_file(request->debug, request->output))
        return usage_error(&command_pack, "--split and -o name the same file");
    request->input = arguments.words[0];
    if (!request->name)
        request->name = path_base(request->input);
    if (!obj_name_valid(request->name, strlen(request->name) + 1))
        return usage_error(&command_pack,
                           "`%s` cannot be a name (1 to 127 printable characters, no space, no "
                           "'/'); give one with --name",
                           request->name);
    report_start("pack", arguments.json);
    return GO_ON;
}

static int build(const struct request *request, const struct input *input, uint64_t length,
                 const struct secret_key *key)
{
    struct recipe recipe = {.name = request->name,
                            .id_kind = request->id_kind,
                            .permissions = request->permissions,
                            .compress = request->compress,
                            .payload = input->bytes,
                            .payload_length = length,
                            .medium = request->medium,
                            .fot = request->fot,
                            .extension_count = request->extensions.count,
                            .key = key};
    struct obj_extension *extensions;
    struct packed packed;
    int status;

    status =
        extensions_make(request->extensions.list, request->extensions.count, input, &extensions);
    recipe.extensions = extensions;
    if (status == STATUS_FINE)
        status = packed_make(&packed, &recipe, input->path);
    free(extensions);
    if (status == STATUS_FINE) {
        status = packed_write(&packed, request->output, input->path);
        packed_free(&packed);
    }
    return status;
}

/* The debug data first: it is what nobody could make again. What is left is checked once more,
 * since only the beginning of the file is. */
static int split(const struct request *request, struct input *input, uint64_t *length)
{
    char name[OBJ_NAME_SIZE];
    struct recipe recipe = {.name = name,
                            .id_kind = OBJ_ID_NONCE,
                            .permissions = TWZ_READ,
                            .compress = true,
                            .payload = input->bytes,
                            .payload_length = input->size};
    struct packed packed;
    int status = elf_split(input, length, name);

    if (status == STATUS_FINE)
        status = packed_make(&packed, &recipe, input->path);
    if (status != STATUS_FINE)
        return status;
    status = elf_forget_sections(input);
    if (status == STATUS_FINE &&
        elf_check(input->path, input->bytes, *length, false) != STATUS_FINE)
        status = STATUS_INPUT;
    if (status == STATUS_FINE)
        status = packed_write(&packed, request->debug, input->path);
    packed_free(&packed);
    if (status == STATUS_FINE && same_file(request->debug, request->output)) {
        report_problem(&(struct problem){.file = request->output,
                                         .error = "E_SPLIT",
                                         .expected = "the debug data is in this file now",
                                         .cure = "give -o another name"});
        return STATUS_INPUT;
    }
    return status;
}

static int pack(struct request *request)
{
    struct secret_key key;
    struct input input;
    int status = input_read(&input, request->input, OBJ_PAYLOAD_MAX);
    uint64_t length = input.size;

    if (status != STATUS_FINE)
        return status;
    status = add_targets(request);
    if (status == STATUS_FINE && !request->data &&
        elf_check(input.path, input.bytes, input.size, false) != STATUS_FINE)
        status = STATUS_INPUT;
    if (status == STATUS_FINE && request->debug)
        status = split(request, &input, &length);
    if (status == STATUS_FINE && request->key)
        status = secret_read(&key, request->key);
    if (status == STATUS_FINE)
        status = build(request, &input, length, request->key ? &key : NULL);
    if (request->key)
        secret_wipe(&key);
    input_free(&input);
    return status;
}

static int run(int argc, char **argv)
{
    struct request request = {.id_kind = OBJ_ID_NONCE};
    int status = parse(&request, argc, argv);

    if (status == GO_ON)
        status = report_end(pack(&request));
    free(request.fot);
    free(request.extensions.list);
    free(request.points.list);
    return status;
}

const struct command command_pack = {
    .name = "pack",
    .summary = "make an object from an ELF file or from data",
    .help =
        "Usage: objtool pack ELF -o OBJ [options] [--json]\n"
        "\n"
        "  -o, --output OBJ     the packed object to write\n"
        "  -n, --name NAME      its name (default: the file's name)\n"
        "      --id KIND        where its ID comes from: `nonce` (default), made from name and\n"
        "                       digest, or `content`, made from the bytes alone\n"
        "      --data           the payload is any file, not an ELF file of the two-slot layout\n"
        "      --compress       store the payload with zlib, if that is smaller\n"
        "      --point TARGET   add a foreign object: an ID, NAME or NAME@RESOLVER; may be\n"
        "                       repeated, equal targets share one entry\n"
        "      --split DEBUG    pack only what is loaded; the whole file, with what a debugger\n"
        "                       needs, goes to the object DEBUG, named after the build ID\n"
        "      --permissions P  default permissions, letters of `rxud` (default: rx, data: r)\n"
        "      --medium MEDIUM  `volatile` (default) or `persistent`\n"
        "      --extension E    TAG=SYMBOL or TAG=OFFSET:COUNT: the object implements the "
        "extension\n"
        "                       TAG (32 hexadecimal digits) with this table of functions; may be\n"
        "                       repeated\n"
        "  -k, --key KEY        sign with this secret key, made by `objtool keygen`\n"
        "\n"
        "Examples:\n"
        "  objtool pack libcodec.so -o libcodec.obj\n"
        "  objtool pack --data --name policy policy.bin -o policy.obj\n"
        "  objtool pack libcodec.so -o libcodec.obj --split libcodec-debug.obj\n"
        "  objtool pack --id content --compress prog -o prog.obj\n",
    .run = run,
};
