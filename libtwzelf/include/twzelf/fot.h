/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes the foreign object table (FOT) and the metadata of a packed object. Asking again for the
 * same target gives the same index, so that any number of pointers to an object share one entry.
 * Nothing is allocated: the builder is one block of about 2.4 MB that the caller provides.
 */
#ifndef TWZELF_FOT_H
#define TWZELF_FOT_H

#include <twzelf/object.h>

#pragma GCC visibility push(default)

#define OBJ_FOT_BUCKETS 131072u /* power of two, twice the entries */

struct obj_fot_builder {
    uint32_t count;         /* entries[0..count), which are indices 1..count */
    uint32_t metadata_size; /* bytes of metadata used */
    struct obj_fot_entry entries[OBJ_FOT_MAX];
    uint16_t buckets[OBJ_FOT_BUCKETS]; /* index of an entry, 0: free; linear probing */
    char metadata[OBJ_METADATA_MAX];
};

/* Makes an empty table. */
void obj_fot_start(struct obj_fot_builder *builder);

/* The index of the entry for this ID; adds it if there is none. OBJ_E_FOT_LENGTH: the table is
 * full. OBJ_E_FOT_ENTRY: the ID is zero. */
__attribute__((warn_unused_result)) enum obj_error obj_fot_id(struct obj_fot_builder *builder,
                                                              struct twz_id id, uint32_t *index);

/* The same for a name that `resolver` (NULL: the default one) resolves when the pointer is
 * dereferenced. OBJ_E_FOT_NAME: a name is empty. OBJ_E_METADATA_LENGTH: no room for it. */
__attribute__((warn_unused_result)) enum obj_error obj_fot_name(struct obj_fot_builder *builder,
                                                                const char *name,
                                                                const char *resolver,
                                                                uint32_t *index);

/* Writes the entries, which grow down from `end`: count * sizeof(struct obj_fot_entry) bytes. */
void obj_fot_write(const struct obj_fot_builder *builder, void *end);

#pragma GCC visibility pop

#endif
