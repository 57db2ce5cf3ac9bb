/* SPDX-License-Identifier: BSD-2-Clause */
/* Building a binary policy (<ld/policy.h>) record by record. */
#ifndef HOST_POLICY_BLOB_H
#define HOST_POLICY_BLOB_H

#include <ld/policy.h>

struct policy_table {
    void *records;
    uint32_t count;
    uint32_t capacity;
};

/* Start with all zero. Runs out of memory by ending the process. */
struct policy_blob {
    struct policy_table compartments, libraries, imports, exports, first_dibs, strings;
    void *texts; /* tree of the strings */
};

/* Appends `size` zero bytes to a table as a record of this size; returns it. It moves when the next
 * record is added. */
void *policy_blob_add(struct policy_table *table, size_t size);

/* Offset of `text` in the string table; equal texts share one. */
uint32_t policy_blob_string(struct policy_blob *blob, const char *text);

/* Bytes that the policy has so far. */
size_t policy_blob_size(const struct policy_blob *blob);

/* The finished policy, malloc'ed; `*size` is its length. `source` names the text. */
void *policy_blob_finish(struct policy_blob *blob, const char *source, size_t *size);

void policy_blob_free(struct policy_blob *blob);

#endif
