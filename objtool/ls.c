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

static int ls(const struct input *input, const char *name)
{
    struct obj_image image;
    struct obj_diag diag;

    (void)name;
    if (obj_image_open(input->bytes, input->size, &image, &diag) != OBJ_OK)
        return report_refusal(input->path, &diag);
    list(&image);
    return STATUS_FINE;
}

static int run(int argc, char **argv)
{
    return run_on_file(&command_ls, argc, argv, 1, "one image is", ls);
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
