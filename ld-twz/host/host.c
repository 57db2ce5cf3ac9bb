/* SPDX-License-Identifier: BSD-2-Clause */
#include "host.h"
#include "../core/text.h"
#include "out.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

_Noreturn void host_out_of_memory(void)
{
    fputs("ld-twz: out of memory\n", stderr);
    exit(HOST_BAD_INPUT);
}

void *host_realloc(void *old, size_t count, size_t size)
{
    void *result = reallocarray(old, count ? count : 1, size);
    if (!result)
        host_out_of_memory();
    return result;
}

char *host_copy(const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        host_out_of_memory();
    return copy;
}

char *host_format(const char *format, ...)
{
    char *text;
    va_list list;
    va_start(list, format);
    if (vasprintf(&text, format, list) < 0)
        host_out_of_memory();
    va_end(list);
    return text;
}

uint32_t host_distance(const char *a, const char *b, uint32_t limit)
{
    return ld_distance(a, b, limit);
}

/* Opens a regular file without waiting for anything that is none. */
static char *open_regular(const char *path, int *fd, struct stat *status)
{
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*fd < 0)
        return host_copy(strerror(errno));
    if (fstat(*fd, status) == 0 && S_ISREG(status->st_mode) && status->st_size >= 0)
        return NULL;
    close(*fd);
    return host_copy("not a regular file");
}

/* What is mapped of a file that became shorter cannot be read any more. */
static void became_shorter(int number)
{
    static const char text[] = "ld-twz: a file became shorter while it was read; try again\n";
    (void)number;
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    replace_abandon();
    _exit(HOST_BAD_INPUT);
}

char *host_map_file(const char *path, struct host_bytes *result)
{
    int fd;
    struct stat status;
    memset(result, 0, sizeof *result);
    char *problem = open_regular(path, &fd, &status);
    if (problem)
        return problem;
    result->size = (size_t)status.st_size;
    result->device = status.st_dev;
    result->inode = status.st_ino;
    if (result->size) {
        signal(SIGBUS, became_shorter);
        result->bytes = mmap(NULL, result->size, PROT_READ, MAP_PRIVATE, fd, 0);
        result->mapped = true;
        if (result->bytes == MAP_FAILED) {
            problem = host_copy(strerror(errno));
            memset(result, 0, sizeof *result);
        }
    }
    close(fd);
    return problem;
}

char *host_read_file(const char *path, size_t limit, struct host_bytes *result)
{
    int fd;
    struct stat status;
    memset(result, 0, sizeof *result);
    char *problem = open_regular(path, &fd, &status);
    if (problem)
        return problem;
    size_t size = (size_t)status.st_size;
    if (size > limit) {
        close(fd);
        return host_format("%zu bytes are more than the %zu that are read", size, limit);
    }
    result->bytes = aligned_alloc(4096, (size / 4096 + 1) * 4096);
    if (!result->bytes)
        host_out_of_memory();
    while (result->size < size) {
        ssize_t got = read(fd, (char *)result->bytes + result->size, size - result->size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            problem = host_copy(strerror(errno));
        if (got <= 0)
            break;
        result->size += (size_t)got;
    }
    close(fd);
    if (problem)
        host_release(result);
    return problem;
}

void host_release(struct host_bytes *bytes)
{
    if (bytes->mapped)
        munmap(bytes->bytes, bytes->size);
    else
        free(bytes->bytes);
    memset(bytes, 0, sizeof *bytes);
}

static bool complain_of(const char *path, const char *failed)
{
    host_complain("%s: cannot %s: %s", path, failed, strerror(errno));
    return false;
}

bool host_output_open(struct host_output *output, const char *path)
{
    *output = (struct host_output){.path = path, .stream = stdout};
    if (!path || strcmp(path, "-") == 0) {
        output->path = NULL;
        return true;
    }
    const char *failed = replace_begin(&output->replacement, path);
    if (failed)
        return complain_of(path, failed);
    int fd = fcntl(output->replacement.fd, F_DUPFD_CLOEXEC, 0); /* the stream closes its own */
    output->stream = fd < 0 ? NULL : fdopen(fd, "w");
    if (output->stream)
        return true;
    complain_of(path, "open it");
    if (fd >= 0)
        close(fd);
    (void)!replace_end(&output->replacement, false);
    return false;
}

bool host_output_close(struct host_output *output, bool keep)
{
    bool fine = !ferror(output->stream) && fflush(output->stream) == 0;
    if (!output->path)
        return fine || complain_of("standard output", "write it");
    int reason = errno;
    if (fclose(output->stream) != 0 && fine) {
        reason = errno;
        fine = false;
    }
    errno = reason;
    if (!fine)
        complain_of(output->path, "write it");
    const char *failed = replace_end(&output->replacement, fine && keep);
    return failed ? complain_of(output->path, failed) : fine;
}

void host_complain(const char *format, ...)
{
    char *text;
    va_list list;
    va_start(list, format);
    if (vasprintf(&text, format, list) < 0)
        host_out_of_memory();
    va_end(list);
    fflush(stdout);
    fputs("ld-twz: ", stderr);
    out_text(stderr, text); /* names are whatever files and policies say */
    fputc('\n', stderr);
    free(text);
}
