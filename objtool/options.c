/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void print_command_help(const struct command *command)
{
    printf(
        "objtool %s: %s\n\n%s\nExit status: 0 fine, 1 the answer is no, 2 usage, 3 a file is not "
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

#define CHOICES_MAX 16
#define LONG        256 /* what getopt_long() returns for --name of choice 0 */

/* The options of every subcommand, and those of this one, for getopt_long(). Returns their number.
 */
static size_t list_options(const struct choice *choices, struct option *options, char *letters)
{
    size_t count = 0;

    *letters++ = ':'; /* tell a missing value from an unknown option */
    for (; choices && choices[count].name; count++) {
        const struct choice *choice = &choices[count];

        options[count] = (struct option){.name = choice->name,
                                         .has_arg = choice->flag ? no_argument : required_argument,
                                         .val = LONG + (int)count};
        if (choice->letter) {
            *letters++ = choice->letter;
            if (!choice->flag)
                *letters++ = ':';
        }
    }
    options[count] = (struct option){.name = "json", .val = 'j'};
    options[count + 1] = (struct option){.name = "help", .val = 'h'};
    options[count + 2] = (struct option){.name = NULL};
    *letters++ = 'h';
    *letters = '\0';
    return count;
}

static const struct choice *choice_of(const struct choice *choices, size_t count, int letter)
{
    if (letter >= LONG)
        return &choices[letter - LONG];
    for (size_t i = 0; i < count; i++) {
        if (choices[i].letter == letter)
            return &choices[i];
    }
    return NULL;
}

/* There are no more values than words. */
static int keep(struct texts *texts, char *value, int words)
{
    if (!texts->list)
        texts->list = calloc((size_t)words, sizeof(*texts->list));
    if (!texts->list)
        return report_no_memory("the command line");
    texts->list[texts->count++] = value;
    return GO_ON;
}

static int take(const struct choice *choice, char *value, int words)
{
    if (choice->list)
        return keep(choice->list, value, words);
    if (choice->flag)
        *choice->flag = true;
    else
        *choice->text = value;
    return GO_ON;
}

int options_read(const struct command *command, const struct choice *choices, int argc, char **argv,
                 struct arguments *arguments)
{
    struct option options[CHOICES_MAX + 3];
    char letters[2 * CHOICES_MAX + 3];
    size_t count = list_options(choices, options, letters);
    int letter, status = GO_ON;

    *arguments = (struct arguments){.json = false};
    opterr = 0;
    while (status == GO_ON && (letter = getopt_long(argc, argv, letters, options, NULL)) != -1) {
        if (letter == 'h') {
            print_command_help(command);
            return report_end(STATUS_FINE);
        }
        if (letter == ':')
            return usage_error(command, "option %s needs a value", argv[optind - 1]);
        if (letter == '?') {
            report_unknown(command, argv[optind - 1]);
            return STATUS_USAGE;
        }
        if (letter == 'j')
            arguments->json = true;
        else
            status = take(choice_of(choices, count, letter), optarg, argc);
    }
    arguments->words = argv + optind;
    arguments->count = argc - optind;
    return status;
}

int run_on_file(const struct command *command, int argc, char **argv, int most, const char *needed,
                int (*work)(const struct input *input, const char *name))
{
    struct arguments arguments;
    struct input input;
    int status = options_read(command, NULL, argc, argv, &arguments);

    if (status != GO_ON)
        return status;
    if (arguments.count < 1 || arguments.count > most)
        return usage_error(command, "%s needed", needed);
    report_start(command->name, arguments.json);
    report_set(report_document(), "file", report_text(arguments.words[0]));
    status = input_read(&input, arguments.words[0], UINT64_MAX);
    if (status == STATUS_FINE) {
        status = work(&input, arguments.words[1]);
        input_free(&input);
    }
    return report_end(status);
}
