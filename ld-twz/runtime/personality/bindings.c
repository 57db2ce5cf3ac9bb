/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors and randomness of the runtime ABI, over the same files that C programs see. */
#include "calls.h"
#include <dirent.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <twz/rt/fd.h>
#include <twz/rt/io.h>
#include <twz/rt/linux.h>
#include <twz/rt/random.h>
#include <twz/rt/string.h>
#include <twz/rt/time.h>

_Static_assert(sizeof(struct twz_rt_piece) == sizeof(struct iovec) &&
                   offsetof(struct twz_rt_piece, size) == offsetof(struct iovec, iov_len),
               "pieces are what Linux takes");
_Static_assert(sizeof(struct twz_rt_poll) == sizeof(struct pollfd) &&
                   offsetof(struct twz_rt_poll, ready) == offsetof(struct pollfd, revents) &&
                   TWZ_RT_READY_READ == POLLIN && TWZ_RT_READY_WRITE == POLLOUT &&
                   TWZ_RT_READY_ERROR == POLLERR && TWZ_RT_READY_CLOSED == POLLHUP &&
                   TWZ_RT_READY_INVALID == POLLNVAL,
               "and so is what is polled");

static int64_t ask(long number, long a, long b, long c, long d)
{
    long result = twz_rt_linux_syscall(number, a, b, c, d, 0, 0);
    return result < 0 ? -TWZ_RT_CODE(TWZ_RT_FILES, -result) : result;
}

#define A(pointer) ((long)(uintptr_t)(pointer))

int64_t twz_rt_fd_open(const char *path, uint32_t flags)
{
    bool reads = flags & TWZ_RT_OPEN_READ, writes = flags & TWZ_RT_OPEN_WRITE;
    int wanted = reads && writes ? O_RDWR : writes ? O_WRONLY : O_RDONLY;
    wanted |= (flags & TWZ_RT_OPEN_CREATE ? O_CREAT : 0) | (flags & TWZ_RT_OPEN_NEW ? O_EXCL : 0) |
              (flags & TWZ_RT_OPEN_TRUNCATE ? O_TRUNC : 0) |
              (flags & TWZ_RT_OPEN_APPEND ? O_APPEND : 0) |
              (flags & TWZ_RT_OPEN_DIRECTORY ? O_DIRECTORY : 0) |
              (flags & TWZ_RT_OPEN_NOWAIT ? O_NONBLOCK : 0);
    return ask(SYS_open, A(path), wanted, 0666, 0);
}

int64_t twz_rt_fd_close(int32_t fd)
{
    return ask(SYS_close, fd, 0, 0, 0);
}

int64_t twz_rt_fd_duplicate(int32_t fd, int32_t as)
{
    return as < 0 ? ask(SYS_dup, fd, 0, 0, 0) : ask(SYS_dup2, fd, as, 0, 0);
}

int64_t twz_rt_fd_pipe(int32_t ends[2])
{
    return ask(SYS_pipe, A(ends), 0, 0, 0);
}

int64_t twz_rt_fd_seek(int32_t fd, int64_t offset, uint32_t whence)
{
    return ask(SYS_lseek, fd, offset, (long)whence, 0);
}

int64_t twz_rt_fd_resize(int32_t fd, uint64_t size)
{
    return ask(SYS_ftruncate, fd, (long)size, 0, 0);
}

static uint32_t kind_of(mode_t mode)
{
    return S_ISDIR(mode)    ? TWZ_RT_FILE_DIRECTORY
           : S_ISLNK(mode)  ? TWZ_RT_FILE_LINK
           : S_ISFIFO(mode) ? TWZ_RT_FILE_PIPE
           : S_ISREG(mode)  ? TWZ_RT_FILE_REGULAR
                            : TWZ_RT_FILE_DEVICE;
}

static int64_t nanoseconds(const struct timespec *time)
{
    return time->tv_sec * 1000000000 + time->tv_nsec;
}

static int64_t take(int64_t status, const struct stat *from, struct twz_rt_file_info *info)
{
    if (status == 0)
        *info = (struct twz_rt_file_info){
            .kind = kind_of(from->st_mode),
            .mode = from->st_mode & 07777,
            .size = (uint64_t)from->st_size,
            .number = from->st_ino,
            .links = from->st_nlink,
            .accessed = nanoseconds(&from->st_atim),
            .modified = nanoseconds(&from->st_mtim),
            .changed = nanoseconds(&from->st_ctim),
        };
    return status;
}

int64_t twz_rt_fd_info(int32_t fd, struct twz_rt_file_info *info)
{
    struct stat stat;
    return take(ask(SYS_fstat, fd, A(&stat), 0, 0), &stat, info);
}

int64_t twz_rt_file_info(const char *path, struct twz_rt_file_info *info)
{
    struct stat stat;
    return take(ask(SYS_lstat, A(path), A(&stat), 0, 0), &stat, info);
}

/* One entry at a time: the position is set back to behind the first that came. */
int64_t twz_rt_fd_next(int32_t fd, struct twz_rt_file_entry *entry)
{
    union {
        struct dirent entry;
        char bytes[512];
    } buffer;
    int64_t status = ask(SYS_getdents64, fd, A(&buffer), sizeof buffer, 0);
    if (status <= 0)
        return status;
    size_t length = strnlen(buffer.entry.d_name, sizeof entry->name - 1);
    entry->number = buffer.entry.d_ino;
    entry->kind = kind_of((mode_t)DTTOIF(buffer.entry.d_type));
    memcpy(entry->name, buffer.entry.d_name, length);
    entry->name[length] = '\0';
    status = twz_rt_fd_seek(fd, buffer.entry.d_off, TWZ_RT_FROM_START);
    return status < 0 ? status : 1;
}

int64_t twz_rt_file_directory(const char *path)
{
    return ask(SYS_mkdir, A(path), 0777, 0, 0);
}

int64_t twz_rt_file_rename(const char *from, const char *to)
{
    return ask(SYS_rename, A(from), A(to), 0, 0);
}

int64_t twz_rt_file_remove(const char *path)
{
    int64_t status = ask(SYS_unlink, A(path), 0, 0, 0);
    if (status == -TWZ_RT_CODE(TWZ_RT_FILES, EISDIR) || status == -TWZ_RT_CODE(TWZ_RT_FILES, EPERM))
        status = ask(SYS_rmdir, A(path), 0, 0, 0);
    return status;
}

/* ---- Input and output ---- */

int64_t twz_rt_fd_read(int32_t fd, void *bytes, size_t size)
{
    return ask(SYS_read, fd, A(bytes), (long)size, 0);
}

int64_t twz_rt_fd_write(int32_t fd, const void *bytes, size_t size)
{
    return ask(SYS_write, fd, A(bytes), (long)size, 0);
}

int64_t twz_rt_fd_read_at(int32_t fd, void *bytes, size_t size, uint64_t position)
{
    return ask(SYS_pread64, fd, A(bytes), (long)size, (long)position);
}

int64_t twz_rt_fd_write_at(int32_t fd, const void *bytes, size_t size, uint64_t position)
{
    return ask(SYS_pwrite64, fd, A(bytes), (long)size, (long)position);
}

int64_t twz_rt_fd_read_pieces(int32_t fd, const struct twz_rt_piece *pieces, uint32_t count,
                              uint64_t position)
{
    return ask(position == TWZ_RT_HERE ? SYS_readv : SYS_preadv, fd, A(pieces), (long)count,
               (long)position);
}

int64_t twz_rt_fd_write_pieces(int32_t fd, const struct twz_rt_piece *pieces, uint32_t count,
                               uint64_t position)
{
    return ask(position == TWZ_RT_HERE ? SYS_writev : SYS_pwritev, fd, A(pieces), (long)count,
               (long)position);
}

int64_t twz_rt_fd_poll(struct twz_rt_poll *list, uint32_t count, uint64_t deadline)
{
    uint64_t clock = twz_rt_clock(), left = deadline > clock ? deadline - clock : 0;
    const struct timespec timeout = {(time_t)(left / 1000000000), (long)(left % 1000000000)};
    return ask(SYS_ppoll, A(list), (long)count, deadline == UINT64_MAX ? 0 : A(&timeout), 0);
}

int64_t twz_rt_random(void *bytes, size_t size)
{
    return random_bytes(bytes, size) ? 0 : -TWZ_ENOTSUP;
}
