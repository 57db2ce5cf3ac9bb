/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects: up to 1 GiB of bytes under one ID. An object's pages are either a contiguous part of the
 * boot image (immutable, executable) or frames in a two-level table that fills up on demand (data,
 * never executable). Frames of data objects may be shared copy on write with any object. Kernel
 * state (a context, thread or view) is an object whose few pages the kernel alone writes.
 *
 * A data object lives while a slot shows it or a thread sleeps on it, or while its ID is known
 * (until k_object_delete()) and some context holds a capability for it: without any of this, nobody
 * could ever reach it again.
 */
#ifndef K_OBJECT_H
#define K_OBJECT_H

#include "arch.h"

struct k_capability;
struct k_mapping;
struct k_tie;

enum k_object_kind {
    K_OBJECT_DATA,
    K_OBJECT_IMAGE, /* immutable: bytes that are there from boot */
    K_OBJECT_SYSTEM,
    K_OBJECT_CONTEXT,
    K_OBJECT_THREAD,
    K_OBJECT_VIEW
};

/* A run of image frames: page `first` of the object is `frame`. */
struct k_run {
    uint32_t first, count;
    k_phys frame;
};

#define K_RUNS 4u /* payload, FOT, extensions, metadata */

struct k_object {
    struct twz_id id;
    struct twz_id nonce;
    enum k_object_kind kind;
    bool deleted;          /* its ID is gone; something still refers to it */
    bool doomed;           /* its ID is gone; k_objects_reap() will look at it */
    bool denies;           /* OBJECT_PAGES has taken rights away for some page, once */
    uint8_t permissions;   /* the most that anyone may do with it: of an image object's header */
    uint32_t references;   /* slots that show it, threads that sleep on it */
    struct k_object *next; /* in the table of IDs */
    struct k_capability *capabilities;
    struct k_mapping *mappings;
    struct k_tie *parents, *children; /* tie.h */
    struct k_object *listed;          /* by whoever walks over many objects */
    union {
        struct {
            k_phys table; /* of tables of frames; 0: no page yet */
        } data;
        struct {
            struct k_run runs[K_RUNS];
            uint64_t payload_length;
        } image;
    };
    void *state; /* the context, thread or view; NULL: not one, or it has ended */
};

/* The object of this ID, or NULL. */
struct k_object *k_object_find(struct twz_id id);

/* Makes an ID known. The caller fills in the rest. */
void k_object_add(struct k_object *object);

/* A new data object, or one for kernel state, with page 1, under a fresh ID. NULL: no memory. */
struct k_object *k_object_create(enum k_object_kind kind, void *state);

/* Forgets the ID; the object is freed soon, or when the last reference goes. What is tied to it
 * alone goes as well. */
void k_object_delete(struct k_object *object);

/* What was deleted and is not freed yet. At the end of every system call: frees it, part by part,
 * and at the least what the thread itself deleted, or all. Other threads run in between. */
extern struct k_object *k_doomed;
void k_objects_reap(bool all);

/* Deletes a data object that nobody can reach any more. */
void k_object_collect(struct k_object *object);

/* Something that is counted in object->references refers to it no longer. */
void k_object_release(struct k_object *object);

/* What the object's nature allows at all: only data is written, only code of the image executed. */
static inline uint32_t k_object_rights(const struct k_object *object)
{
    return object->kind == K_OBJECT_IMAGE  ? (uint32_t)(TWZ_READ | TWZ_EXECUTE)
           : object->kind == K_OBJECT_DATA ? (uint32_t)(TWZ_READ | TWZ_WRITE)
                                           : (uint32_t)TWZ_READ;
}

/* Of these, what OBJECT_PAGES has taken away for a page. */
uint32_t k_object_denied(const struct k_object *object, uint32_t page);
/* Whether it has taken one of `rights` away for any of [first, first + count). */
bool k_object_denies(const struct k_object *object, uint32_t first, uint32_t count,
                     uint32_t rights);

/* Leaves `rights` of TWZ_READ and TWZ_WRITE for pages of a data object; with `drop`, makes them
 * zero. TWZ_OK or TWZ_ENOMEM. */
enum twz_error k_object_set_pages(struct k_object *object, uint32_t first, uint32_t count,
                                  uint32_t rights, bool drop);

/* The frame of a page for reading, made of zeros when a data object has none; for writing, copied
 * when it is shared. 0: no memory, or nothing there in an image object or kernel state. */
k_phys k_object_demand(struct k_object *object, uint32_t page, bool write);

/* A page of kernel state, for the kernel to write; made of zeros when there is none. NULL: no
 * memory. */
void *k_object_state_page(struct k_object *object, uint32_t page);

/*
 * Makes pages of a data object copies of pages of another: frames are shared and copied on write.
 * All or nothing. Translations of both ranges are removed. The ranges of one object must not
 * overlap. TWZ_OK or TWZ_ENOMEM.
 */
enum twz_error k_object_copy(struct k_object *target, uint32_t target_page, struct k_object *source,
                             uint32_t source_page, uint32_t count);

void k_object_info(const struct k_object *object, struct twz_object_info *info);

#endif
