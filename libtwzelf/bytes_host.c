/* SPDX-License-Identifier: BSD-2-Clause */
/* Sources that need an operating system; not part of the freestanding library. */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <twzelf/bytes.h>
#include <unistd.h>

static bool read_file(const struct twz_elf_bytes *bytes, uint64_t offset, void *buffer,
                      size_t length)
{
    uint8_t *to = buffer;
    const int fd = (int)(intptr_t)bytes->context;
    while (length) {
        const ssize_t got = pread(fd, to, length, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        to += got;
        offset += (uint64_t)got;
        length -= (size_t)got;
    }
    return true;
}

int twz_elf_bytes_file(struct twz_elf_bytes *bytes, int fd)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return errno;
    if (S_ISDIR(status.st_mode))
        return EISDIR;
    if (!S_ISREG(status.st_mode))
        return EINVAL;
    twz_elf_bytes_callback(bytes, 0, (uint64_t)status.st_size, read_file, (void *)(intptr_t)fd);
    return 0;
}

static bool read_process(const struct twz_elf_bytes *bytes, uint64_t offset, void *buffer,
                         size_t length)
{
    const pid_t pid = (pid_t)(intptr_t)bytes->context;
    uint8_t *to = buffer;
    while (length) {
        const struct iovec local = {to, length};
        const struct iovec remote = {(void *)(uintptr_t)(bytes->start + offset), length};
        const ssize_t got = process_vm_readv(pid, &local, 1, &remote, 1, 0);
        if (got <= 0)
            return false;
        to += got;
        offset += (uint64_t)got;
        length -= (size_t)got;
    }
    return true;
}

int twz_elf_bytes_process(struct twz_elf_bytes *bytes, int pid, uint64_t address, uint64_t size)
{
    uint64_t end;
    if (__builtin_add_overflow(address, size, &end))
        return EINVAL;
    twz_elf_bytes_callback(bytes, address, size, read_process, (void *)(intptr_t)pid);
    if (size) {
        uint8_t probe;
        if (!read_process(bytes, 0, &probe, 1))
            return errno ? errno : EFAULT;
    }
    return 0;
}
