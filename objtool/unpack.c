/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool.h"

/* What comes out is what went in: ID and digest are checked before a byte is written. */
static int unpack(const char *path, const char *name, const char *target)
{
    struct input input;
    struct obj object;
    struct obj_diag diag;
    struct packed packed;
    uint64_t offset;
    int status = input_read(&input, path, UINT64_MAX);

    if (status != STATUS_FINE)
        return status;
    status = object_open(&input, name, &object, &offset);
    if (status == STATUS_FINE)
        status = packed_expand(&packed, &object, path, offset);
    if (status == STATUS_FINE) {
        if (object_check(&packed.object, offset, &diag) != OBJ_OK)
            status = report_refusal(path, &diag);
        else
            status =
                output_write(target, packed.object.payload, packed.object.header->payload_length);
        packed_free(&packed);
    }
    input_free(&input);
    return status == STATUS_FINE ? STATUS_FINE : STATUS_INPUT;
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {{"output", required_argument, NULL, 'o'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *target = NULL;
    bool json = false;
    int letter;

    while ((letter = option_next(&command_unpack, argc, argv, ":o:h", options, &json)) != -1) {
        if (letter == 'o')
            target = optarg;
        else
            return letter == 'h' ? report_end(STATUS_FINE) : STATUS_USAGE;
    }
    if (argc - optind != 1 && argc - optind != 2)
        return usage_error(&command_unpack, "one object, or an image and a name, is needed");
    if (!target)
        return usage_error(&command_unpack, "-o FILE is missing");
    report_start("unpack", json);
    return report_end(unpack(argv[optind], argv[optind + 1], target));
}

const struct command command_unpack = {
    .name = "unpack",
    .summary = "get back the file that was packed, byte for byte",
    .help = "Usage: objtool unpack OBJ -o FILE [--json]\n"
            "       objtool unpack IMG NAME -o FILE [--json]\n"
            "\n"
            "  -o, --output FILE    the file to write\n"
            "\n"
            "Examples:\n"
            "  objtool unpack libcodec.obj -o libcodec.so\n"
            "  objtool unpack demo.img libcodec.so -o libcodec.so\n",
    .run = run,
};
