/* SPDX-License-Identifier: BSD-2-Clause */
#include "host.h"
#include "../core/text.h"
#include <errno.h>
#include <fcntl.h>
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

bool host_output_open(struct host_output *output, const char *path)
{
    memset(output, 0, sizeof *output);
    if (!path || strcmp(path, "-") == 0) {
        output->stream = stdout;
        return true;
    }
    output->path = host_copy(path);
    output->temporary = host_format("%s.XXXXXX", path);
    int fd = mkostemp(output->temporary, O_CLOEXEC);
    mode_t mask = umask(0);
    umask(mask);
    if (fd >= 0 && fchmod(fd, 0666 & ~mask) == 0)
        output->stream = fdopen(fd, "w");
    if (output->stream)
        return true;
    host_complain("%s: %s", path, strerror(errno));
    if (fd >= 0) {
        close(fd);
        unlink(output->temporary);
    }
    free(output->path);
    free(output->temporary);
    return false;
}

bool host_output_close(struct host_output *output, bool keep)
{
    bool fine = !ferror(output->stream) && fflush(output->stream) == 0;
    int reason = errno;
    if (output->stream != stdout) {
        fine = fclose(output->stream) == 0 && fine;
        if (fine && keep && rename(output->temporary, output->path) != 0) {
            reason = errno;
            fine = false;
        }
        if (!fine || !keep)
            unlink(output->temporary);
    }
    if (!fine)
        host_complain("%s: %s", output->path ? output->path : "standard output", strerror(reason));
    free(output->path);
    free(output->temporary);
    return fine;
}

void host_complain(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fflush(stdout);
    fputs("ld-twz: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
}
