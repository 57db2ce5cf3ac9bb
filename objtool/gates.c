/* SPDX-License-Identifier: BSD-2-Clause */
/* The typed entries of a library: what its gate descriptors say, and what its debug information
 * says about the other functions that it exports. */
#include "tool.h"

#include <string.h>
#include <twzelf/load.h>

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

    if (!input_is_object(input) && !input_is_image(input))
        return describe(input, input->bytes, input->size);
    status = object_expand(input, name, &object, &packed, &offset);
    if (status != STATUS_FINE)
        return status;
    status = describe(input, packed.bytes + TWZ_OBJECT_BASE, packed.object.header->payload_length);
    packed_free(&packed);
    return status;
}

static int run(int argc, char **argv)
{
    return run_on_file(&command_gates, argc, argv, 2, "an ELF file, an object or an image is",
                       gates);
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
