/* SPDX-License-Identifier: BSD-2-Clause */
/* The files that a policy consists of: read once, without comments, their grammar checked. */
#ifndef HOST_POLICY_FILES_H
#define HOST_POLICY_FILES_H

#include "policy_scan.h"

#define POLICY_FILES_MAX 64u

struct policy_file {
    int fd;
    char *alias; /* of the text without comments, as libconfuse opens it */
    char *path;  /* as people know it */
    struct policy_scan scan;
};

struct policy_files {
    struct policy_file *list;
    size_t count;
    unsigned compartments; /* that there may still be */
};

/* Reads `path`. NULL: *error says why, and where. Pointers into the list hold until the next call.
 */
struct policy_file *policy_files_open(struct policy_files *files, const char *path,
                                      struct policy_error *error);
/* The file with this alias or path, or NULL. */
struct policy_file *policy_files_find(const struct policy_files *files, const char *name);
void policy_files_close(struct policy_files *files);

#endif
