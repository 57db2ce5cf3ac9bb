/* SPDX-License-Identifier: BSD-2-Clause */
/* The typed entries of a library: what its gate descriptors say, and what its debug information
 * says about the other functions that it exports. */
#include "key.h"

#include <string.h>
#include <twzelf/load.h>

static bool is_object(const struct input *input)
{
    return input_is_image(input) || (input->size >= 8 && memcmp(input->bytes, OBJ_MAGIC, 8) == 0);
}

/* The file that the debug information is in: this one, or the whole file that was split from it and
 * stands in the same image, named after the build ID. Nothing has to be there. */
static void find_debug(const struct input *input, const struct twz_elf_module *module,
                       struct packed *debug)
{
    struct obj_image image;
    struct obj_diag diag;
    struct obj object;
    const struct obj_image_entry *entry = NULL;
    char name[OBJ_NAME_SIZE];

    debug->bytes = NULL;
    if (input_is_image(input) && elf_debug_name(module, name) &&
        obj_image_open(input->bytes, input->size, &image, &diag) == OBJ_OK)
        entry = obj_image_find(&image, name);
    if (entry && (obj_image_object(&image, entry, &object, &diag) != OBJ_OK ||
                  packed_expand(debug, &object, input->path, entry->offset) != STATUS_FINE))
        debug->bytes = NULL;
}

static int describe(const struct input *input, uint8_t *bytes, uint64_t size)
{
    static struct twz_elf_module module;
    struct twz_elf_bytes source;
    struct packed debug;
    int status = elf_check(input->path, bytes, size, false);

    if (status != STATUS_FINE)
        return STATUS_INPUT;
    twz_elf_bytes_memory(&source, bytes, size);
    if (twz_elf_module_open(&module, &source, EM_X86_64, NULL) != TWZ_ELF_OK)
        return STATUS_INPUT;
    elf_describe_gates(&module);
    find_debug(input, &module, &debug);
    if (debug.bytes) {
        bytes = debug.bytes + TWZ_OBJECT_BASE;
        size = debug.object.header->payload_length;
    }
    status = elf_describe_functions(input->path, &module, bytes, size);
    packed_free(&debug);
    return status;
}

static int gates(const struct input *input, const char *name)
{
    struct obj object;
    struct packed packed;
    uint64_t offset;
    int status;

    if (!is_object(input))
        return describe(input, input->bytes, input->size);
    status = object_open(input, name, &object, &offset);
    if (status == STATUS_FINE)
        status = packed_expand(&packed, &object, input->path, offset);
    if (status != STATUS_FINE)
        return STATUS_INPUT;
    status = describe(input, packed.bytes + TWZ_OBJECT_BASE, packed.object.header->payload_length);
    packed_free(&packed);
    return status;
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    struct input input;
    bool json = false;
    int letter, status;

    while ((letter = option_next(&command_gates, argc, argv, ":h", options, &json)) != -1)
        return letter == 'h' ? report_end(STATUS_FINE) : STATUS_USAGE;
    if (argc - optind != 1 && argc - optind != 2)
        return usage_error(&command_gates, "an ELF file, an object or an image is needed");
    report_start("gates", json);
    report_set(report_document(), "file", report_text(argv[optind]));
    status = input_read(&input, argv[optind], UINT64_MAX);
    if (status == STATUS_FINE) {
        status = gates(&input, argv[optind + 1]);
        input_free(&input);
    }
    return report_end(status);
}

const struct command command_gates = {
    .name = "gates",
    .summary = "list the typed entries of a library",
    .help = "Usage: objtool gates ELF|OBJ [--json]\n"
            "       objtool gates IMG NAME [--json]\n"
            "\n"
            "`gate`: what other compartments may call, from the descriptors. `function`: what the\n"
            "library exports besides, from its debug information; it could become a gate. In an\n"
            "image, that of a split library is found by its build ID.\n"
            "\n"
            "Examples:\n"
            "  objtool gates libcodec.so\n"
            "  objtool gates --json demo.img libcodec.so | jq -r '.gates[]'\n",
    .run = run,
};
