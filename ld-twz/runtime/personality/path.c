/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Paths. A path is made canonical as text, part by part, with symbolic links replaced by what they
 * say, before it is walked. What the tree in memory does not know is looked for among the names of
 * the image: "/lib/a.txt" is the object "lib/a.txt". Such an object, once found, stays known.
 */
#include "calls.h"
#include "personality.h"
#include <twz/rt/alloc.h>
#include <twz/rt/object.h>
#include <twz/rt/string.h>

static struct node *root, *current;
static char canonical[PATH_SIZE]; /* without a slash at either end */

/* Objects of the image that were found. */
static struct image_name {
    struct image_name *next;
    struct node *node;
    char name[];
} * image_names;

static bool add_special(struct node *directory, const char *name, enum node_kind kind)
{
    struct node *node = node_make(kind, S_IFCHR | 0666);
    return node != NULL && directory_add(directory, name, strlen(name), node) == 0;
}

static struct node *add_directory(struct node *parent, const char *name)
{
    struct node *node = node_make(NODE_DIRECTORY, S_IFDIR | 0777);
    if (node == NULL || directory_add(parent, name, strlen(name), node) < 0)
        return NULL;
    return node;
}

static bool make_root(void)
{
    static bool tried;
    if (tried)
        return current != NULL;
    tried = true;
    root = node_make(NODE_DIRECTORY, S_IFDIR | 0755);
    if (root == NULL)
        return false;
    root->links = 1;
    root->directory->parent = root;
    struct node *dev = add_directory(root, "dev");
    if (dev == NULL || add_directory(root, "tmp") == NULL || add_directory(root, "root") == NULL ||
        !add_special(dev, "null", NODE_NULL) || !add_special(dev, "zero", NODE_ZERO) ||
        !add_special(dev, "random", NODE_RANDOM) || !add_special(dev, "urandom", NODE_RANDOM) ||
        !add_special(dev, "tty", NODE_CONSOLE) || !add_special(dev, "console", NODE_CONSOLE))
        return false;
    root->references++;
    current = root;
    archive_open();
    return true;
}

/* The name of a directory in its parent. */
static const struct entry *entry_of(const struct node *directory)
{
    const struct entry *e = directory->directory->parent->directory->entries;
    while (e != NULL && e->node != directory)
        e = e->next;
    return e;
}

/* Writes the path of a directory, without slashes at the ends, to the end of `buffer`; returns
 * where it starts, or NULL when the directory was removed or the path is too long. */
static char *path_of(const struct node *directory, char *buffer, size_t size)
{
    char *at = buffer + size - 1;
    *at = '\0';
    while (directory != root) {
        const struct entry *entry = directory->directory->parent ? entry_of(directory) : NULL;
        if (entry == NULL || (size_t)(at - buffer) < entry->length + 1u)
            return NULL;
        if (*at != '\0')
            *--at = '/';
        at -= entry->length;
        memcpy(at, entry->name, entry->length);
        directory = directory->directory->parent;
    }
    return at;
}

#define LINKS_MAX 40 /* Linux's: symbolic links in one path */

static bool any_links; /* else nobody looks for them */

static struct node *link_at(const char *at);

struct node *path_link(const char *target)
{
    size_t size = strlen(target) + 1;
    struct node *node = node_make(NODE_LINK, S_IFLNK | 0777);
    if (node == NULL)
        return NULL;
    node->target = malloc(size);
    if (node->target == NULL) {
        node_drop(node);
        return NULL;
    }
    memcpy(node->target, target, size);
    node->size = size - 1;
    any_links = true;
    return node;
}

/* What a link says, in front of the rest of the path. NULL: too long. */
static const char *replace(const struct node *link, const char *rest)
{
    static char path[PATH_SIZE]; /* `rest` may be part of it */
    size_t size = strlen(rest) + 1;
    if (link->size + size > sizeof path)
        return NULL;
    memmove(path + link->size, rest, size);
    memcpy(path, link->target, link->size);
    return path;
}

/* Appends the parts of `path` to canonical[0..length). Returns the new length, -ENAMETOOLONG, or
 * -ELOOP. */
static int append(size_t length, const char *path, bool follow)
{
    for (int links = 0;;) {
        while (*path == '/')
            path++;
        const char *end = path;
        while (*end != '\0' && *end != '/' && (size_t)(end - path) < PATH_SIZE)
            end++;
        size_t part = (size_t)(end - path);
        if (part == 0) {
            canonical[length] = '\0';
            return (int)length;
        }
        if (part == 2 && path[0] == '.' && path[1] == '.') {
            while (length > 0 && canonical[--length] != '/')
                ;
        } else if (part != 1 || path[0] != '.') {
            if (part > 255 || length + part + 2 > PATH_SIZE)
                return -ENAMETOOLONG;
            if (length > 0)
                canonical[length++] = '/';
            memcpy(canonical + length, path, part);
            canonical[length + part] = '\0';
            const struct node *link =
                any_links && (follow || *end != '\0') ? link_at(canonical) : NULL;
            if (link != NULL) {
                end = replace(link, end);
                if (end == NULL || ++links > LINKS_MAX)
                    return end == NULL ? -ENAMETOOLONG : -ELOOP;
                length = *end == '/' || length == 0 ? 0 : length - 1;
            } else {
                length += part;
            }
        }
        path = end;
    }
}

static int make_canonical(int directory, const char *path, bool follow)
{
    size_t length = 0;
    if (path[0] != '/') {
        const struct node *base = current;
        if (directory != AT_FDCWD) {
            const struct open_file *file = file_of(directory);
            if (file == NULL)
                return -EBADF;
            if (file->node->kind != NODE_DIRECTORY)
                return -ENOTDIR;
            base = file->node;
        }
        char *start = path_of(base, canonical, sizeof canonical);
        if (start == NULL)
            return -ENOENT;
        length = strlen(start);
        memmove(canonical, start, length + 1);
    }
    return append(length, path, follow);
}

static struct node *image_node(const char *name)
{
    for (struct image_name *n = image_names; n != NULL; n = n->next)
        if (strcmp(n->name, name) == 0)
            return n->node;
    size_t length = strlen(name);
    struct twz_rt_object object;
    if (length == 0 || length > 127 || twz_rt_object_open(name, &object) < 0)
        return NULL;
    struct image_name *found = malloc(sizeof *found + length + 1);
    struct node *node = found == NULL ? NULL : node_make(NODE_IMAGE, S_IFREG | 0444);
    if (node == NULL) {
        free(found);
        return NULL;
    }
    node->links = 1;
    node->bytes = object.data;
    node->size = object.length;
    node->accessed = node->modified = node->changed = 0;
    memcpy(found->name, name, length + 1);
    found->node = node;
    found->next = image_names;
    image_names = found;
    return node;
}

/* Walks a canonical path through the tree in memory. */
static int walk(const char *path, struct place *place)
{
    place->node = root;
    place->directory = NULL;
    place->name = path;
    place->length = 0;
    for (const char *at = path; *at != '\0';) {
        const char *end = at;
        while (*end != '\0' && *end != '/')
            end++;
        if (place->node == NULL)
            return -ENOENT;
        if (place->node->kind != NODE_DIRECTORY)
            return -ENOTDIR;
        place->directory = place->node;
        place->name = at;
        place->length = (size_t)(end - at);
        struct entry *entry = directory_find(place->directory, at, place->length);
        place->node = entry == NULL ? NULL : entry->node;
        at = *end == '/' ? end + 1 : end;
    }
    return 0;
}

static struct node *link_at(const char *at)
{
    struct place place;
    return walk(at, &place) == 0 && place.node != NULL && place.node->kind == NODE_LINK ? place.node
                                                                                        : NULL;
}

int path_find(int directory, const char *path, bool follow, struct place *place)
{
    if (!is_user(path, 1))
        return -EFAULT;
    if (!make_root())
        return -ENOMEM;
    if (path[0] == '\0')
        return -ENOENT;
    int length = make_canonical(directory, path, follow);
    if (length < 0)
        return length;
    place->must_be_directory = path[strlen(path) - 1] == '/';
    int status = walk(canonical, place);
    if (status == -ENOTDIR || (status == 0 && place->node != NULL)) {
        if (status == 0 && place->must_be_directory && place->node->kind != NODE_DIRECTORY)
            return -ENOTDIR;
        return status;
    }
    struct node *node = place->must_be_directory ? NULL : image_node(canonical);
    if (node == NULL)
        return status;
    place->node = node;
    place->directory = NULL;
    return 0;
}

int path_node(int directory, const char *path, bool follow, struct node **node)
{
    struct place place;
    int status = path_find(directory, path, follow, &place);
    *node = place.node;
    return status < 0 ? status : *node == NULL ? -ENOENT : 0;
}

static int64_t enter(struct node *node)
{
    if (node->kind != NODE_DIRECTORY)
        return -ENOTDIR;
    node->references++;
    current->references--;
    node_drop(current);
    current = node;
    return 0;
}

int64_t linux_chdir(const char *path)
{
    struct node *node;
    int status = path_node(AT_FDCWD, path, true, &node);
    return status < 0 ? status : enter(node);
}

int64_t linux_fchdir(int fd)
{
    const struct open_file *file = file_of(fd);
    return file == NULL ? -EBADF : !make_root() ? -ENOMEM : enter(file->node);
}

int64_t linux_getcwd(char *buffer, size_t size)
{
    if (!make_root())
        return -ENOMEM;
    const char *path = path_of(current, canonical, sizeof canonical);
    if (path == NULL)
        return -ENOENT;
    size_t length = strlen(path) + 2;
    if (length > size)
        return -ERANGE;
    if (!is_user(buffer, length))
        return -EFAULT;
    buffer[0] = '/';
    memcpy(buffer + 1, path, length - 1);
    return (int64_t)length;
}
