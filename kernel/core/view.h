/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A view says which object is in which slot, and with which rights at most, page by page. Every
 * context has a view of its own, in which its gates are entered; a thread may become another view
 * for a while. For each context that uses a view there is a root: page tables that fill up when
 * slots are touched, and that are no more than a cache. Whoever changes a slot removes the
 * translations from all roots of the view.
 */
#ifndef K_VIEW_H
#define K_VIEW_H

#include "object.h"
#include <twz/sys/state.h>

struct k_context;

struct k_ranges {
    uint32_t count;
    struct twz_range list[TWZ_RANGES_MAX];
};

/* One slot of a view. */
struct k_mapping {
    struct k_object *object;
    struct k_view *view;
    struct k_mapping *next; /* of the same object */
    uint32_t slot;
    struct k_ranges ranges;
    /* As those left them who may change the view: what the monitor goes by, so that it never finds
     * less than it mapped. Others can narrow their own slots under its feet. */
    struct k_ranges given;
};

/* Slots that can be used: the last one stays empty, so that no user address is next to the hole of
 * non-canonical addresses (see arch/x86_64/entry.S). */
#define K_SLOTS (TWZ_SLOT_COUNT - 1)

#define K_VIEW_LEAVES 256u
#define K_VIEW_LEAF   (TWZ_SLOT_COUNT / K_VIEW_LEAVES) /* slots of a leaf: one frame of pointers */

struct k_view {
    struct k_object *object;
    struct twz_view_state *state; /* page 1 of the object */
    struct k_root *roots;
    uint64_t stubs; /* address of the first stub; 0: they are in no slot */
    struct k_mapping **leaves[K_VIEW_LEAVES];
};

/* Where TWZ_STUB_RETURN is mapped in the view; 0: the stubs are in no slot. */
static inline uint64_t k_view_return_address(const struct k_view *view)
{
    return view->stubs == 0 ? 0 : view->stubs + TWZ_STUB_RETURN - TWZ_OBJECT_BASE;
}

/* A view as a context sees it. */
struct k_root {
    struct k_space space;
    struct k_view *view;
    struct k_context *context;
    struct k_root *next_of_view, *next_of_context;
    uint32_t users; /* becomes that have not returned */
};

/* An empty view, or one with the same slots as another. NULL: no memory. */
struct k_view *k_view_create(void);
struct k_view *k_view_copy(const struct k_view *source);

/* Whether a context is at home in it, or a thread has become it. If not, it can be deleted. */
bool k_view_is_used(const struct k_view *view);
void k_view_delete(struct k_view *view);

/* The root of a view for a context; made when there is none, then NULL: no memory. */
struct k_root *k_root_at(struct k_view *view, struct k_context *context);
/* Of a context's own root, which is part of the context. False: no memory. */
bool k_root_init(struct k_root *root, struct k_view *view, struct k_context *context);
void k_root_destroy(struct k_root *root);

struct k_mapping *k_view_at(const struct k_view *view, uint32_t slot); /* NULL: empty */
static inline struct k_mapping *k_view_at_address(const struct k_view *view, uint64_t address)
{
    return address / TWZ_SLOT_SIZE >= K_SLOTS
               ? NULL
               : k_view_at(view, (uint32_t)(address / TWZ_SLOT_SIZE));
}

/* Puts an object into an empty slot. The ranges are checked: TWZ_EINVAL, TWZ_EEXIST, TWZ_ENOMEM. */
enum twz_error k_view_map(struct k_view *view, uint32_t slot, struct k_object *object,
                          const struct twz_range *ranges, uint32_t count);
enum twz_error k_view_unmap(struct k_view *view, uint32_t slot);
/* Puts an object into a slot in place of what may be there. On an error the slot is as it was. */
enum twz_error k_view_replace(struct k_view *view, uint32_t slot, struct k_object *object,
                              const struct twz_range *ranges, uint32_t count);

/* Takes rights away from pages [first, first + count): what is left is the old & keep; of the
 * monitor as well, when `given`. TWZ_ELIMIT when the slot would need more than TWZ_RANGES_MAX
 * ranges; nothing is changed then. */
enum twz_error k_mapping_narrow(struct k_mapping *mapping, uint32_t first, uint32_t count,
                                uint32_t keep, bool given);

/* The rights of a page; 0: in no range. */
uint32_t k_ranges_rights(const struct k_ranges *ranges, uint32_t page);
/* How many pages from `page` on are in the same range; 0: it is in none. */
uint64_t k_ranges_left(const struct k_ranges *ranges, uint32_t page);

/* Removes the translations of an object's pages in every slot and context, before it returns. */
void k_object_flush(const struct k_object *object, uint32_t first, uint32_t count);

#endif
