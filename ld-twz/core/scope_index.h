/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One index of name hashes over the whole scope of a compartment: which symbols may have a name
 * with that hash, in scope order. A lookup then costs the same whatever the number of libraries.
 * Built from the chains of DT_GNU_HASH, which hold the hashes, so that no name is touched.
 * Libraries without that table are asked each time, and so are all of a program that asks for
 * little.
 */
#ifndef LD_SCOPE_INDEX_H
#define LD_SCOPE_INDEX_H

#include <ld/program.h>
#include <twzelf/hash.h>

struct ld_index;

struct ld_index_cursor {
    uint32_t next; /* entry, or LD_NONE */
    uint32_t hash;
    uint32_t rest;                   /* position in `always` */
    uint32_t links;                  /* entries that were looked at */
    const struct twz_elf_want *want; /* whose patience bounds them */
};

struct ld_candidate {
    uint32_t instance;
    uint32_t symbol; /* of the instance, ascending; LD_NONE: ask the instance */
};

/* NULL without memory. */
struct ld_index *ld_index_make(const struct ld_program *program,
                               const struct ld_compartment *compartment);

/* Says that `hash` will be asked for soon, and then, a little later, again. */
void ld_index_expect(const struct ld_index *index, uint32_t hash);
void ld_index_expect_entry(const struct ld_index *index, uint32_t hash);

/* Iterates over the symbols that may have GNU hash `hash`, in scope order, as long as `want` has
 * patience. */
void ld_index_start(const struct ld_index *index, uint32_t hash, const struct twz_elf_want *want,
                    struct ld_index_cursor *cursor);
bool ld_index_next(const struct ld_index *index, struct ld_index_cursor *cursor,
                   struct ld_candidate *candidate);

#endif
