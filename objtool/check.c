/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool.h"

#include <string.h>

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
static int check(const struct input *input)
{
    struct obj object;
    struct packed packed;
    uint64_t offset;
    int status;

    if (input->size < 8 || memcmp(input->bytes, OBJ_MAGIC, 8) != 0)
        return check_elf(input->path, input->bytes, input->size);
    status = object_open(input, NULL, &object, &offset);
    if (status == STATUS_FINE)
        status = packed_expand(&packed, &object, input->path, offset);
    if (status != STATUS_FINE)
        return STATUS_INPUT;
    status = check_elf(input->path, packed.object.payload, packed.object.header->payload_length);
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

    while ((letter = option_next(&command_check, argc, argv, ":h", options, &json)) != -1)
        return letter == 'h' ? report_end(STATUS_FINE) : STATUS_USAGE;
    if (argc - optind != 1)
        return usage_error(&command_check, "one ELF file is needed");
    report_start("check", json);
    report_set(report_document(), "file", report_text(argv[optind]));
    status = input_read(&input, argv[optind], UINT64_MAX);
    if (status == STATUS_FINE) {
        status = check(&input);
        input_free(&input);
    }
    return report_end(status);
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
