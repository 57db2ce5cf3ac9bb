/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy_files.h"
#include "host.h"
#include "policy_text.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static bool refuse(struct policy_error *error, uint32_t line, uint32_t column, char *message,
                   const char *expected)
{
    error->line = line;
    error->column = column;
    error->message = message;
    error->expected = expected ? host_copy(expected) : NULL;
    return false;
}

static bool refuse_nul(struct policy_error *error, const char *text, const char *nul)
{
    uint32_t line = 1, column = 1;
    for (const char *at = text; at < nul; at++) {
        line += *at == '\n';
        column = *at == '\n' ? 1 : column + 1;
    }
    return refuse(error, line, column, host_copy("a NUL byte: this is no text"), "text");
}

static bool check(struct host_bytes *text, struct policy_scan *scan, struct policy_error *error)
{
    uint32_t line, column;
    const char *nul = text->size ? memchr(text->bytes, '\0', text->size) : NULL;
    if (nul)
        return refuse_nul(error, text->bytes, nul);
    if (!policy_blank_comments(text->bytes, text->size, &line, &column))
        return refuse(error, line, column, host_copy("this comment has no end"), "`*/`");
    return policy_scan(text->bytes, text->size, scan, error);
}

/* A file without comments that can be opened by name. */
static char *make_alias(struct policy_file *file, const struct host_bytes *text)
{
    file->fd = memfd_create("policy", MFD_CLOEXEC);
    if (file->fd < 0 || write(file->fd, text->bytes, text->size) != (ssize_t)text->size)
        return host_copy(strerror(errno));
    file->alias = host_format("/proc/self/fd/%d", file->fd);
    return NULL;
}

static void close_file(struct policy_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    free(file->alias);
    free(file->path);
    policy_scan_free(&file->scan);
}

struct policy_file *policy_files_open(struct policy_files *files, const char *path,
                                      struct policy_error *error)
{
    struct host_bytes text = {0};
    struct policy_file file = {.fd = -1, .scan = {.compartments = &files->compartments}};
    char *problem = files->count == POLICY_FILES_MAX
                        ? host_format("more than %u files", POLICY_FILES_MAX)
                        : host_read_file(path, POLICY_TEXT_MAX, &text);
    bool good = problem ? refuse(error, 0, 0, problem, NULL) : check(&text, &file.scan, error);
    if (good && (problem = make_alias(&file, &text)))
        good = refuse(error, 0, 0, problem, NULL);
    host_release(&text);
    if (!good) {
        error->file = host_copy(path);
        close_file(&file);
        return NULL;
    }
    file.path = host_copy(path);
    files->list = host_realloc(files->list, files->count + 1, sizeof *files->list);
    files->list[files->count] = file;
    return &files->list[files->count++];
}

struct policy_file *policy_files_find(const struct policy_files *files, const char *name)
{
    for (size_t i = files->count; name && i-- > 0;)
        if (strcmp(files->list[i].alias, name) == 0 || strcmp(files->list[i].path, name) == 0)
            return &files->list[i];
    return NULL;
}

void policy_files_close(struct policy_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        close_file(&files->list[i]);
    free(files->list);
    memset(files, 0, sizeof *files);
}
