/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool.h"

static int check_elf(const char *file, const uint8_t *bytes, uint64_t size)
{
    int status = elf_check(file, bytes, size, true);

    if (status == STATUS_FINE) {
        say("%s %s\n", say_word(true, "ok"), file);
        elf_describe(bytes, size);
    }
    return status;
}

/* The ELF file itself, or the one in a packed object. */
static int check(const struct input *input, const char *name)
{
    struct obj object;
    struct packed packed;
    uint64_t offset;
    int status;

    if (!input_is_object(input))
        return check_elf(input->path, input->bytes, input->size);
    status = object_expand(input, name, &object, &packed, &offset);
    if (status != STATUS_FINE)
        return status;
    status = check_elf(input->path, packed.object.payload, packed.object.header->payload_length);
    packed_free(&packed);
    return status;
}

static int run(int argc, char **argv)
{
    return run_on_file(&command_check, argc, argv, 1, "one ELF file is", check);
}

const struct command command_check = {
    .name = "check",
    .summary = "tell whether an ELF file is laid out right, and if not, all that is wrong",
    .help = "Usage: objtool check ELF [--json]\n"
            "\n"
            "Checks the two-slot layout, dynamic tables, relocations, notes and gates, and that\n"
            "code uses no %fs operand but %fs:0 and %fs:0x28. A packed object is looked into.\n"
            "Ends with 1 if something is wrong, with 3 if the file is no ELF file.\n"
            "\n"
            "Examples:\n"
            "  objtool check libcodec.so\n"
            "  objtool check --json libcodec.so | jq '.problems[].cure'\n",
    .run = run,
};
