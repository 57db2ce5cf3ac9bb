/* SPDX-License-Identifier: BSD-2-Clause */
/* objtool: packs ELF files into objects and objects into images; see objtool(1). */
#include "tool.h"

#include <string.h>

static const struct command *const commands[] = {
    &command_pack,  &command_unpack, &command_info,      &command_ls,   &command_verify,
    &command_check, &command_image,  &command_keygen,    &command_sign, &command_grant,
    &command_gates, &command_diff,   &command_extension,
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void print_help(void)
{
    printf("Usage: objtool COMMAND ...\n\nPacks ELF files into objects and objects into images.\n\n"
           "Commands:\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("  %-9s %s\n", commands[i]->name, commands[i]->summary);
    printf("\n  objtool COMMAND --help   options and examples of a command\n"
           "  objtool --version        the version of this program\n\n"
           "Example:\n"
           "  objtool pack libcodec.so -o libcodec.obj\n"
           "  objtool image -o demo.img libcodec.obj prog.obj\n"
           "  objtool ls demo.img\n");
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return usage_error(NULL, "a command is missing");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help();
        return fflush(stdout) == 0 ? STATUS_FINE : STATUS_INPUT;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("objtool " TWZ_VERSION);
        return fflush(stdout) == 0 ? STATUS_FINE : STATUS_INPUT;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(argv[1], commands[i]->name) == 0)
            return commands[i]->run(argc - 1, argv + 1);
    }
    return usage_error(NULL, "there is no command `%s`", argv[1]);
}
