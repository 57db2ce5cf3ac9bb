/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runtime ABI, descriptors: small numbers that are bound to files, directories, pipes and the
 * console. Files are the compartment's own: in memory, and below the names of the image. 0, 1 and 2
 * are the console from the start. <twz/rt/io.h> reads and writes.
 *
 * Failures are codes of category TWZ_RT_FILES, whose number is Linux's errno.
 */
#ifndef TWZ_RT_FD_H
#define TWZ_RT_FD_H

#include <twz/rt/error.h>

enum twz_rt_open_flags {
    TWZ_RT_OPEN_READ = 1u << 0,
    TWZ_RT_OPEN_WRITE = 1u << 1,
    TWZ_RT_OPEN_CREATE = 1u << 2,    /* if there is none */
    TWZ_RT_OPEN_NEW = 1u << 3,       /* with CREATE: there must be none */
    TWZ_RT_OPEN_TRUNCATE = 1u << 4,  /* to nothing */
    TWZ_RT_OPEN_APPEND = 1u << 5,    /* every write goes to the end */
    TWZ_RT_OPEN_DIRECTORY = 1u << 6, /* it must be one */
    TWZ_RT_OPEN_NOWAIT = 1u << 7     /* reading and writing never wait */
};

/* The lowest free descriptor, bound to what `path` names. */
TWZ_RT_API int64_t twz_rt_fd_open(const char *path, uint32_t flags);
TWZ_RT_API int64_t twz_rt_fd_close(int32_t fd);
/* Another descriptor for the same, with the same position: the lowest free one, or `as` in place of
 * what that was bound to (-1: any). Returns it. */
TWZ_RT_API int64_t twz_rt_fd_duplicate(int32_t fd, int32_t as);
/* ends[0] reads what was written to ends[1]. */
TWZ_RT_API int64_t twz_rt_fd_pipe(int32_t ends[2]);

enum twz_rt_whence { TWZ_RT_FROM_START = 0, TWZ_RT_FROM_HERE = 1, TWZ_RT_FROM_END = 2 };

/* Moves the position; returns it, counted from the start. */
TWZ_RT_API int64_t twz_rt_fd_seek(int32_t fd, int64_t offset, uint32_t whence);
TWZ_RT_API int64_t twz_rt_fd_resize(int32_t fd, uint64_t size);

enum twz_rt_file_kind {
    TWZ_RT_FILE_REGULAR = 0,
    TWZ_RT_FILE_DIRECTORY = 1,
    TWZ_RT_FILE_LINK = 2, /* symbolic */
    TWZ_RT_FILE_PIPE = 3,
    TWZ_RT_FILE_DEVICE = 4 /* the console */
};

struct twz_rt_file_info {
    uint32_t kind;   /* enum twz_rt_file_kind */
    uint32_t mode;   /* the permission bits of Unix */
    uint64_t size;   /* bytes */
    uint64_t number; /* of the file, in this compartment */
    uint64_t links;
    int64_t accessed, modified, changed; /* nanoseconds since 1970 */
};
_Static_assert(sizeof(struct twz_rt_file_info) == 56, "ABI");

TWZ_RT_API int64_t twz_rt_fd_info(int32_t fd, struct twz_rt_file_info *info);

struct twz_rt_file_entry {
    uint64_t number;
    uint32_t kind; /* enum twz_rt_file_kind */
    char name[256];
};

/* The next entry of a directory. Returns 1, or 0 when there are no more. */
TWZ_RT_API int64_t twz_rt_fd_next(int32_t fd, struct twz_rt_file_entry *entry);

/* Names of files. */
TWZ_RT_API int64_t twz_rt_file_info(const char *path, struct twz_rt_file_info *info);
TWZ_RT_API int64_t twz_rt_file_directory(const char *path);
TWZ_RT_API int64_t twz_rt_file_rename(const char *from, const char *to);
/* A file, or a directory that is empty. */
TWZ_RT_API int64_t twz_rt_file_remove(const char *path);

#endif
