/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that come with the image in directories: the object root.tar, if there is one, is an
 * archive (POSIX ustar) whose files, directories and symbolic links are in the tree from the
 * start. Their bytes stay where they are, read-only.
 */
#include "calls.h"
#include "personality.h"
#include <twz/rt/object.h>
#include <twz/rt/string.h>

#define BLOCK 512u /* of the archive: a header, and what file lengths are rounded up to */

struct header {
    char name[100], mode[8], user[8], group[8], size[12], time[12], checksum[8], type;
    char target[100], magic[6], version[2], names[80], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "POSIX pax, ustar interchange format");

/* Octal digits up to the first other character. */
static uint64_t number(const char *digits, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size && digits[i] >= '0' && digits[i] <= '7'; i++)
        value = value * 8 + (uint64_t)(digits[i] - '0');
    return value;
}

/* Appends a field that ends with a zero byte or with its size. */
static size_t append(char *path, size_t length, const char *field, size_t size)
{
    while (size-- > 0 && *field != '\0')
        path[length++] = *field++;
    path[length] = '\0';
    return length;
}

static void make_parents(char *path)
{
    for (char *at = path + 1; *at != '\0'; at++)
        if (*at == '/') {
            *at = '\0';
            (void)linux_mkdir(path, 0755);
            *at = '/';
        }
}

static void add_file(const char *path, const struct header *header, uint64_t size)
{
    struct place place;
    if (path_find(AT_FDCWD, path, false, &place) < 0 || place.directory == NULL ||
        place.node != NULL)
        return;
    struct node *node =
        node_make(NODE_IMAGE, S_IFREG | (number(header->mode, sizeof header->mode) & 0555));
    if (node == NULL)
        return;
    node->bytes = (const unsigned char *)(header + 1);
    node->size = size;
    node->accessed = node->modified = node->changed =
        (int64_t)(number(header->time, sizeof header->time) % INT32_MAX) * NANOSECONDS;
    if (directory_add(place.directory, place.name, place.length, node) < 0)
        node_drop(node);
}

static void add(const struct header *header, uint64_t size)
{
    char path[sizeof header->prefix + sizeof header->name + 3] = "/";
    char target[sizeof header->target + 1];
    size_t length = append(path, 1, header->prefix, sizeof header->prefix);
    if (length > 1)
        path[length++] = '/';
    append(path, length, header->name, sizeof header->name);
    make_parents(path);
    switch (header->type) {
    case '0':
    case '\0':
        add_file(path, header, size);
        break;
    case '2':
        append(target, 0, header->target, sizeof header->target);
        (void)linux_symlink(target, path);
        break;
    case '5':
        (void)linux_mkdir(path, 0755);
        break;
    }
}

void archive_open(void)
{
    struct twz_rt_object object;
    if (twz_rt_object_open("root.tar", &object) < 0)
        return;
    const unsigned char *bytes = object.data;
    uint64_t at = 0, end = object.length;
    while (end - at >= BLOCK) {
        const struct header *header = (const void *)(bytes + at);
        uint64_t size = number(header->size, sizeof header->size);
        at += BLOCK;
        if (memcmp(header->magic, "ustar", 5) != 0 || size > end - at)
            return;
        add(header, size);
        uint64_t rounded = (size + BLOCK - 1) & ~(uint64_t)(BLOCK - 1);
        at = rounded < end - at ? at + rounded : end;
    }
}
