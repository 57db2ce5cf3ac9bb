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

static int describe(const char *path, uint8_t *bytes, uint64_t size)
{
    static struct twz_elf_module module;
    struct twz_elf_bytes source;
    int status = elf_check(path, bytes, size, false);

    if (status != STATUS_FINE)
        return STATUS_INPUT;
    twz_elf_bytes_memory(&source, bytes, size);
    if (twz_elf_module_open(&module, &source, EM_X86_64, NULL) != TWZ_ELF_OK)
        return STATUS_INPUT;
    elf_describe_gates(&module);
    return elf_describe_functions(path, &module, bytes, size);
}

static int gates(const struct input *input, const char *name)
{
    struct obj object;
    struct packed packed;
    uint64_t offset;
    int status;

    if (!is_object(input))
        return describe(input->path, input->bytes, input->size);
    status = object_open(input, name, &object, &offset);
    if (status == STATUS_FINE)
        status = packed_expand(&packed, &object, input->path, offset);
    if (status != STATUS_FINE)
        return STATUS_INPUT;
    status =
        describe(input->path, packed.bytes + TWZ_OBJECT_BASE, packed.object.header->payload_length);
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
            "library exports besides, from its debug information; it could become a gate.\n"
            "\n"
            "Examples:\n"
            "  objtool gates libcodec.so\n"
            "  objtool gates --json demo.img libcodec.so | jq -r '.gates[]'\n",
    .run = run,
};
