/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy_blob.h"
#include "host.h"
#include <search.h>
#include <stdlib.h>
#include <string.h>

void *policy_blob_add(struct policy_table *table, size_t size)
{
    if (table->count == table->capacity) {
        table->capacity = table->capacity ? 2 * table->capacity : 32;
        table->records = host_realloc(table->records, table->capacity, size);
    }
    unsigned char *record = (unsigned char *)table->records + table->count++ * size;
    memset(record, 0, size);
    return record;
}

struct text {
    uint32_t offset;
    char bytes[];
};

static int compare(const void *a, const void *b)
{
    const struct text *one = a, *other = b;
    return strcmp(one->bytes, other->bytes);
}

uint32_t policy_blob_string(struct policy_blob *blob, const char *text)
{
    struct policy_table *strings = &blob->strings;
    if (!strings->count)
        policy_blob_add(strings, 1); /* offset 0 is "" */
    if (!*text)
        return 0;
    size_t size = strlen(text) + 1;
    struct text *fresh = host_realloc(NULL, sizeof *fresh + size, 1);
    fresh->offset = strings->count;
    memcpy(fresh->bytes, text, size);
    struct text **known = tsearch(fresh, &blob->texts, compare);
    if (!known)
        host_out_of_memory();
    uint32_t at = (*known)->offset;
    if (*known != fresh)
        free(fresh);
    else
        while (size--)
            *(char *)policy_blob_add(strings, 1) = *text++;
    return at;
}

size_t policy_blob_size(const struct policy_blob *blob)
{
    return sizeof(struct ld_policy_header) +
           blob->compartments.count * sizeof(struct ld_policy_compartment) +
           blob->libraries.count * sizeof(struct ld_policy_library) +
           blob->imports.count * sizeof(struct ld_policy_import) +
           blob->exports.count * sizeof(struct ld_policy_export) +
           blob->first_dibs.count * sizeof(struct ld_policy_library) + blob->strings.count;
}

static void place(struct ld_policy_run *run, unsigned char *bytes, size_t *at,
                  const struct policy_table *table, size_t size)
{
    run->first = (uint32_t)*at;
    run->count = table->count;
    if (table->count)
        memcpy(bytes + *at, table->records, table->count * size);
    *at += table->count * size;
}

void *policy_blob_finish(struct policy_blob *blob, const char *source, size_t *size)
{
    struct ld_policy_header header = {.version = LD_POLICY_VERSION};
    memcpy(header.magic, LD_POLICY_MAGIC, sizeof header.magic);
    header.source = policy_blob_string(blob, source);
    size_t total = policy_blob_size(blob);
    unsigned char *bytes = host_realloc(NULL, total, 1);
    size_t at = sizeof header;
    place(&header.compartments, bytes, &at, &blob->compartments,
          sizeof(struct ld_policy_compartment));
    place(&header.libraries, bytes, &at, &blob->libraries, sizeof(struct ld_policy_library));
    place(&header.imports, bytes, &at, &blob->imports, sizeof(struct ld_policy_import));
    place(&header.exports, bytes, &at, &blob->exports, sizeof(struct ld_policy_export));
    place(&header.first_dibs, bytes, &at, &blob->first_dibs, sizeof(struct ld_policy_library));
    place(&header.strings, bytes, &at, &blob->strings, 1);
    header.size = (uint32_t)total;
    memcpy(bytes, &header, sizeof header);
    *size = total;
    return bytes;
}

void policy_blob_free(struct policy_blob *blob)
{
    free(blob->compartments.records);
    free(blob->libraries.records);
    free(blob->imports.records);
    free(blob->exports.records);
    free(blob->first_dibs.records);
    free(blob->strings.records);
    tdestroy(blob->texts, free);
    memset(blob, 0, sizeof *blob);
}
