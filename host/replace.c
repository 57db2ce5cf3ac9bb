/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* mkostemp(), realpath() */
#endif
#include "replace.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* For the signal handler: the temporary file to remove, if any. */
static char *volatile pending;

void replace_abandon(void)
{
    char *name = pending;

    if (name)
        unlink(name);
}

static void remove_pending(int number)
{
    replace_abandon();
    signal(number, SIG_DFL);
    raise(number);
}

static void catch_signals(void)
{
    static const int numbers[] = {SIGHUP, SIGINT, SIGTERM, SIGXFSZ, SIGPIPE};
    struct sigaction action = {.sa_handler = remove_pending}, old;

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
    }
}

/* The rename lasts only once the directory is on the disk. Some file systems cannot do this to a
 * directory; the file is complete in either case. */
static void sync_directory(const char *path)
{
    char *directory = strdup(path);
    char *slash = directory ? strrchr(directory, '/') : NULL;
    int fd;

    if (slash)
        slash[slash == directory ? 1 : 0] = '\0';
    fd = open(slash ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)!fsync(fd);
        close(fd);
    }
    free(directory);
}

/* A new file gets the usual mode, one that is replaced keeps its own. */
static mode_t wanted_mode(const struct replacement *replacement)
{
    struct stat info;
    mode_t mask;

    if (!replacement->fresh && stat(replacement->target, &info) == 0)
        return info.st_mode & 0777;
    mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static const char *open_beside(struct replacement *replacement)
{
    size_t room = strlen(replacement->target) + sizeof(".XXXXXX");

    replacement->temporary = malloc(room);
    if (!replacement->temporary)
        return "hold it";
    snprintf(replacement->temporary, room, "%s.XXXXXX", replacement->target);
    catch_signals();
    replacement->fd = mkostemp(replacement->temporary, O_CLOEXEC);
    if (replacement->fd < 0)
        return "make a file beside it";
    pending = replacement->temporary;
    return NULL;
}

static void release(struct replacement *replacement)
{
    int error = errno; /* which is the caller's to report */

    free(replacement->temporary);
    free(replacement->target);
    *replacement = (struct replacement){.fd = -1};
    errno = error;
}

const char *replace_begin(struct replacement *replacement, const char *path)
{
    struct stat info;
    bool there = stat(path, &info) == 0;
    const char *failed;

    *replacement = (struct replacement){.fd = -1};
    if (there && S_ISDIR(info.st_mode)) {
        errno = EISDIR;
        return "write it";
    }
    if (there && !S_ISREG(info.st_mode)) {
        replacement->fd = open(path, O_WRONLY | O_CLOEXEC);
        return replacement->fd < 0 ? "open it" : NULL;
    }
    replacement->target = realpath(path, NULL); /* keeps a symbolic link, replaces what it is of */
    if (!replacement->target && errno == ENOENT)
        replacement->target = strdup(path);
    if (!replacement->target)
        return "find it";
    failed = open_beside(replacement);
    if (failed)
        release(replacement);
    return failed;
}

/* Whether nothing was there: in one step, whoever else may write to the directory. Not every file
 * system has the first way, nor the second. */
static bool move_to_free(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL || link(from, to) != 0)
        return false;
    unlink(from);
    return true;
}

static const char *put_in_place(const struct replacement *replacement)
{
    if (fchmod(replacement->fd, wanted_mode(replacement)) != 0)
        return "set its mode";
    if (fsync(replacement->fd) != 0)
        return "write it to the disk";
    if (replacement->fresh && !move_to_free(replacement->temporary, replacement->target))
        return "give it its name";
    if (!replacement->fresh && rename(replacement->temporary, replacement->target) != 0)
        return "replace it";
    pending = NULL;
    sync_directory(replacement->target);
    return NULL;
}

const char *replace_end(struct replacement *replacement, bool keep)
{
    const char *failed = NULL;

    if (!replacement->target) {
        if (close(replacement->fd) != 0 && keep)
            failed = "write it";
        return failed;
    }
    if (keep)
        failed = put_in_place(replacement);
    if (!keep || failed) {
        int error = errno;

        unlink(replacement->temporary);
        errno = error;
    }
    pending = NULL;
    close(replacement->fd);
    release(replacement);
    return failed;
}
