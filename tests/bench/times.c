/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs commands side by side, each of them again and again and in turns, and prints the least
 * processor time that each took, its children included, in milliseconds: one figure per line.
 *
 *     times ROUNDS [NAME=VALUE...] COMMAND [ARGUMENT...] [-- [NAME=VALUE...] COMMAND ...]...
 *
 * Processor time, user and system: what else the machine does counts less than with a clock on the
 * wall. Input and output are /dev/null.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define COMMANDS 16
#define SETTINGS 8

struct command {
    char *environment[512];
    char **arguments;
    double least;
};

extern char **environ;

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "times: %s\n", what);
    exit(1);
}

static double milliseconds(struct timeval time)
{
    return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

static void run(struct command *command)
{
    posix_spawn_file_actions_t actions;
    struct rusage usage;
    pid_t child;
    int status;
    posix_spawn_file_actions_init(&actions);
    for (int fd = 0; fd < 3; fd++)
        posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
    if (posix_spawnp(&child, command->arguments[0], &actions, NULL, command->arguments,
                     command->environment) != 0)
        die(command->arguments[0]);
    posix_spawn_file_actions_destroy(&actions);
    if (wait4(child, &status, 0, &usage) != child || !WIFEXITED(status))
        die("a command came to a bad end");
    const double time = milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
    if (time < command->least)
        command->least = time;
}

/* Splits the arguments; settings come before what the process has itself. */
static unsigned parse(char **arguments, struct command *commands)
{
    unsigned count = 0;
    while (*arguments) {
        struct command *command = &commands[count++];
        unsigned used = 0;
        if (count > COMMANDS)
            die("too many commands");
        command->least = 1e18;
        for (; *arguments && strchr(*arguments, '='); arguments++)
            if (used < SETTINGS)
                command->environment[used++] = *arguments;
        for (char **own = environ; *own && used < 511; own++)
            command->environment[used++] = *own;
        command->arguments = arguments;
        while (*arguments && strcmp(*arguments, "--") != 0)
            arguments++;
        if (command->arguments == arguments)
            die("where is the command?");
        if (*arguments)
            *arguments++ = NULL;
    }
    return count;
}

int main(int argc, char **argv)
{
    static struct command commands[COMMANDS];
    if (argc < 3)
        die("usage: times ROUNDS COMMAND... [-- COMMAND...]...");
    const unsigned rounds = (unsigned)atoi(argv[1]), count = parse(argv + 2, commands);
    for (unsigned round = 0; round < rounds; round++)
        for (unsigned i = 0; i < count; i++)
            run(&commands[i]);
    for (unsigned i = 0; i < count; i++)
        printf("%.2f\n", commands[i].least);
    return 0;
}
