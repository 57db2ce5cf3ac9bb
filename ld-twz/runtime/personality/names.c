/* SPDX-License-Identifier: BSD-2-Clause */
/* What happens to names and nodes: making, removing and renaming them, asking about them. */
#include "calls.h"
#include "personality.h"
#include <dirent.h>
#include <sys/statfs.h>
#include <twz/rt/string.h>

#define OWNER 1000u /* of everything */

static struct timespec time_of(int64_t nanoseconds)
{
    return (struct timespec){.tv_sec = nanoseconds / NANOSECONDS,
                             .tv_nsec = nanoseconds % NANOSECONDS};
}

static int64_t describe(const struct node *node, struct stat *out)
{
    if (!is_user(out, sizeof *out))
        return -EFAULT;
    *out = (struct stat){
        .st_dev = 1,
        .st_ino = node->number,
        .st_nlink = node->kind == NODE_DIRECTORY ? node->links + 1 : node->links,
        .st_mode = node->mode,
        .st_uid = OWNER,
        .st_gid = OWNER,
        .st_size = (off_t)node->size,
        .st_blksize = (blksize_t)TWZ_PAGE_SIZE,
        .st_blocks = (blkcnt_t)((node->size + 511) / 512),
        .st_atim = time_of(node->accessed),
        .st_mtim = time_of(node->modified),
        .st_ctim = time_of(node->changed),
    };
    return 0;
}

int64_t linux_fstat(int fd, struct stat *out)
{
    const struct open_file *file = file_of(fd);
    return file == NULL ? -EBADF : describe(file->node, out);
}

int64_t linux_newfstatat(int directory, const char *path, struct stat *out, int flags)
{
    if ((flags & AT_EMPTY_PATH) && is_user(path, 1) && path[0] == '\0' && directory != AT_FDCWD)
        return linux_fstat(directory, out);
    struct node *node;
    int status = path_node(directory, path, !(flags & AT_SYMLINK_NOFOLLOW), &node);
    return status < 0 ? status : describe(node, out);
}

int64_t linux_stat(const char *path, struct stat *out)
{
    return linux_newfstatat(AT_FDCWD, path, out, 0);
}

int64_t linux_lstat(const char *path, struct stat *out)
{
    return linux_newfstatat(AT_FDCWD, path, out, AT_SYMLINK_NOFOLLOW);
}

int64_t linux_faccessat(int directory, const char *path, int mode)
{
    if (mode & ~(R_OK | W_OK | X_OK))
        return -EINVAL;
    struct node *node;
    int status = path_node(directory, path, true, &node);
    if (status < 0)
        return status;
    if ((mode & W_OK) && node->kind == NODE_IMAGE)
        return -EROFS;
    return (mode & X_OK) && node->kind != NODE_DIRECTORY && !(node->mode & 0111) ? -EACCES : 0;
}

int64_t linux_access(const char *path, int mode)
{
    return linux_faccessat(AT_FDCWD, path, mode);
}

int64_t linux_mkdirat(int directory, const char *path, mode_t mode)
{
    struct place place;
    int status = path_find(directory, path, false, &place);
    if (status < 0)
        return status;
    if (place.node != NULL)
        return -EEXIST;
    struct node *node = node_make(NODE_DIRECTORY, S_IFDIR | (mode & 07777 & ~file_mask));
    if (node == NULL)
        return -ENOSPC;
    status = directory_add(place.directory, place.name, place.length, node);
    if (status < 0)
        node_drop(node);
    return status;
}

int64_t linux_mkdir(const char *path, mode_t mode)
{
    return linux_mkdirat(AT_FDCWD, path, mode);
}

/* The place of a name that may be removed or moved. */
static int find_name(int directory, const char *path, struct place *place)
{
    int status = path_find(directory, path, false, place);
    if (status < 0)
        return status;
    if (place->node == NULL)
        return -ENOENT;
    if (place->directory == NULL)
        return place->node->kind == NODE_IMAGE ? -EROFS : -EBUSY;
    return 0;
}

int64_t linux_unlinkat(int directory, const char *path, int flags)
{
    if (flags & ~AT_REMOVEDIR)
        return -EINVAL;
    struct place place;
    int status = find_name(directory, path, &place);
    if (status < 0)
        return status;
    if (flags & AT_REMOVEDIR) {
        if (place.node->kind != NODE_DIRECTORY)
            return -ENOTDIR;
        if (place.node->directory->entries != NULL)
            return -ENOTEMPTY;
    } else if (place.node->kind == NODE_DIRECTORY) {
        return -EISDIR;
    }
    directory_remove(place.directory, directory_find(place.directory, place.name, place.length));
    return 0;
}

int64_t linux_unlink(const char *path)
{
    return linux_unlinkat(AT_FDCWD, path, 0);
}

int64_t linux_rmdir(const char *path)
{
    return linux_unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

/* What may not be renamed onto `to`. */
static int refuse_rename(const struct node *from, const struct place *to)
{
    const struct node *target = to->node;
    if (from->kind == NODE_DIRECTORY) /* not into itself */
        for (const struct node *d = to->directory; d != NULL; d = d->directory->parent) {
            if (d == from)
                return -EINVAL;
            if (d->directory->parent == d)
                break;
        }
    if (target == NULL)
        return to->must_be_directory && from->kind != NODE_DIRECTORY ? -ENOTDIR : 0;
    if (target->kind == NODE_IMAGE)
        return -EROFS;
    if (to->directory == NULL)
        return -EBUSY;
    if (from->kind == NODE_DIRECTORY && target->kind != NODE_DIRECTORY)
        return -ENOTDIR;
    if (from->kind != NODE_DIRECTORY && target->kind == NODE_DIRECTORY)
        return -EISDIR;
    return target->kind == NODE_DIRECTORY && target->directory->entries != NULL ? -ENOTEMPTY : 0;
}

int64_t linux_renameat(int from_directory, const char *from_path, int to_directory,
                       const char *to_path)
{
    struct place from, to;
    int status = find_name(from_directory, from_path, &from);
    if (status < 0)
        return status;
    struct entry *old = directory_find(from.directory, from.name, from.length);
    status = path_find(to_directory, to_path, false, &to);
    if (status == 0)
        status = refuse_rename(from.node, &to);
    if (status < 0 || from.node == to.node)
        return status;
    /* The new name exists before the old one goes, so that nothing is lost without memory. */
    status = directory_add(to.directory, to.name, to.length, from.node);
    if (status < 0)
        return status;
    if (to.node != NULL) /* the first of that name is the old one */
        directory_remove(to.directory, directory_find(to.directory, to.name, to.length));
    directory_remove(from.directory, old);
    if (from.node->kind == NODE_DIRECTORY)
        from.node->directory->parent = to.directory;
    return 0;
}

int64_t linux_rename(const char *from, const char *to)
{
    return linux_renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int64_t linux_linkat(int from_directory, const char *from_path, int to_directory,
                     const char *to_path, int flags)
{
    struct node *node;
    int status = path_node(from_directory, from_path, flags & AT_SYMLINK_FOLLOW, &node);
    if (status < 0)
        return status;
    if (node->kind == NODE_DIRECTORY)
        return -EPERM;
    if (node->kind == NODE_IMAGE)
        return -EXDEV;
    struct place to;
    status = path_find(to_directory, to_path, false, &to);
    if (status < 0)
        return status;
    if (to.node != NULL)
        return -EEXIST;
    return directory_add(to.directory, to.name, to.length, node);
}

int64_t linux_link(const char *from, const char *to)
{
    return linux_linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int64_t linux_symlinkat(const char *target, int directory, const char *path)
{
    if (!is_user(target, 1))
        return -EFAULT;
    size_t length = strlen(target);
    if (length == 0 || length >= PATH_SIZE)
        return length == 0 ? -ENOENT : -ENAMETOOLONG;
    struct place place;
    int status = path_find(directory, path, false, &place);
    if (status < 0)
        return status;
    if (place.node != NULL || place.must_be_directory)
        return place.node != NULL ? -EEXIST : -ENOENT;
    struct node *node = path_link(target);
    if (node == NULL)
        return -ENOSPC;
    status = directory_add(place.directory, place.name, place.length, node);
    if (status < 0)
        node_drop(node);
    return status;
}

int64_t linux_symlink(const char *target, const char *path)
{
    return linux_symlinkat(target, AT_FDCWD, path);
}

int64_t linux_readlinkat(int directory, const char *path, char *buffer, size_t size)
{
    struct node *node;
    int status = path_node(directory, path, false, &node);
    if (status < 0)
        return status;
    if (node->kind != NODE_LINK || size == 0)
        return -EINVAL;
    if (size > node->size)
        size = (size_t)node->size;
    if (!is_user(buffer, size))
        return -EFAULT;
    memcpy(buffer, node->target, size);
    return (int64_t)size;
}

static int64_t change_mode(struct node *node, mode_t mode)
{
    if (node->kind == NODE_IMAGE)
        return -EROFS;
    node->mode = (node->mode & S_IFMT) | (mode & 07777);
    node->changed = calendar();
    return 0;
}

int64_t linux_fchmodat(int directory, const char *path, mode_t mode)
{
    struct node *node;
    int status = path_node(directory, path, true, &node);
    return status < 0 ? status : change_mode(node, mode);
}

int64_t linux_fchmod(int fd, mode_t mode)
{
    const struct open_file *file = file_of(fd);
    return file == NULL ? -EBADF : change_mode(file->node, mode);
}

/* Everything has one owner: changing it to that one is fine. */
static int64_t change_owner(const struct node *node, uint32_t user, uint32_t group)
{
    bool same = (user == OWNER || user == UINT32_MAX) && (group == OWNER || group == UINT32_MAX);
    return node->kind == NODE_IMAGE ? -EROFS : same ? 0 : -EPERM;
}

int64_t linux_fchownat(int directory, const char *path, uint32_t user, uint32_t group, int flags)
{
    struct node *node;
    int status = path_node(directory, path, !(flags & AT_SYMLINK_NOFOLLOW), &node);
    return status < 0 ? status : change_owner(node, user, group);
}

int64_t linux_fchown(int fd, uint32_t user, uint32_t group)
{
    const struct open_file *file = file_of(fd);
    return file == NULL ? -EBADF : change_owner(file->node, user, group);
}

static int64_t set_time(int64_t *time, struct timespec to)
{
    if (to.tv_nsec == UTIME_OMIT)
        return 0;
    if (to.tv_nsec == UTIME_NOW)
        to = time_of(calendar());
    if (to.tv_nsec < 0 || to.tv_nsec >= NANOSECONDS || to.tv_sec < 0 ||
        to.tv_sec >= INT64_MAX / NANOSECONDS)
        return -EINVAL;
    *time = to.tv_sec * NANOSECONDS + to.tv_nsec;
    return 0;
}

int64_t linux_utimensat(int directory, const char *path, const struct timespec times[2], int flags)
{
    struct node *node = NULL;
    if (path == NULL) {
        const struct open_file *file = file_of(directory);
        if (file == NULL)
            return -EBADF;
        node = file->node;
    } else {
        int status = path_node(directory, path, !(flags & AT_SYMLINK_NOFOLLOW), &node);
        if (status < 0)
            return status;
    }
    if (node->kind == NODE_IMAGE)
        return -EROFS;
    if (times == NULL) {
        node->accessed = node->modified = node->changed = calendar();
        return 0;
    }
    if (!is_user(times, 2 * sizeof *times))
        return -EFAULT;
    int64_t status = set_time(&node->accessed, times[0]);
    return status < 0 ? status : set_time(&node->modified, times[1]);
}

/* One record; returns its length, or 0 when it does not fit. */
static size_t put_record(char *at, size_t room, const struct node *node, const char *name,
                         size_t length, uint64_t next)
{
    size_t size = (offsetof(struct dirent, d_name) + length + 1 + 7) & ~(size_t)7;
    if (size > room)
        return 0;
    struct dirent record = {.d_ino = node->number,
                            .d_off = (off_t)next,
                            .d_reclen = (unsigned short)size,
                            .d_type = (unsigned char)(node->mode >> 12)};
    memcpy(at, &record, offsetof(struct dirent, d_name));
    memcpy(at + offsetof(struct dirent, d_name), name, length);
    memset(at + offsetof(struct dirent, d_name) + length, 0,
           size - offsetof(struct dirent, d_name) - length);
    return size;
}

/* The offset of an open directory: 0 before ".", 1 before "..", then 2 + the serial number of the
 * entry that was read last. */
int64_t linux_getdents64(int fd, void *buffer, size_t size)
{
    struct open_file *file = file_of(fd);
    if (file == NULL)
        return -EBADF;
    if (file->node->kind != NODE_DIRECTORY)
        return -ENOTDIR;
    const struct directory *directory = file->node->directory;
    if (directory->parent == NULL)
        return -ENOENT;
    if (!is_user(buffer, size))
        return -EFAULT;
    char *at = buffer;
    size_t rest = size, part = 1;
    for (; file->offset < 2 && part > 0; at += part, rest -= part) {
        const struct node *node = file->offset == 0 ? file->node : directory->parent;
        part = put_record(at, rest, node, "..", (size_t)file->offset + 1, file->offset + 1);
        if (part > 0)
            file->offset++;
    }
    for (const struct entry *e = directory->entries; e != NULL && part > 0; e = e->next) {
        if (e->serial + 2 <= file->offset)
            continue;
        part = put_record(at, rest, e->node, e->name, e->length, e->serial + 2);
        if (part > 0)
            file->offset = e->serial + 2;
        at += part;
        rest -= part;
    }
    return part == 0 && rest == size ? -EINVAL : (int64_t)(size - rest);
}

static int64_t describe_system(struct statfs *out)
{
    if (!is_user(out, sizeof *out))
        return -EFAULT;
    *out = (struct statfs){.f_type = 0x01021994, /* as tmpfs */
                           .f_bsize = TWZ_PAGE_SIZE,
                           .f_frsize = TWZ_PAGE_SIZE,
                           .f_blocks = FILE_MAX / TWZ_PAGE_SIZE,
                           .f_bfree = FILE_MAX / TWZ_PAGE_SIZE,
                           .f_bavail = FILE_MAX / TWZ_PAGE_SIZE,
                           .f_namelen = 255};
    return 0;
}

int64_t linux_statfs(const char *path, struct statfs *out)
{
    struct node *node;
    int status = path_node(AT_FDCWD, path, true, &node);
    return status < 0 ? status : describe_system(out);
}

int64_t linux_fstatfs(int fd, struct statfs *out)
{
    return file_of(fd) == NULL ? -EBADF : describe_system(out);
}

int64_t linux_umask(mode_t mask)
{
    mode_t old = file_mask;
    file_mask = mask & 0777;
    return (int64_t)old;
}
