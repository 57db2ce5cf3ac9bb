/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and writing, by descriptor, at an offset, and in several parts. */
#include "calls.h"
#include "personality.h"
#include <limits.h>
#include <sys/uio.h>
#include <twz/rt/io.h>
#include <twz/rt/string.h>

#define TRANSFER_MAX 0x7ffff000u /* Linux's */

/* `at`: where, for files that have places. */
static int64_t read_node(struct open_file *file, void *to, size_t size, uint64_t at)
{
    struct node *node = file->node;
    switch (node->kind) {
    case NODE_FILE:
        return pages_read(node, to, size, at);
    case NODE_IMAGE:
        if (at >= node->size)
            return 0;
        if (size > node->size - at)
            size = (size_t)(node->size - at);
        memcpy(to, node->bytes + at, size);
        return (int64_t)size;
    case NODE_DIRECTORY:
        return -EISDIR;
    case NODE_LINK:
        break; /* cannot be open */
    case NODE_PIPE:
        return pipe_read(node, to, size, !(file->flags & O_NONBLOCK));
    case NODE_ZERO:
        memset(to, 0, size);
        return (int64_t)size;
    case NODE_RANDOM:
        return random_bytes(to, size) ? (int64_t)size : -EIO;
    case NODE_CONSOLE:
        return terminal_read(to, size, !(file->flags & O_NONBLOCK));
    case NODE_NULL:
        return 0;
    }
    return -EIO;
}

static int64_t write_node(struct open_file *file, const void *from, size_t size, uint64_t at)
{
    struct node *node = file->node;
    switch (node->kind) {
    case NODE_FILE:
        return pages_write(node, from, size, at);
    case NODE_PIPE:
        return pipe_write(node, from, size, !(file->flags & O_NONBLOCK));
    case NODE_NULL:
    case NODE_ZERO:
    case NODE_RANDOM:
        return (int64_t)size;
    case NODE_CONSOLE: /* see write_console() */
    case NODE_IMAGE:
    case NODE_DIRECTORY:
    case NODE_LINK:
        return -EBADF; /* cannot be open for writing */
    }
    return -EIO;
}

static struct open_file *readable(int fd)
{
    struct open_file *file = file_of(fd);
    return file == NULL || (file->flags & (O_WRONLY | O_PATH)) ? NULL : file;
}

static struct open_file *writable(int fd)
{
    struct open_file *file = file_of(fd);
    bool may = file != NULL && (file->flags & O_ACCMODE) != O_RDONLY && !(file->flags & O_PATH);
    return may ? file : NULL;
}

static bool has_places(const struct open_file *file)
{
    return file->node->kind != NODE_PIPE && file->node->kind != NODE_CONSOLE;
}

/* Sums up the parts of an iovec; -EINVAL and -EFAULT as Linux has them. */
static int64_t check_parts(const struct iovec *parts, int count)
{
    if (count < 0 || count > IOV_MAX)
        return -EINVAL;
    if (count > 0 && !is_user(parts, (size_t)count * sizeof *parts))
        return -EFAULT;
    size_t sum = 0;
    for (int i = 0; i < count; i++) {
        if (__builtin_add_overflow(sum, parts[i].iov_len, &sum) || sum > SSIZE_MAX)
            return -EINVAL;
    }
    for (int i = 0; i < count; i++)
        if (parts[i].iov_len > 0 && !is_user(parts[i].iov_base, parts[i].iov_len))
            return -EFAULT;
    return 0;
}

/* Output to the console in as few gate calls as possible: small parts are put together first. */
static int64_t write_console(const struct iovec *parts, int count)
{
    static char line[4096];
    size_t used = 0, sum = 0;
    for (int i = 0; i < count; i++) {
        size_t size = parts[i].iov_len;
        if (used + size > sizeof line) {
            if (used > 0 && twz_rt_write(line, used) < 0)
                return -EIO;
            used = 0;
        }
        if (size > sizeof line) {
            if (twz_rt_write(parts[i].iov_base, size) < 0)
                return -EIO;
        } else {
            memcpy(line + used, parts[i].iov_base, size);
            used += size;
        }
        sum += size;
    }
    return used > 0 && twz_rt_write(line, used) < 0 ? -EIO : (int64_t)sum;
}

typedef int64_t transfer(struct open_file *file, void *bytes, size_t size, uint64_t at);

static int64_t read_part(struct open_file *file, void *bytes, size_t size, uint64_t at)
{
    return read_node(file, bytes, size, at);
}

static int64_t write_part(struct open_file *file, void *bytes, size_t size, uint64_t at)
{
    return write_node(file, bytes, size, at);
}

/* Moves the parts one after the other from `at` on; stops at the first short one. */
static int64_t move_parts(transfer *move, struct open_file *file, const struct iovec *parts,
                          int count, uint64_t at)
{
    int64_t status = check_parts(parts, count);
    if (status < 0)
        return status;
    if (at > (uint64_t)INT64_MAX - TRANSFER_MAX)
        return -EINVAL;
    int64_t moved = 0;
    for (int i = 0; i < count; i++) {
        size_t size = parts[i].iov_len;
        if (size > TRANSFER_MAX - (size_t)moved)
            size = TRANSFER_MAX - (size_t)moved;
        if (size == 0)
            continue;
        int64_t part = move(file, parts[i].iov_base, size, at + (uint64_t)moved);
        if (part < 0)
            return moved > 0 ? moved : part;
        moved += part;
        if ((size_t)part < size)
            break;
        if (move == read_part && !has_places(file))
            break; /* what was there; waiting for more would be wrong */
    }
    return moved;
}

static int64_t read_parts(int fd, const struct iovec *parts, int count)
{
    struct open_file *file = readable(fd);
    if (file == NULL)
        return -EBADF;
    file->references++; /* another thread may close it while this one waits */
    int64_t moved = move_parts(read_part, file, parts, count, file->offset);
    if (moved > 0)
        file->offset += (uint64_t)moved;
    file_drop(file);
    return moved;
}

static int64_t write_parts(int fd, const struct iovec *parts, int count)
{
    struct open_file *file = writable(fd);
    if (file == NULL)
        return -EBADF;
    if (file->node->kind == NODE_CONSOLE) {
        int64_t status = check_parts(parts, count);
        return status < 0 ? status : write_console(parts, count);
    }
    if ((file->flags & O_APPEND) && file->node->kind == NODE_FILE)
        file->offset = file->node->size;
    file->references++;
    int64_t moved = move_parts(write_part, file, parts, count, file->offset);
    if (moved > 0)
        file->offset += (uint64_t)moved;
    file_drop(file);
    return moved;
}

int64_t linux_read(int fd, void *to, size_t size)
{
    return read_parts(fd, &(struct iovec){to, size}, 1);
}

int64_t linux_write(int fd, const void *from, size_t size)
{
    return write_parts(fd, &(struct iovec){(void *)(uintptr_t)from, size}, 1);
}

int64_t linux_readv(int fd, const struct iovec *parts, int count)
{
    return read_parts(fd, parts, count);
}

int64_t linux_writev(int fd, const struct iovec *parts, int count)
{
    return write_parts(fd, parts, count);
}

int64_t linux_preadv(int fd, const struct iovec *parts, int count, int64_t offset)
{
    struct open_file *file = readable(fd);
    if (file == NULL)
        return -EBADF;
    if (!has_places(file))
        return -ESPIPE;
    if (offset < 0)
        return -EINVAL;
    return move_parts(read_part, file, parts, count, (uint64_t)offset);
}

int64_t linux_pwritev(int fd, const struct iovec *parts, int count, int64_t offset)
{
    struct open_file *file = writable(fd);
    if (file == NULL)
        return -EBADF;
    if (!has_places(file))
        return -ESPIPE;
    if (offset < 0)
        return -EINVAL;
    uint64_t at = file->flags & O_APPEND ? file->node->size : (uint64_t)offset; /* as on Linux */
    return move_parts(write_part, file, parts, count, at);
}

int64_t linux_pread(int fd, void *to, size_t size, int64_t offset)
{
    return linux_preadv(fd, &(struct iovec){to, size}, 1, offset);
}

int64_t linux_pwrite(int fd, const void *from, size_t size, int64_t offset)
{
    return linux_pwritev(fd, &(struct iovec){(void *)(uintptr_t)from, size}, 1, offset);
}

int64_t linux_ftruncate(int fd, int64_t size)
{
    struct open_file *file = writable(fd);
    if (file == NULL)
        return file_of(fd) == NULL ? -EBADF : -EINVAL;
    if (size < 0 || file->node->kind != NODE_FILE)
        return -EINVAL;
    return pages_resize(file->node, (uint64_t)size);
}

int64_t linux_truncate(const char *path, int64_t size)
{
    struct node *node;
    int status = path_node(AT_FDCWD, path, true, &node);
    if (status < 0)
        return status;
    switch (node->kind) {
    case NODE_FILE:
        return size < 0 ? -EINVAL : pages_resize(node, (uint64_t)size);
    case NODE_DIRECTORY:
        return -EISDIR;
    case NODE_IMAGE:
        return -EROFS;
    default:
        return -EINVAL;
    }
}

/* Makes sure that the file is as long; there is no space to reserve. */
int64_t linux_fallocate(int fd, int mode, int64_t offset, int64_t length)
{
    struct open_file *file = writable(fd);
    if (file == NULL)
        return -EBADF;
    if (mode != 0 || file->node->kind != NODE_FILE)
        return -EOPNOTSUPP;
    int64_t end;
    if (offset < 0 || length <= 0 || __builtin_add_overflow(offset, length, &end))
        return -EINVAL;
    return (uint64_t)end > file->node->size ? pages_resize(file->node, (uint64_t)end) : 0;
}

int64_t linux_fsync(int fd)
{
    return file_of(fd) == NULL ? -EBADF : 0;
}
