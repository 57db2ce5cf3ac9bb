/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of the command share: memory that ends the process when it runs out, files,
 * output that appears whole or not at all.
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include "../../host/replace.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Exit statuses of every command. */
enum host_status { HOST_FINE = 0, HOST_NO = 1, HOST_USAGE = 2, HOST_BAD_INPUT = 3 };

_Noreturn void host_out_of_memory(void);
void *host_realloc(void *old, size_t count, size_t size);
char *host_copy(const char *text);
char *host_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
uint32_t host_distance(const char *a, const char *b, uint32_t limit); /* as ld_distance() */

/* A file's bytes, mapped privately or read; page aligned. */
struct host_bytes {
    void *bytes;
    size_t size;
    uint64_t device, inode;
    bool mapped;
};

/* Reads at most `limit` bytes of a regular file into memory; a malloc'ed message on failure. */
char *host_read_file(const char *path, size_t limit, struct host_bytes *result);
/* Maps a regular file for reading. Quiet: NULL is success, else a malloc'ed message. */
char *host_map_file(const char *path, struct host_bytes *result);
void host_release(struct host_bytes *bytes);

/* An output file that replaces `path` only when everything was written. */
struct host_output {
    FILE *stream;
    const char *path; /* NULL: standard output */
    struct replacement replacement;
};
/* `path` NULL or "-": standard output. False (message printed) on failure. */
bool host_output_open(struct host_output *output, const char *path);
bool host_output_close(struct host_output *output, bool keep);

/* "ld-twz: ..." on standard error. */
void host_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
