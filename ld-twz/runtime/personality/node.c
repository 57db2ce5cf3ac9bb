/* SPDX-License-Identifier: BSD-2-Clause */
/* Nodes of the file tree: files in memory, directories, and the special ones. */
#include "personality.h"
#include <twz/rt/alloc.h>
#include <twz/rt/string.h>
#include <twz/rt/time.h>

/* A file's bytes, one allocation per page; a page that was never written is NULL. */
struct pages {
    size_t count; /* of page[] */
    unsigned char **page;
};

static uint64_t next_number = 2;

int64_t now(void)
{
    return (int64_t)twz_rt_clock();
}

int64_t calendar(void)
{
    return (int64_t)twz_rt_calendar();
}

struct node *node_make(enum node_kind kind, mode_t mode)
{
    struct node *node = calloc(1, sizeof *node);
    if (node == NULL)
        return NULL;
    *node = (struct node){.kind = kind, .mode = mode, .number = next_number++};
    node->accessed = node->modified = node->changed = calendar();
    if (kind == NODE_FILE)
        node->pages = calloc(1, sizeof *node->pages);
    if (kind == NODE_DIRECTORY)
        node->directory = calloc(1, sizeof *node->directory);
    if ((kind == NODE_FILE || kind == NODE_DIRECTORY) && node->pages == NULL) {
        free(node);
        return NULL;
    }
    return node;
}

static void free_pages(struct pages *pages)
{
    for (size_t i = 0; i < pages->count; i++)
        free(pages->page[i]);
    free(pages->page);
    free(pages);
}

void node_drop(struct node *node)
{
    if (node->links > 0 || node->references > 0)
        return;
    switch (node->kind) {
    case NODE_FILE:
        free_pages(node->pages);
        break;
    case NODE_DIRECTORY: /* empty, or it would still have its own name */
        free(node->directory);
        break;
    case NODE_PIPE:
        pipe_free(node->pipe);
        break;
    case NODE_LINK:
        free(node->target);
        break;
    case NODE_IMAGE:
    case NODE_CONSOLE:
    case NODE_NULL:
    case NODE_ZERO:
    case NODE_RANDOM:
        break;
    }
    free(node);
}

void node_touch(struct node *node)
{
    node->modified = node->changed = calendar();
}

/* One page's worth of a transfer that starts at `offset` and has `size` bytes to go. */
static size_t part_of(uint64_t offset, size_t size)
{
    size_t room = TWZ_PAGE_SIZE - (size_t)(offset % TWZ_PAGE_SIZE);
    return size < room ? size : room;
}

int64_t pages_read(struct node *node, void *to, size_t size, uint64_t offset)
{
    if (offset >= node->size)
        return 0;
    if (size > node->size - offset)
        size = (size_t)(node->size - offset);
    const struct pages *pages = node->pages;
    unsigned char *at = to;
    for (size_t rest = size; rest > 0;) {
        size_t part = part_of(offset, rest);
        uint64_t index = offset / TWZ_PAGE_SIZE;
        if (index < pages->count && pages->page[index] != NULL)
            memcpy(at, pages->page[index] + offset % TWZ_PAGE_SIZE, part);
        else
            memset(at, 0, part);
        at += part;
        offset += part;
        rest -= part;
    }
    return (int64_t)size;
}

/* The page for `index`, made when it is missing; NULL: no memory. */
static unsigned char *page_for(struct pages *pages, uint64_t index)
{
    if (index >= pages->count) {
        size_t count = pages->count < 4 ? 4 : pages->count;
        while (count <= index)
            count *= 2;
        unsigned char **longer = realloc(pages->page, count * sizeof *longer);
        if (longer == NULL)
            return NULL;
        memset(longer + pages->count, 0, (count - pages->count) * sizeof *longer);
        pages->page = longer;
        pages->count = count;
    }
    if (pages->page[index] == NULL)
        pages->page[index] = calloc(1, TWZ_PAGE_SIZE);
    return pages->page[index];
}

int64_t pages_write(struct node *node, const void *from, size_t size, uint64_t offset)
{
    if (offset >= FILE_MAX)
        return size == 0 ? 0 : -EFBIG;
    if (size > FILE_MAX - offset)
        size = (size_t)(FILE_MAX - offset);
    const unsigned char *at = from;
    size_t rest = size;
    while (rest > 0) {
        size_t part = part_of(offset, rest);
        unsigned char *page = page_for(node->pages, offset / TWZ_PAGE_SIZE);
        if (page == NULL)
            break;
        memcpy(page + offset % TWZ_PAGE_SIZE, at, part);
        at += part;
        offset += part;
        rest -= part;
        if (offset > node->size)
            node->size = offset;
    }
    node_touch(node);
    return rest == size && size > 0 ? -ENOSPC : (int64_t)(size - rest);
}

int64_t pages_resize(struct node *node, uint64_t size)
{
    if (size > FILE_MAX)
        return -EFBIG;
    struct pages *pages = node->pages;
    if (size < node->size) {
        uint64_t first = (size + TWZ_PAGE_SIZE - 1) / TWZ_PAGE_SIZE;
        for (uint64_t i = first; i < pages->count; i++) {
            free(pages->page[i]);
            pages->page[i] = NULL;
        }
        size_t used = (size_t)(size % TWZ_PAGE_SIZE);
        if (used != 0 && first - 1 < pages->count && pages->page[first - 1] != NULL)
            memset(pages->page[first - 1] + used, 0, TWZ_PAGE_SIZE - used);
    }
    node->size = size;
    node_touch(node);
    return 0;
}

struct entry *directory_find(const struct node *directory, const char *name, size_t length)
{
    for (struct entry *e = directory->directory->entries; e != NULL; e = e->next)
        if (e->length == length && memcmp(e->name, name, length) == 0)
            return e;
    return NULL;
}

int directory_add(struct node *directory, const char *name, size_t length, struct node *node)
{
    if (length > 255)
        return -ENAMETOOLONG;
    if (directory->directory->parent == NULL)
        return -ENOENT;
    struct entry *entry = malloc(sizeof *entry + length + 1);
    if (entry == NULL)
        return -ENOSPC;
    struct directory *d = directory->directory;
    *entry = (struct entry){.node = node, .length = (uint16_t)length};
    entry->serial = ++d->next_serial;
    memcpy(entry->name, name, length);
    entry->name[length] = '\0';
    if (d->last == NULL)
        d->entries = entry;
    else
        d->last->next = entry;
    d->last = entry;
    node->links++;
    if (node->kind == NODE_DIRECTORY)
        node->directory->parent = directory;
    node->changed = now();
    node_touch(directory);
    return 0;
}

void directory_remove(struct node *directory, struct entry *entry)
{
    struct directory *d = directory->directory;
    struct entry *previous = NULL;
    for (struct entry *e = d->entries; e != entry; e = e->next)
        previous = e;
    if (previous == NULL)
        d->entries = entry->next;
    else
        previous->next = entry->next;
    if (d->last == entry)
        d->last = previous;
    struct node *node = entry->node;
    free(entry);
    node->links--;
    node->changed = now();
    if (node->kind == NODE_DIRECTORY)
        node->directory->parent = NULL;
    node_touch(directory);
    node_drop(node);
}
