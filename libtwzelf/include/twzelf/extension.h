/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists of extensions (<twzelf/object.h>), wherever they stand: in a packed object, or at the end
 * of an object in memory, where anybody who may write it can have left anything. Internal: what
 * packed objects need of it is in <twzelf/object.h>, what programs need in <twz/extension.h>.
 */
#ifndef TWZELF_EXTENSION_H
#define TWZELF_EXTENSION_H

#include <twzelf/object.h>

#define OBJ_EXTENSION_PAGES    (OBJ_EXTENSION_MAX * sizeof(struct obj_extension) / TWZ_PAGE_SIZE)
#define OBJ_EXTENSION_PER_PAGE (TWZ_PAGE_SIZE / sizeof(struct obj_extension))

/* Whether a list is what it has to be: sorted, each tag once, every table an aligned array of
 * functions between TWZ_OBJECT_BASE and `end`. The place in *diag is from the first entry. */
__attribute__((warn_unused_result)) enum obj_error
obj_extensions_check(const struct obj_extension *entries, uint32_t count, uint64_t end,
                     struct obj_diag *diag);

/* The first of a sorted list that does not sort before `tag`; `count` if there is none. */
uint32_t obj_extensions_place(const struct obj_extension *entries, uint32_t count,
                              struct twz_id tag);

/* The one with this tag, or NULL. */
const struct obj_extension *obj_extensions_find(const struct obj_extension *entries, uint32_t count,
                                                struct twz_id tag);

/* In memory the list has no length: it ends with zeros, and it has begun where the page below is
 * not one of its pages. Those begin with an entry; no entry of a foreign object table, and nothing
 * that is zero, can be taken for one. */
bool obj_extensions_begin(const struct obj_extension *first_of_page);

/* The pages of an object of `length` bytes that its list can be in: from the result up to the
 * metadata's. */
static inline uint32_t obj_extensions_low(uint64_t length)
{
    uint64_t behind = 1 + obj_page_up(length) / TWZ_PAGE_SIZE;
    uint64_t low = OBJ_METADATA_OFFSET / TWZ_PAGE_SIZE - OBJ_EXTENSION_PAGES;
    return (uint32_t)(behind > low ? behind : low);
}

/* How many of `room` entries there are before the zeros; OBJ_E_PADDING: something follows these. */
__attribute__((warn_unused_result)) enum obj_error
obj_extensions_count(const struct obj_extension *entries, uint32_t room, uint32_t *count);

#endif
