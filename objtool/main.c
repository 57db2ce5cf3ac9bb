/* SPDX-License-Identifier: BSD-2-Clause */
/* objtool: packs ELF files into objects and objects into images; see objtool(1). */
#include "tool.h"

#include <stdarg.h>
#include <string.h>

static const struct command *const commands[] = {
    &command_pack,   &command_unpack, &command_info,  &command_ls,
    &command_verify, &command_check,  &command_image,
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void print_command_help(const struct command *command)
{
    printf("objtool %s: %s\n\n%s\nExit status: 0 fine, 1 a check failed, 2 usage, 3 a file is not "
           "what it should be.\nSee objtool(1).\n",
           command->name, command->summary, command->help);
}

static void print_help(void)
{
    printf("Usage: objtool COMMAND ...\n\nPacks ELF files into objects and objects into images.\n\n"
           "Commands:\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("  %-8s %s\n", commands[i]->name, commands[i]->summary);
    printf("\n  objtool COMMAND --help   options and examples of a command\n"
           "  objtool --version        the version of this program\n\n"
           "Example:\n"
           "  objtool pack libcodec.so -o libcodec.obj\n"
           "  objtool image -o demo.img libcodec.obj prog.obj\n"
           "  objtool ls demo.img\n");
}

int usage_error(const struct command *command, const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "objtool%s%s: ", command ? " " : "", command ? command->name : "");
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "; try `objtool%s%s --help`\n", command ? " " : "",
            command ? command->name : "");
    return STATUS_USAGE;
}

int option_next(const struct command *command, int argc, char **argv, const char *letters,
                const struct option *options, bool *json)
{
    int letter, before;

    opterr = 0;
    for (;;) {
        before = optind ? optind : 1;
        letter = getopt_long(argc, argv, letters, options, NULL);
        if (letter == 'j' && json) {
            *json = true;
        } else if (letter == 'h') {
            print_command_help(command);
            return 'h';
        } else if (letter == ':') {
            usage_error(command, "option %s needs a value", argv[before]);
            return '?';
        } else if (letter == '?') {
            usage_error(command, "unknown option %s", argv[before]);
            return '?';
        } else {
            return letter;
        }
    }
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
