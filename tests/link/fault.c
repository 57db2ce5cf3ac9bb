/* SPDX-License-Identifier: BSD-2-Clause */
/* Preloaded into a program: fails the call numbered FAULT, counted from 1 over allocating, mapping,
 * reading, writing and renaming. The file FAULT_LOG comes into being if it got that far. Whatever
 * is read or written in bulk takes two calls or more, as it does on pipes and full disks. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

static int ready;
static long countdown;
static int hit;

__attribute__((constructor)) static void start(void)
{
    const char *text = getenv("FAULT");

    countdown = text ? strtol(text, NULL, 10) : 0;
    ready = 1;
}

__attribute__((destructor)) static void stop(void)
{
    const char *path = getenv("FAULT_LOG");
    int fd;

    if (path && hit && (fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600)) >= 0) {
        syscall(SYS_write, fd, "x", 1);
        close(fd);
    }
}

static int fails(int error)
{
    if (!ready || countdown == 0 || --countdown != 0)
        return 0;
    hit = 1;
    errno = error;
    return 1;
}

void *malloc(size_t size)
{
    return fails(ENOMEM) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails(ENOMEM) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return fails(ENOMEM) ? NULL : __libc_realloc(old, size);
}

void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset)
{
    if (fails(ENOMEM))
        return MAP_FAILED;
    return (void *)syscall(SYS_mmap, at, length, protection, flags, fd, offset);
}

ssize_t write(int fd, const void *bytes, size_t length)
{
    if (fails(ENOSPC))
        return -1;
    return syscall(SYS_write, fd, bytes, length > 1000 ? length / 2 : length);
}

ssize_t read(int fd, void *bytes, size_t length)
{
    if (fails(EIO))
        return -1;
    return syscall(SYS_read, fd, bytes, length > 1000 ? length / 2 : length);
}

int fsync(int fd)
{
    return fails(EIO) ? -1 : (int)syscall(SYS_fsync, fd);
}

int fchmod(int fd, mode_t mode)
{
    return fails(EPERM) ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

int rename(const char *from, const char *to)
{
    return fails(EACCES) ? -1 : (int)syscall(SYS_rename, from, to);
}
