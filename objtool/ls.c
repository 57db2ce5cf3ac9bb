/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool.h"

#include <inttypes.h>

static void list(const struct obj_image *image)
{
    json_t *objects = report_document() ? json_array() : NULL;
    char id[OBJ_ID_TEXT];

    say("%-32s  %12s  %12s  %s\n", "id", "offset", "length", "name");
    for (uint32_t i = 0; i < image->header->count; i++) {
        const struct obj_image_entry *entry = &image->entries[i];

        obj_id_format(entry->id, id);
        say("%s  %12" PRIu64 "  %12" PRIu64 "  %s\n", id, entry->offset, entry->length,
            entry->name);
        if (objects)
            report_append(objects, json_pack("{s:s, s:s, s:I, s:I}", "name", entry->name, "id", id,
                                             "offset", (json_int_t)entry->offset, "length",
                                             (json_int_t)entry->length));
    }
    report_set(report_document(), "objects", objects);
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    struct input input;
    struct obj_image image;
    struct obj_diag diag;
    bool json = false;
    int letter, status;

    while ((letter = option_next(&command_ls, argc, argv, ":h", options, &json)) != -1)
        return letter == 'h' ? report_end(STATUS_FINE) : STATUS_USAGE;
    if (argc - optind != 1)
        return usage_error(&command_ls, "one image is needed");
    report_start("ls", json);
    report_set(report_document(), "file", report_text(argv[optind]));
    status = input_read(&input, argv[optind], UINT64_MAX);
    if (status == STATUS_FINE) {
        if (obj_image_open(input.bytes, input.size, &image, &diag) == OBJ_OK)
            list(&image);
        else
            status = report_refusal(argv[optind], &diag);
        input_free(&input);
    }
    return report_end(status);
}

const struct command command_ls = {
    .name = "ls",
    .summary = "list the objects of an image",
    .help = "Usage: objtool ls IMG [--json]\n"
            "\n"
            "Examples:\n"
            "  objtool ls demo.img\n"
            "  objtool ls --json demo.img | jq -r '.objects[].name'\n",
    .run = run,
};
