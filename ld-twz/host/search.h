/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the system's dynamic linker would find a library (ld.so(8), as glibc has it):
 *   1. a name with '/' is a path
 *   2. DT_RPATH of the library that needs it and of those that needed that one, without DT_RUNPATH
 *   3. --library-path, or else LD_LIBRARY_PATH
 *   4. DT_RUNPATH of the library that needs it
 *   5. /etc/ld.so.cache; without one the directories of /etc/ld.so.conf
 *   6. the default directories, unless DF_1_NODEFLIB
 * Programs of the two-slot layout have directories of their own in place of 5 and 6.
 * In each directory glibc-hwcaps/ comes first. Nothing is executed. With a root, every absolute
 * path is below it, symbolic links included.
 */
#ifndef HOST_SEARCH_H
#define HOST_SEARCH_H

#include "host.h"
#include <ld/load.h>

struct search {
    const char *root;         /* or NULL */
    const char *library_path; /* or NULL: LD_LIBRARY_PATH, which a root disables */
    /* Directories in place of the cache and the defaults, for programs that no system directory has
     * libraries for. */
    const char *const *own;
    size_t own_count;
    uint16_t machine; /* EM_*: others are passed over */
    int root_fd;
    struct host_bytes cache;
    bool cache_tried;
    char **conf; /* directories of ld.so.conf, when there is no cache */
    size_t conf_count;
    char **preload; /* of ld.so.preload */
    size_t preload_count;
    struct host_bytes *files; /* kept open for the program */
    size_t file_count;
    size_t tries; /* paths so far */
};

bool search_start(struct search *search); /* false: the root cannot be opened (message printed) */
void search_end(struct search *search);

/* Maps `path` below the root. A malloc'ed message on failure. */
char *search_open(struct search *search, const char *path, struct host_bytes *bytes);

/* struct ld_load's find; `context` is a struct search. */
bool search_find(void *context, struct ld_request *request, struct ld_file *file);

/* cache.c: the path that ld.so.cache has for `name`, best glibc-hwcaps directory first; NULL. The
 * result lies in the cache. */
const char *cache_find(const struct host_bytes *cache, const char *name, uint16_t machine);
/* glibc-hwcaps levels of this processor, best first; ends with NULL. */
const char *const *cache_levels(uint16_t machine);

/* conf.c: reads ld.so.conf and what it includes. */
void conf_read(struct search *search);
/* Reads ld.so.preload: libraries that the system's linker loads into every program. */
void conf_read_preload(struct search *search);

#endif
