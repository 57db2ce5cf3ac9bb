/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors: opening, closing, duplicating, and what fcntl and ioctl say about them. */
#include "calls.h"
#include "personality.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <twz/rt/alloc.h>
#include <twz/rt/string.h>
#include <unistd.h>

#define KEPT_FLAGS (O_ACCMODE | O_APPEND | O_NONBLOCK | O_PATH)

static struct descriptor {
    struct open_file *file;
    bool close_on_exec;
} * descriptors;
static int descriptor_count; /* of descriptors[] */

mode_t file_mask = 022;

static bool grow(int count)
{
    struct descriptor *longer = realloc(descriptors, (size_t)count * sizeof *longer);
    if (longer == NULL)
        return false;
    memset(longer + descriptor_count, 0, (size_t)(count - descriptor_count) * sizeof *longer);
    descriptors = longer;
    descriptor_count = count;
    return true;
}

/* Descriptors 0, 1 and 2 lead to the console from the start. */
static bool make_standard(void)
{
    static bool made;
    if (made)
        return true;
    struct node *console = node_make(NODE_CONSOLE, S_IFCHR | 0666);
    struct open_file *file = calloc(1, sizeof *file);
    if (console == NULL || file == NULL || !grow(16)) {
        free(console);
        free(file);
        return false;
    }
    console->references = 1;
    *file = (struct open_file){.node = console, .references = 3, .flags = O_RDWR};
    for (int fd = 0; fd < 3; fd++)
        descriptors[fd].file = file;
    made = true;
    return true;
}

struct open_file *file_of(int fd)
{
    if (!make_standard() || fd < 0 || fd >= descriptor_count)
        return NULL;
    return descriptors[fd].file;
}

/* The lowest free descriptor that is at least `least`, or a negated errno value. */
static int free_descriptor(int least)
{
    if (!make_standard())
        return -ENOMEM;
    if (least < 0 || least >= (int)FILES_MAX)
        return -EINVAL;
    for (int fd = least; fd < (int)FILES_MAX; fd++) {
        while (fd >= descriptor_count)
            if (!grow(descriptor_count * 2))
                return -ENOMEM;
        if (descriptors[fd].file == NULL)
            return fd;
    }
    return -EMFILE;
}

int file_install(struct node *node, int flags, bool close_on_exec)
{
    int fd = free_descriptor(0);
    if (fd < 0)
        return fd;
    struct open_file *file = calloc(1, sizeof *file);
    if (file == NULL)
        return -ENOMEM;
    *file = (struct open_file){.node = node, .references = 1, .flags = flags & KEPT_FLAGS};
    node->references++;
    descriptors[fd] = (struct descriptor){.file = file, .close_on_exec = close_on_exec};
    return fd;
}

void file_drop(struct open_file *file)
{
    if (--file->references > 0)
        return;
    struct node *node = file->node;
    if (node->kind == NODE_PIPE)
        pipe_close(node, file->flags);
    free(file);
    node->references--;
    node_drop(node);
}

int64_t linux_close(int fd)
{
    struct open_file *file = file_of(fd);
    if (file == NULL)
        return -EBADF;
    descriptors[fd].file = NULL;
    file_drop(file);
    return 0;
}

static int create(const struct place *place, mode_t mode, struct node **node)
{
    if (place->must_be_directory)
        return -EISDIR;
    *node = node_make(NODE_FILE, S_IFREG | (mode & 07777 & ~file_mask));
    if (*node == NULL)
        return -ENOSPC;
    int status = directory_add(place->directory, place->name, place->length, *node);
    if (status < 0)
        node_drop(*node);
    return status;
}

/* What open() may not do to a file that exists. */
static int refuse_existing(const struct node *node, int flags)
{
    bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);
    if ((flags & O_CREAT) && (flags & O_EXCL))
        return -EEXIST;
    if (node->kind == NODE_LINK)
        return -ELOOP;
    if (node->kind == NODE_DIRECTORY)
        return writes || (flags & O_CREAT) ? -EISDIR : 0;
    if (flags & O_DIRECTORY)
        return -ENOTDIR;
    return node->kind == NODE_IMAGE && writes ? -EROFS : 0;
}

int64_t linux_openat(int directory, const char *path, int flags, mode_t mode)
{
    if ((flags & O_TMPFILE) == O_TMPFILE)
        return -EOPNOTSUPP;
    bool exclusive = (flags & O_CREAT) && (flags & O_EXCL);
    struct place place;
    int status = path_find(directory, path, !(flags & O_NOFOLLOW) && !exclusive, &place);
    if (status < 0)
        return status;
    struct node *node = place.node;
    if (node == NULL) {
        if (!(flags & O_CREAT))
            return -ENOENT;
        status = create(&place, mode, &node);
    } else {
        status = refuse_existing(node, flags);
        if (status == 0 && (flags & O_TRUNC) && node->kind == NODE_FILE)
            status = (int)pages_resize(node, 0);
    }
    return status < 0 ? status : file_install(node, flags, flags & O_CLOEXEC);
}

int64_t linux_open(const char *path, int flags, mode_t mode)
{
    return linux_openat(AT_FDCWD, path, flags, mode);
}

int64_t linux_creat(const char *path, mode_t mode)
{
    return linux_openat(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

static int64_t duplicate(int fd, int least, bool close_on_exec)
{
    struct open_file *file = file_of(fd);
    if (file == NULL)
        return -EBADF;
    int copy = free_descriptor(least);
    if (copy < 0)
        return copy;
    file->references++;
    descriptors[copy] = (struct descriptor){.file = file, .close_on_exec = close_on_exec};
    return copy;
}

int64_t linux_dup(int fd)
{
    return duplicate(fd, 0, false);
}

int64_t linux_dup3(int fd, int copy, int flags)
{
    if (fd == copy)
        return -EINVAL;
    if (file_of(fd) == NULL || copy < 0 || copy >= (int)FILES_MAX)
        return -EBADF;
    linux_close(copy);
    int64_t status = duplicate(fd, copy, flags & O_CLOEXEC);
    return status;
}

int64_t linux_dup2(int fd, int copy)
{
    if (fd == copy)
        return file_of(fd) == NULL ? -EBADF : fd;
    return linux_dup3(fd, copy, 0);
}

int64_t linux_fcntl(int fd, int command, long argument)
{
    struct open_file *file = file_of(fd);
    if (file == NULL)
        return -EBADF;
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        return duplicate(fd, argument > INT32_MAX ? -1 : (int)argument, command == F_DUPFD_CLOEXEC);
    case F_GETFD:
        return descriptors[fd].close_on_exec ? FD_CLOEXEC : 0;
    case F_SETFD:
        descriptors[fd].close_on_exec = argument & FD_CLOEXEC;
        return 0;
    case F_GETFL:
        return file->flags;
    case F_SETFL:
        file->flags =
            (file->flags & (O_ACCMODE | O_PATH)) | ((int)argument & (O_APPEND | O_NONBLOCK));
        return 0;
    case F_GETLK:
    case F_OFD_GETLK: /* one process: nobody else holds a lock */
        if (!is_user((void *)argument, sizeof(struct flock)))
            return -EFAULT;
        ((struct flock *)argument)->l_type = F_UNLCK;
        return 0;
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
        return is_user((void *)argument, sizeof(struct flock)) ? 0 : -EFAULT;
    default:
        return -EINVAL;
    }
}

int64_t linux_flock(int fd, int operation)
{
    (void)operation;
    return file_of(fd) == NULL ? -EBADF : 0;
}

int64_t linux_lseek(int fd, int64_t offset, int whence)
{
    struct open_file *file = file_of(fd);
    if (file == NULL)
        return -EBADF;
    const struct node *node = file->node;
    if (node->kind == NODE_PIPE || node->kind == NODE_CONSOLE)
        return -ESPIPE;
    int64_t base, end = (int64_t)node->size;
    switch (whence) {
    case SEEK_SET:
        base = 0;
        break;
    case SEEK_CUR:
        base = (int64_t)file->offset;
        break;
    case SEEK_END:
        base = end;
        break;
    case SEEK_DATA: /* a file without holes, as far as we say */
    case SEEK_HOLE:
        if (offset < 0 || offset >= end)
            return -ENXIO;
        base = whence == SEEK_HOLE ? end - offset : 0;
        break;
    default:
        return -EINVAL;
    }
    int64_t to;
    if (__builtin_add_overflow(base, offset, &to) || to < 0)
        return -EINVAL;
    file->offset = (uint64_t)to;
    return to;
}

short file_events(const struct open_file *file)
{
    if (file->node->kind == NODE_PIPE)
        return pipe_events(file->node, file->flags);
    return file->node->kind == NODE_CONSOLE ? terminal_events() : POLLIN | POLLOUT;
}

int64_t linux_ioctl(int fd, unsigned long request, void *argument)
{
    const struct open_file *file = file_of(fd);
    if (file == NULL)
        return -EBADF;
    const struct node *node = file->node;
    if (request == FIONREAD && (node->kind == NODE_PIPE || S_ISREG(node->mode))) {
        if (!is_user(argument, sizeof(int)))
            return -EFAULT;
        size_t rest = node->kind == NODE_PIPE     ? pipe_length(node)
                      : node->size > file->offset ? (size_t)(node->size - file->offset)
                                                  : 0;
        *(int *)argument = (int)rest;
        return 0;
    }
    return node->kind == NODE_CONSOLE ? terminal_ioctl(request, argument) : -ENOTTY;
}
