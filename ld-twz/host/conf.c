/* SPDX-License-Identifier: BSD-2-Clause */
/* /etc/ld.so.conf: a directory per line, `include PATTERN`, # comments. Used without a cache.
 * /etc/ld.so.preload: names, with blanks or colons between them; # comments. */
#include "search.h"
#include <dirent.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CONF_MAX        (1u << 18) /* bytes of all files together */
#define FILES_MAX       256u
#define DIRECTORIES_MAX 1024u
#define LOOKS_MAX       65536u /* entries of directories that patterns are compared with */
#define QUEUE_SIZE      (FILES_MAX + 1)

struct queue {
    char *paths[QUEUE_SIZE]; /* files still to be read */
    size_t count;
    size_t bytes; /* that were read */
};

static unsigned looks; /* that glob() has taken: it calls back without a context */

static struct dirent *look(void *directory)
{
    return looks < LOOKS_MAX && looks++ < LOOKS_MAX ? readdir(directory) : NULL;
}

static void *open_directory(const char *path)
{
    return opendir(path);
}

static void close_directory(void *directory)
{
    closedir(directory);
}

static void add_directory(struct search *search, const char *path)
{
    if (search->conf_count == DIRECTORIES_MAX)
        return;
    for (size_t i = 0; i < search->conf_count; i++)
        if (strcmp(search->conf[i], path) == 0)
            return;
    search->conf = host_realloc(search->conf, search->conf_count + 1, sizeof *search->conf);
    search->conf[search->conf_count++] = host_copy(path);
}

static void include(const struct search *search, struct queue *queue, const char *pattern)
{
    const char *root = search->root ? search->root : "";
    char *full = host_realloc(NULL, 2 * strlen(root) + strlen("/etc/") + strlen(pattern) + 1, 1);
    char *end = full;
    for (const char *byte = root; *byte; *end++ = *byte++)
        if (strchr("*?[\\", *byte))
            *end++ = '\\';
    strcpy(stpcpy(end, *pattern == '/' ? "" : "/etc/"), pattern);
    size_t skip = strlen(root);
    glob_t found = {.gl_opendir = open_directory,
                    .gl_closedir = close_directory,
                    .gl_readdir = look,
                    .gl_lstat = lstat,
                    .gl_stat = stat};
    if (glob(full, GLOB_ALTDIRFUNC, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc && queue->count < FILES_MAX; i++)
            queue->paths[queue->count++] = host_copy(found.gl_pathv[i] + skip);
        globfree(&found);
    }
    free(full);
}

static void read_line(struct search *search, struct queue *queue, char *line)
{
    line[strcspn(line, "#\n\r")] = '\0';
    line += strspn(line, " \t");
    size_t length = strlen(line);
    while (length && strchr(" \t", line[length - 1]))
        line[--length] = '\0';
    if (strncmp(line, "include", 7) == 0 && strchr(" \t", line[7]) && line[7])
        include(search, queue, line + 7 + strspn(line + 7, " \t"));
    else if (*line == '/')
        add_directory(search, line);
}

void conf_read(struct search *search)
{
    struct queue queue = {.paths = {host_copy("/etc/ld.so.conf")}, .count = 1};
    looks = 0;
    for (size_t i = 0; i < queue.count; i++) {
        struct host_bytes bytes;
        char *problem = search_open(search, queue.paths[i], &bytes);
        if (!problem && bytes.size && bytes.size <= CONF_MAX - queue.bytes) {
            queue.bytes += bytes.size;
            char *text = strndup(bytes.bytes, bytes.size);
            if (!text)
                host_out_of_memory();
            char *rest = text, *line;
            while ((line = strsep(&rest, "\n")))
                read_line(search, &queue, line);
            free(text);
        }
        if (!problem)
            host_release(&bytes);
        free(problem);
        free(queue.paths[i]);
    }
}

void conf_read_preload(struct search *search)
{
    struct host_bytes bytes;
    char *problem = search_open(search, "/etc/ld.so.preload", &bytes);
    if (problem) {
        free(problem);
        return;
    }
    char *text = bytes.size && bytes.size <= CONF_MAX ? strndup(bytes.bytes, bytes.size) : NULL;
    host_release(&bytes);
    for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
        line[strcspn(line, "#")] = '\0';
        for (char *name; (name = strsep(&line, " \t\r:"));) {
            if (!*name)
                continue;
            search->preload =
                host_realloc(search->preload, search->preload_count + 1, sizeof *search->preload);
            search->preload[search->preload_count++] = host_copy(name);
        }
    }
    free(text);
}
