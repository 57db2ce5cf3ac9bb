/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool.h"

#include <stdarg.h>
#include <string.h>

static void print_command_help(const struct command *command)
{
    printf("objtool %s: %s\n\n%s\nExit status: 0 fine, 1 a check failed, 2 usage, 3 a file is not "
           "what it should be.\nSee objtool(1).\n",
           command->name, command->summary, command->help);
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

/* getopt_long() sets optopt for a letter, and for a long option with a value that it cannot have.
 */
static void report_unknown(const struct command *command, const char *word)
{
    if (strncmp(word, "--", 2) != 0)
        usage_error(command, "unknown option -%c", optopt);
    else if (optopt)
        usage_error(command, "option %s takes no value", word);
    else
        usage_error(command, "unknown option %s", word);
}

int option_next(const struct command *command, int argc, char **argv, const char *letters,
                const struct option *options, bool *json)
{
    int letter;

    opterr = 0;
    for (;;) {
        letter = getopt_long(argc, argv, letters, options, NULL);
        if (letter == 'j' && json) {
            *json = true;
        } else if (letter == 'h') {
            print_command_help(command);
            return 'h';
        } else if (letter == ':') {
            usage_error(command, "option %s needs a value", argv[optind - 1]);
            return '?';
        } else if (letter == '?') {
            report_unknown(command, argv[optind - 1]);
            return '?';
        } else {
            return letter;
        }
    }
}
