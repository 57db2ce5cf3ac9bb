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
    status = object_expand(&input, name, &object, &packed, &offset);
    if (status == STATUS_FINE) {
        if (object_check(&packed.object, offset, &diag) != OBJ_OK)
            status = report_refusal(path, &diag);
        else
            status =
                output_write(target, packed.object.payload, packed.object.header->payload_length);
        packed_free(&packed);
    }
    input_free(&input);
    return status;
}

static int run(int argc, char **argv)
{
    const char *target = NULL;
    const struct choice choices[] = {{"output", 'o', .text = &target}, {0}};
    struct arguments arguments;
    int status = options_read(&command_unpack, choices, argc, argv, &arguments);

    if (status != GO_ON)
        return status;
    if (arguments.count != 1 && arguments.count != 2)
        return usage_error(&command_unpack, "one object, or an image and a name, is needed");
    if (!target)
        return usage_error(&command_unpack, "-o FILE is missing");
    report_start("unpack", arguments.json);
    return report_end(unpack(arguments.words[0], arguments.words[1], target));
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
