/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contexts: the rights that a thread runs with. A context holds capabilities on objects, masks that
 * restrict them, the gates that it may call, and one root per view (view.h) that is a cache of
 * these rights: everything in it was put there by k_root_fault(), and everything that takes a right
 * away clears it.
 */
#ifndef K_CONTEXT_H
#define K_CONTEXT_H

#include "arch.h"
#include "object.h"
#include "view.h"

#define K_CONTEXTS_MAX 4096u
#define K_BUCKETS      512u /* one frame of pointers */
#define K_LIMITS_PER   512u

/* What a context holds on an object. It stays while it says something: rights, or a mask. */
struct k_capability {
    struct k_object *object;
    struct k_context *context;
    uint32_t rights;
    uint8_t mask;                  /* of these, what is left: TWZ_RIGHTS_ALL if none was set */
    uint8_t override;              /* of the global mask, what does not apply */
    uint32_t gates_low, gates_end; /* offsets where gates may enter the object in this context */
    struct k_capability *next_in_context; /* same bucket */
    struct k_capability *next_of_object;
};

struct k_context {
    struct k_root root;   /* in its own view */
    struct k_root *roots; /* in every view, this one included */
    enum twz_context_status status;
    uint32_t index;                     /* small number, free again after the context is deleted */
    uint64_t gates[TWZ_GATES_MAX / 64]; /* bit n: may call gate n */
    uint32_t mask;                      /* the global mask */
    uint32_t overlays;                  /* of its activations: overlay.h */
    bool hurries_nobody;                /* TWZ_LIMIT_DEADLINES */
    uint64_t *limits[TWZ_GATES_MAX / K_LIMITS_PER]; /* nanoseconds per call of a gate; deadline.h */
    struct k_object *object;
    struct twz_context_state *state; /* page 1 of the object */
    struct k_capability **buckets;   /* by object */
};

/* The first context: upcalls go there, and it is not preempted. NULL before boot made it. */
extern struct k_context *k_monitor;

struct k_context *k_context_create(struct k_view *view); /* NULL: no memory, or too many */

/* Deletes it. No thread may be in it or return to it; gates into it are dead from now on. What it
 * holds goes with its object, part by part: true: all is gone, the context as well. */
void k_context_delete(struct k_context *context);
bool k_context_empty(struct k_context *context);

/* Adds rights to what the context has on the object. TWZ_OK, TWZ_ENOMEM or TWZ_ELIMIT. */
enum twz_error k_context_grant(struct k_context *context, struct k_object *object, uint32_t rights);
/* Takes the capability away; a mask stays. The object may be gone then: k_object_collect(). */
void k_context_revoke(struct k_context *context, struct k_object *object);
/* Removes all that a context holds on an object. Does not collect. */
void k_capability_discard(struct k_capability *capability);

/* Sets the mask and the override of the object in the context; it need not hold a capability.
 * TWZ_OK, TWZ_ENOMEM or TWZ_ELIMIT. */
enum twz_error k_context_mask(struct k_context *context, struct k_object *object, uint32_t mask,
                              uint32_t override);
void k_context_mask_all(struct k_context *context, uint32_t mask);

/* Narrows where gates may enter the object in this context to offsets [low, end). Gates that are
 * published elsewhere are dead from now on. TWZ_OK, or TWZ_ENOENT without a capability. */
enum twz_error k_context_limit_gates(struct k_context *context, struct k_object *object,
                                     uint64_t low, uint64_t end);
bool k_context_admits_gate(const struct k_context *context, uint64_t entry);

/* The capability and masks of the context on the object; NULL: neither. */
struct k_capability *k_context_capability(const struct k_context *context,
                                          const struct k_object *object);

/*
 * What the context may do with the object, whatever its nature:
 *     capability  &  the object's mask  &  (the global mask | the object's override)
 *                 &  the object's default permissions
 * and 0 without a capability. All that is asked of a context goes through here.
 */
uint32_t k_context_rights(const struct k_context *context, const struct k_object *object);
static inline bool k_context_may_call(const struct k_context *context, uint32_t gate)
{
    return context->gates[gate / 64] >> gate % 64 & 1;
}
static inline bool k_context_may(const struct k_context *context, const struct k_object *object,
                                 uint32_t rights)
{
    return (k_context_rights(context, object) & rights) == rights;
}

/* Whether it may write the object, and no other context but the monitor's may do anything with it:
 * what it does to the pages as such concerns nobody else. */
bool k_context_owns(const struct k_context *context, const struct k_object *object);

/*
 * THE formula: what the context may do at an address is
 *     k_context_rights() on the slot's object  &  the slot's range  &  what its nature allows
 *                                              &  what OBJECT_PAGES left of the page
 * and nothing without TWZ_READ, because x86 pages that can be written or executed can be read.
 * `rule` (if not NULL) says why `access` is not among it, else TWZ_RULE_NONE.
 */
uint32_t k_root_rights(const struct k_root *root, uint64_t address, uint32_t access,
                       enum twz_rule *rule);
static inline bool k_root_may(const struct k_root *root, uint64_t address, uint32_t access)
{
    enum twz_rule rule;
    k_root_rights(root, address, access, &rule);
    return rule == TWZ_RULE_NONE;
}
/* The ranges that hold for a context. */
const struct k_ranges *k_root_ranges(const struct k_root *root, const struct k_mapping *mapping);

/* A page fault. TWZ_RULE_NONE: resolved, the instruction can be done again. */
enum twz_rule k_root_fault(struct k_root *root, uint64_t address, uint32_t access);

/*
 * Copies between the memory of two contexts, each with its own rights; a root of NULL stands for
 * the kernel's. With `patient`, lets other threads run between pages. TWZ_OK, TWZ_EFAULT or
 * TWZ_ENOMEM; earlier bytes may be copied. The kernel reaches no user memory in another way.
 */
enum twz_error k_root_copy(struct k_root *to_root, uint64_t to, struct k_root *from_root,
                           uint64_t from, uint64_t length, bool patient);

/* Writes kernel bytes to a context's memory, with its rights. False: it may not. */
bool k_root_write(struct k_root *root, uint64_t to, const void *from, size_t length);

/* Between kernel memory and that of the active context. False: some byte cannot be reached; earlier
 * ones may be copied. */
__attribute__((warn_unused_result)) bool k_copy_from_user(void *to, uint64_t from, size_t length);
__attribute__((warn_unused_result)) bool k_copy_to_user(uint64_t to, const void *from,
                                                        size_t length);

#endif
