/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct output {
    const char *path; /* as the user wrote it */
    char *target;     /* where it goes, symbolic links followed */
    char *temporary;  /* in the same directory */
    int fd;
};

/* For the signal handler: the temporary file to remove, if any. */
static char *volatile pending;

static void remove_pending(int number)
{
    char *name = pending;

    if (name)
        unlink(name);
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

#define WRITE_PIECE ((uint64_t)4 << 20)

static int write_all(const struct output *output, const uint8_t *bytes, uint64_t size)
{
    const uint64_t total = size;

    while (size > 0) {
        ssize_t n = write(output->fd, bytes, size < WRITE_PIECE ? size : WRITE_PIECE);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return report_errno(output->path, "write it");
        bytes += n;
        size -= (uint64_t)n;
        progress("writing", output->path, total - size, total);
    }
    return STATUS_FINE;
}

/* What the file holds is what was meant, as far as the system can tell. */
static int read_back(const struct output *output, const uint8_t *bytes, uint64_t size)
{
    uint8_t piece[16384];

    for (uint64_t at = 0; at < size;) {
        uint64_t left = size - at;
        ssize_t n =
            pread(output->fd, piece, left < sizeof(piece) ? left : sizeof(piece), (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || memcmp(piece, bytes + at, (size_t)n) != 0) {
            errno = n < 0 ? errno : EIO;
            return report_errno(output->path, "find in it what was written");
        }
        at += (uint64_t)n;
    }
    return STATUS_FINE;
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
static mode_t wanted_mode(const char *target)
{
    struct stat info;
    mode_t mask;

    if (stat(target, &info) == 0)
        return info.st_mode & 0777;
    mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static int write_and_rename(struct output *output, const void *bytes, uint64_t size)
{
    mode_t mode = wanted_mode(output->target);
    int status = write_all(output, bytes, size);

    if (status != STATUS_FINE)
        return status;
    if (fchmod(output->fd, mode) != 0)
        return report_errno(output->path, "set its mode");
    if (fsync(output->fd) != 0)
        return report_errno(output->path, "write it to the disk");
    status = read_back(output, bytes, size);
    if (status != STATUS_FINE)
        return status;
    if (rename(output->temporary, output->target) != 0)
        return report_errno(output->path, "replace it");
    pending = NULL;
    sync_directory(output->target);
    return STATUS_FINE;
}

static int write_beside(struct output *output, const void *bytes, uint64_t size)
{
    size_t room = strlen(output->target) + sizeof(".XXXXXX");
    int status;

    output->temporary = malloc(room);
    if (!output->temporary)
        return report_no_memory(output->path);
    snprintf(output->temporary, room, "%s.XXXXXX", output->target);
    catch_signals();
    output->fd = mkostemp(output->temporary, O_CLOEXEC);
    if (output->fd < 0) {
        status = report_errno(output->path, "make a file beside it");
    } else {
        pending = output->temporary;
        status = write_and_rename(output, bytes, size);
        close(output->fd);
        if (status != STATUS_FINE)
            unlink(output->temporary);
        pending = NULL;
    }
    free(output->temporary);
    return status;
}

static int write_file(const char *path, const void *bytes, uint64_t size)
{
    struct output output = {.path = path};
    struct stat info;
    int status;

    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        errno = EISDIR;
        return report_errno(path, "write it");
    }
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) {
        output.fd = open(path, O_WRONLY | O_CLOEXEC);
        if (output.fd < 0)
            return report_errno(path, "open it");
        status = write_all(&output, bytes, size);
        if (close(output.fd) != 0 && status == STATUS_FINE)
            status = report_errno(path, "write it");
        return status;
    }
    output.target = realpath(path, NULL); /* keeps a symbolic link, replaces what it leads to */
    if (!output.target && errno == ENOENT)
        output.target = strdup(path);
    if (!output.target)
        return report_errno(path, "find it");
    status = write_beside(&output, bytes, size);
    free(output.target);
    return status;
}

int output_write(const char *path, const void *bytes, uint64_t size)
{
    int status = write_file(path, bytes, size);

    if (status == STATUS_FINE) {
        report_set(report_document(), "output", report_text(path));
        report_set(report_document(), "length", json_integer((json_int_t)size));
    }
    return status;
}
