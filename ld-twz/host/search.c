/* SPDX-License-Identifier: BSD-2-Clause */
#include "search.h"
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <ld/program.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILES_MAX 8192u
#define TRIES_MAX 100000u /* paths, in one run: lists of directories have any length */
#define TOO_MANY  "more than 100,000 paths were tried"

static const char *multiarch(uint16_t machine)
{
    return machine == EM_AARCH64 ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
}

bool search_start(struct search *search)
{
    search->root_fd = -1;
    if (search->root) {
        search->root_fd = open(search->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (search->root_fd < 0) {
            host_complain("--root %s: %s", search->root, strerror(errno));
            return false;
        }
    } else if (!search->library_path) {
        search->library_path = getenv("LD_LIBRARY_PATH");
    }
    return true;
}

void search_end(struct search *search)
{
    for (size_t i = 0; i < search->file_count; i++)
        host_release(&search->files[i]);
    for (size_t i = 0; i < search->conf_count; i++)
        free(search->conf[i]);
    for (size_t i = 0; i < search->preload_count; i++)
        free(search->preload[i]);
    free(search->files);
    free(search->conf);
    free(search->preload);
    host_release(&search->cache);
    if (search->root_fd >= 0)
        close(search->root_fd);
}

char *search_open(struct search *search, const char *path, struct host_bytes *bytes)
{
    if (search->root_fd < 0)
        return host_map_file(path, bytes);
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                           .resolve = RESOLVE_IN_ROOT};
    long fd = syscall(SYS_openat2, search->root_fd, path, &how, sizeof how);
    memset(bytes, 0, sizeof *bytes);
    if (fd < 0)
        return host_copy(strerror(errno));
    char *name = host_format("/proc/self/fd/%ld", fd);
    char *problem = host_map_file(name, bytes);
    free(name);
    close((int)fd);
    return problem;
}

/* Whether the linker would take the file: ELF, 64 bits, this machine. NULL: yes. */
static const char *unsuitable(const struct host_bytes *bytes, uint16_t machine)
{
    const unsigned char *head = bytes->bytes;
    if (bytes->size < sizeof(Elf64_Ehdr) || memcmp(head, ELFMAG, SELFMAG) != 0)
        return "no ELF file";
    if (head[EI_CLASS] != ELFCLASS64 || head[EI_DATA] != ELFDATA2LSB ||
        (head[18] | head[19] << 8) != machine)
        return "for another machine";
    return NULL;
}

/* Whether one more path may be tried; what is not any more is told once for each library. */
static bool may_try(struct search *search, struct ld_request *request)
{
    if (search->tries < TRIES_MAX) {
        search->tries++;
        return true;
    }
    if (!request->last_place || strcmp(request->last_place->origin, TOO_MANY) != 0)
        ld_place_tried(request, request->name, TOO_MANY, "not tried");
    return false;
}

/* Tries one path; true when it is what the linker would load. */
static bool try_path(struct search *search, struct ld_request *request, const char *path,
                     const char *origin, struct ld_file *file)
{
    struct host_bytes bytes;
    if (!may_try(search, request))
        return false;
    char *problem = search_open(search, path, &bytes);
    if (problem) {
        ld_place_tried(request, path, origin, problem);
        free(problem);
        return false;
    }
    const char *reason = unsuitable(&bytes, search->machine);
    if (reason || search->file_count == FILES_MAX) {
        ld_place_tried(request, path, origin, reason ? reason : "too many files");
        host_release(&bytes);
        return false;
    }
    ld_place_tried(request, path, origin, "found");
    search->files = host_realloc(search->files, search->file_count + 1, sizeof *search->files);
    search->files[search->file_count++] = bytes;
    const char *kept = ld_program_copy(request->program, path);
    if (!kept)
        host_out_of_memory();
    *file = (struct ld_file){.bytes = bytes.bytes,
                             .size = bytes.size,
                             .path = kept,
                             .identity = {bytes.device, bytes.inode}};
    return true;
}

/* One directory, its glibc-hwcaps first. */
static bool try_directory(struct search *search, struct ld_request *request, const char *directory,
                          const char *origin, struct ld_file *file)
{
    const char *slash = *directory && directory[strlen(directory) - 1] == '/' ? "" : "/";
    bool found = false;
    char *capable = host_format("%s%sglibc-hwcaps", directory, slash);
    struct stat status;
    if (search->tries < TRIES_MAX && (search->root_fd >= 0 || stat(capable, &status) == 0))
        for (const char *const *level = cache_levels(search->machine); *level && !found; level++) {
            char *path = host_format("%s/%s/%s", capable, *level, request->name);
            struct host_bytes bytes;
            char *problem = search_open(search, path, &bytes);
            if (!problem) {
                host_release(&bytes);
                found = try_path(search, request, path, origin, file);
            }
            free(problem);
            free(path);
        }
    free(capable);
    if (!found) {
        char *path = host_format("%s%s%s", directory, slash, request->name);
        found = try_path(search, request, path, origin, file);
        free(path);
    }
    return found;
}

/* The name behind a $ that one of `names` stands for, as NAME or {NAME}: its number, and the bytes
 * that it takes; or LD_NONE. */
static uint32_t find_name(const char *text, size_t length, size_t *taken)
{
    static const char *const names[] = {"ORIGIN", "LIB", "PLATFORM"};
    bool braces = length && *text == '{';
    for (uint32_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t size = strlen(names[i]);
        if (length >= size + 2 * braces && strncmp(text + braces, names[i], size) == 0 &&
            (!braces || text[1 + size] == '}')) {
            *taken = size + 2 * braces;
            return i;
        }
    }
    return LD_NONE;
}

static void put_origin(FILE *stream, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        fputc('.', stream);
    else
        fwrite(path, 1, (size_t)(slash - path), stream);
}

/* Replaces $ORIGIN, $LIB, $PLATFORM and their ${} forms; malloc'ed. */
static char *expand(const struct search *search, const char *text, size_t length,
                    const char *origin_path)
{
    char *result = NULL;
    size_t size, taken;
    FILE *stream = memchr(text, '$', length) ? open_memstream(&result, &size) : NULL;
    if (!stream) {
        result = strndup(text, length);
        if (!result)
            host_out_of_memory();
        return result;
    }
    for (size_t i = 0; i < length; i++) {
        uint32_t name = text[i] == '$' ? find_name(text + i + 1, length - i - 1, &taken) : LD_NONE;
        if (name == 0)
            put_origin(stream, origin_path);
        else if (name == 1)
            fprintf(stream, "lib/%s", multiarch(search->machine));
        else if (name == 2)
            fputs(search->machine == EM_AARCH64 ? "aarch64" : "x86_64", stream);
        else
            fputc(text[i], stream);
        if (name != LD_NONE)
            i += taken;
    }
    if (fclose(stream) != 0)
        host_out_of_memory();
    return result;
}

/* A list of directories, separated by any of `separators`. An empty entry is the current one. */
static bool try_list(struct search *search, struct ld_request *request, const char *list,
                     const char *separators, const char *origin_path, const char *origin,
                     struct ld_file *file)
{
    bool found = false;
    while (list && !found && search->tries < TRIES_MAX) {
        size_t length = strcspn(list, separators);
        search->tries += length / PATH_MAX; /* is no path, but has to be read */
        if (length < PATH_MAX) {
            char *directory = length ? expand(search, list, length, origin_path) : host_copy(".");
            found = try_directory(search, request, directory, origin, file);
            free(directory);
        }
        list = list[length] ? list + length + 1 : NULL;
    }
    return found;
}

/* Absolute, so that $ORIGIN means something. */
static char *origin_of(const struct search *search, const struct ld_instance *instance)
{
    char *real = search->root ? NULL : realpath(instance->path, NULL);
    return real ? real : host_copy(instance->path);
}

static bool try_paths_of(struct search *search, struct ld_request *request,
                         const struct ld_instance *instance, bool runpath, struct ld_file *file)
{
    const char *list = runpath ? ld_instance_runpath(instance) : ld_instance_rpath(instance);
    if (!list || !*list)
        return false;
    char *path = origin_of(search, instance);
    char *origin = host_format("%s of %s", runpath ? "DT_RUNPATH" : "DT_RPATH", instance->name);
    bool found = try_list(search, request, list, ":", path, origin, file);
    free(origin);
    free(path);
    return found;
}

/* DT_RPATH of the loader, of its loader and so on, then of the program. */
static bool try_rpaths(struct search *search, struct ld_request *request, struct ld_file *file)
{
    const struct ld_instance *loader = request->needed_by, *last = NULL;
    if (!loader || ld_instance_runpath(loader))
        return false;
    for (unsigned depth = 0; loader && depth < LD_INSTANCES_MAX; depth++) {
        if (try_paths_of(search, request, loader, false, file))
            return true;
        last = loader;
        loader = ld_instance_parent(request->program, loader);
    }
    const struct ld_instance *program = request->program->instances[0];
    return last != program && try_paths_of(search, request, program, false, file);
}

static bool try_cache(struct search *search, struct ld_request *request, struct ld_file *file)
{
    if (!search->cache_tried) {
        search->cache_tried = true;
        char *problem = search_open(search, "/etc/ld.so.cache", &search->cache);
        if (problem)
            conf_read(search);
        free(problem);
    }
    if (search->cache.size) {
        const char *path = cache_find(&search->cache, request->name, search->machine);
        if (!path)
            ld_place_tried(request, "/etc/ld.so.cache", "cache", "no entry");
        return path && try_path(search, request, path, "/etc/ld.so.cache", file);
    }
    bool found = false;
    for (size_t i = 0; i < search->conf_count && !found; i++)
        found = try_directory(search, request, search->conf[i], "/etc/ld.so.conf", file);
    return found;
}

static bool try_defaults(struct search *search, struct ld_request *request, struct ld_file *file)
{
    static const char *const formats[] = {"/lib/%s",    "/usr/lib/%s", "/lib64",
                                          "/usr/lib64", "/lib",        "/usr/lib"};
    bool found = false;
    for (size_t i = 0; i < sizeof formats / sizeof *formats && !found; i++) {
        char *directory =
            i < 2 ? host_format(i ? "/usr/lib/%s" : "/lib/%s", multiarch(search->machine))
                  : host_copy(formats[i]);
        found = try_directory(search, request, directory, "default directory", file);
        free(directory);
    }
    return found;
}

bool search_find(void *context, struct ld_request *request, struct ld_file *file)
{
    struct search *search = context;
    const struct ld_instance *needed_by = request->needed_by;
    const char *interpreter = request->program->instance_count
                                  ? ld_instance_interpreter(request->program->instances[0])
                                  : NULL;
    if (!*request->name)
        return false;
    if (strlen(request->name) >= PATH_MAX) {
        ld_place_tried(request, "", "a name", strerror(ENAMETOOLONG));
        return false;
    }
    if (interpreter && !strchr(request->name, '/')) {
        const char *slash = strrchr(interpreter, '/');
        if (slash && strcmp(slash + 1, request->name) == 0 &&
            try_path(search, request, interpreter, "the program's interpreter", file))
            return true;
    }
    if (strchr(request->name, '/')) {
        char *origin = needed_by ? origin_of(search, needed_by) : host_copy("");
        char *path = expand(search, request->name, strlen(request->name), origin);
        bool found = try_path(search, request, path, "a path", file);
        free(path);
        free(origin);
        return found;
    }
    const char *library_path = search->library_path;
    const char *label = "--library-path or LD_LIBRARY_PATH";
    bool plain = !search->own_count && (!needed_by || !ld_instance_no_default_paths(needed_by));
    bool found =
        try_rpaths(search, request, file) ||
        (library_path && *library_path &&
         try_list(search, request, library_path, ":;", request->program->instances[0]->path, label,
                  file)) ||
        (needed_by && try_paths_of(search, request, needed_by, true, file)) ||
        (plain && (try_cache(search, request, file) || try_defaults(search, request, file)));
    for (size_t i = 0; i < search->own_count && !found; i++)
        found = try_directory(search, request, search->own[i],
                              i ? "installed with ld-twz" : "beside the program", file);
    return found;
}
