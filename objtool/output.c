/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool.h"

#include "../host/replace.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define WRITE_PIECE ((uint64_t)4 << 20)

static const char *write_all(int fd, const char *path, const uint8_t *bytes, uint64_t size)
{
    const uint64_t total = size;

    while (size > 0) {
        ssize_t n = write(fd, bytes, size < WRITE_PIECE ? size : WRITE_PIECE);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return "write it";
        bytes += n;
        size -= (uint64_t)n;
        progress("writing", path, total - size, total);
    }
    return NULL;
}

/* What the file holds is what was meant, as far as the system can tell. */
static const char *read_back(int fd, const uint8_t *bytes, uint64_t size)
{
    uint8_t piece[16384];

    for (uint64_t at = 0; at < size;) {
        uint64_t left = size - at;
        ssize_t n = pread(fd, piece, left < sizeof(piece) ? left : sizeof(piece), (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || memcmp(piece, bytes + at, (size_t)n) != 0) {
            errno = n < 0 ? errno : EIO;
            return "find in it what was written";
        }
        at += (uint64_t)n;
    }
    return NULL;
}

static int write_file(const char *path, const void *bytes, uint64_t size, bool fresh)
{
    struct replacement replacement;
    const char *failed = replace_begin(&replacement, path), *ended;

    if (failed)
        return report_errno(path, failed);
    replacement.fresh = fresh;
    failed = write_all(replacement.fd, path, bytes, size);
    if (!failed && replacement.temporary)
        failed = read_back(replacement.fd, bytes, size);
    if (failed)
        report_errno(path, failed);
    ended = replace_end(&replacement, !failed);
    if (ended)
        report_errno(path, ended);
    if (failed || ended)
        return STATUS_INPUT;
    report_set(report_document(), "output", report_text(path));
    report_set(report_document(), "length", json_integer((json_int_t)size));
    return STATUS_FINE;
}

int output_write(const char *path, const void *bytes, uint64_t size)
{
    return write_file(path, bytes, size, false);
}

int output_write_new(const char *path, const void *bytes, uint64_t size)
{
    return write_file(path, bytes, size, true);
}
