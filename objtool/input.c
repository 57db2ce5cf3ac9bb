/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <twzelf/capability.h>
#include <unistd.h>

#define READ_PIECE ((uint64_t)4 << 20)

uint8_t *buffer_new(uint64_t size)
{
    void *buffer = MAP_FAILED;

    if (size <= SIZE_MAX - TWZ_PAGE_SIZE)
        buffer =
            mmap(NULL, size ? size : 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return buffer == MAP_FAILED ? NULL : buffer;
}

void buffer_free(uint8_t *buffer, uint64_t size)
{
    if (buffer)
        munmap(buffer, size ? size : 1);
}

/* A file that changes while it is read gives either its first `size` bytes or an error. */
static int read_all(struct input *input, int fd)
{
    uint64_t done = 0;

    while (done < input->size) {
        const uint64_t left = input->size - done;
        ssize_t n = read(fd, input->bytes + done, left < READ_PIECE ? left : READ_PIECE);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return report_errno(input->path, "read it");
        if (n == 0) {
            errno = EIO;
            return report_errno(input->path, "read it (it became shorter meanwhile)");
        }
        done += (uint64_t)n;
        progress("reading", input->path, done, input->size);
    }
    return STATUS_FINE;
}

static int refuse(const char *path, const char *expected, const char *found, const char *cure)
{
    report_problem(&(struct problem){
        .file = path, .error = "E_FILE", .expected = expected, .found = found, .cure = cure});
    return STATUS_INPUT;
}

static int refuse_size(const char *path, uint64_t size, uint64_t limit)
{
    char expected[64], found[32];

    snprintf(expected, sizeof(expected), "expected at most %" PRIu64 " bytes", limit);
    snprintf(found, sizeof(found), "%" PRIu64, size);
    return refuse(path, expected, found, "is it the right file?");
}

static int read_file(struct input *input, int fd, uint64_t limit)
{
    struct stat info;
    int status;

    if (fstat(fd, &info) != 0)
        return report_errno(input->path, "examine it");
    if (!S_ISREG(info.st_mode))
        return refuse(input->path, "expected a regular file",
                      S_ISDIR(info.st_mode) ? "a folder" : "a device or pipe",
                      S_ISDIR(info.st_mode) ? "name a file in it" : "copy it to a file first");
    if ((uint64_t)info.st_size > limit)
        return refuse_size(input->path, (uint64_t)info.st_size, limit);
    input->size = (uint64_t)info.st_size;
    input->bytes = buffer_new(input->size);
    if (!input->bytes)
        return report_no_memory(input->path);
    status = read_all(input, fd);
    if (status != STATUS_FINE)
        input_free(input);
    return status;
}

int input_read(struct input *input, const char *path, uint64_t limit)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int status;

    *input = (struct input){.path = path};
    if (fd < 0)
        return report_errno(path, "open it");
    status = read_file(input, fd, limit);
    close(fd);
    return status;
}

void input_free(struct input *input)
{
    buffer_free(input->bytes, input->size);
    input->bytes = NULL;
}

static bool begins(const struct input *input, const char magic[8])
{
    return input->size >= 8 && memcmp(input->bytes, magic, 8) == 0;
}

bool input_is_image(const struct input *input)
{
    return begins(input, OBJ_IMAGE_MAGIC);
}

bool input_is_object(const struct input *input)
{
    return begins(input, OBJ_MAGIC);
}

bool input_is_capability(const struct input *input)
{
    return begins(input, OBJ_CAP_MAGIC);
}
