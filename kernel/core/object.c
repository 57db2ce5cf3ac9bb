/* SPDX-License-Identifier: BSD-2-Clause */
#include "object.h"
#include "alloc.h"
#include "frame.h"
#include "log.h"
#include "thread.h"
#include "tie.h"
#include "view.h"
#include <string.h>
#include <twzelf/object.h>

#define BUCKETS   4096u
#define ENTRIES   512u /* of a table: one frame of physical addresses */
#define REAP_MORE 4u   /* parts of what others deleted that a system call frees */
_Static_assert(ENTRIES *ENTRIES == TWZ_OBJECT_PAGES, "two levels hold an object");

static struct k_object *buckets[BUCKETS];

static struct k_object **bucket_of(struct twz_id id)
{
    return &buckets[(id.hi ^ id.lo) % BUCKETS];
}

struct k_object *k_object_find(struct twz_id id)
{
    struct k_object *object = *bucket_of(id);
    while (object != NULL && (object->id.hi != id.hi || object->id.lo != id.lo))
        object = object->next;
    return object;
}

void k_object_add(struct k_object *object)
{
    struct k_object **bucket = bucket_of(object->id);
    object->next = *bucket;
    *bucket = object;
    k_system.objects++;
}

static uint32_t flags_of(enum k_object_kind kind)
{
    return kind == K_OBJECT_DATA    ? 0
           : kind == K_OBJECT_IMAGE ? (uint32_t)TWZ_OBJECT_IMMUTABLE
                                    : (uint32_t)TWZ_OBJECT_KERNEL;
}

/* A nonce. State and output are both hashes of state, counter and fresh entropy, so an output says
 * nothing that is simple to say about the next. */
static struct twz_id draw(void)
{
    static struct twz_id state;
    static uint64_t counter;
    bool trustworthy;
    uint64_t entropy[4] = {k_entropy(&trustworthy), k_clock(), ++counter, state.lo};
    if (!trustworthy && counter == 1)
        k_log(K_WARNING, "no RDRAND: object IDs are unique in this boot, but can be guessed");
    uint8_t key[32];
    memcpy(key, entropy, sizeof key);
    state = obj_id_nonce(state, key, 0, 0);
    return obj_id_nonce(state, key, 1, 0);
}

struct k_object *k_object_create(enum k_object_kind kind, void *state)
{
    struct k_object *object = k_alloc(sizeof *object);
    if (object == NULL)
        return NULL;
    object->kind = kind;
    object->permissions = TWZ_RIGHTS_ALL;
    object->state = state;
    do {
        object->nonce = draw();
        object->id = obj_id_nonce(object->nonce, NULL, flags_of(kind), 0);
    } while (object->id.hi == 0 || k_object_find(object->id) != NULL);
    k_object_add(object);
    if (kind == K_OBJECT_DATA || k_object_state_page(object, 1) != NULL)
        return object;
    object->state = NULL;
    k_object_delete(object);
    return NULL;
}

/* ---- Pages ---- */

/* A leaf's entry: a frame or 0, and in its low bits the rights that nobody has on the page. */
#define DENIED ((k_phys)(TWZ_READ | TWZ_WRITE))

static k_phys *table_at(k_phys table)
{
    return k_direct(table);
}

static k_phys leaf_of(const struct k_object *object, uint32_t page)
{
    return object->data.table == 0 ? 0 : table_at(object->data.table)[page / ENTRIES];
}

/* The place of a page's frame, with tables made on the way. NULL: no memory. */
static k_phys *place_of(struct k_object *object, uint32_t page)
{
    if (object->data.table == 0)
        object->data.table = k_frame_alloc(K_FRAME_TABLE);
    if (object->data.table == 0)
        return NULL;
    k_phys *leaf = &table_at(object->data.table)[page / ENTRIES];
    if (*leaf == 0)
        *leaf = k_frame_alloc(K_FRAME_TABLE);
    return *leaf == 0 ? NULL : &table_at(*leaf)[page % ENTRIES];
}

static k_phys entry_of(const struct k_object *object, uint32_t page)
{
    k_phys leaf = leaf_of(object, page);
    return leaf == 0 ? 0 : table_at(leaf)[page % ENTRIES];
}

uint32_t k_object_denied(const struct k_object *object, uint32_t page)
{
    return object->denies ? (uint32_t)(entry_of(object, page) & DENIED) : 0;
}

/* The frame of a page as it is; 0: zero bytes in a data object, nothing in an image object. */
static k_phys page_of(const struct k_object *object, uint32_t page)
{
    if (object->kind != K_OBJECT_IMAGE)
        return entry_of(object, page) & ~DENIED;
    for (unsigned i = 0; i < K_RUNS; i++) {
        const struct k_run *run = &object->image.runs[i];
        if (page >= run->first && page - run->first < run->count)
            return run->frame + (page - run->first) * TWZ_PAGE_SIZE;
    }
    return 0;
}

k_phys k_object_demand(struct k_object *object, uint32_t page, bool write)
{
    k_phys frame = page_of(object, page);
    k_assert(!write || object->kind == K_OBJECT_DATA);
    if (object->kind != K_OBJECT_DATA || (frame != 0 && (!write || k_frame_is_own(frame))))
        return frame;

    k_phys *place = place_of(object, page);
    k_phys fresh = place == NULL ? 0 : k_frame_alloc(K_FRAME_DATA);
    if (fresh == 0)
        return 0;
    if (frame != 0) {
        memcpy(k_direct(fresh), k_direct(frame), TWZ_PAGE_SIZE);
        /* Other slots and contexts may still show the shared frame for this page. */
        k_object_flush(object, page, 1);
        k_frame_drop(frame);
    }
    *place = fresh | (*place & DENIED);
    return fresh;
}

void *k_object_state_page(struct k_object *object, uint32_t page)
{
    k_phys *place = place_of(object, page);
    if (place != NULL && *place == 0)
        *place = k_frame_alloc(K_FRAME_DATA);
    return place == NULL || *place == 0 ? NULL : k_direct(*place);
}

static void set_page(struct k_object *object, uint32_t page, k_phys frame)
{
    k_phys leaf = leaf_of(object, page);
    if (leaf == 0) {
        k_assert(frame == 0);
        return;
    }
    k_phys *place = &table_at(leaf)[page % ENTRIES];
    k_phys old = *place & ~DENIED;
    if (frame != 0)
        k_frame_share(frame);
    if (old != 0)
        k_frame_drop(old);
    *place = frame | (*place & DENIED);
}

/* The first page >= page that may have a frame; `end` when there is none below it. Steps over
 * absent tables, so that copying a large empty range is cheap. */
static uint32_t skip_absent(const struct k_object *object, uint32_t page, uint32_t end)
{
    if (object->kind == K_OBJECT_IMAGE) {
        uint32_t best = end;
        for (unsigned i = 0; i < K_RUNS; i++) {
            const struct k_run *run = &object->image.runs[i];
            if (run->count == 0 || run->first + run->count <= page)
                continue;
            uint32_t start = run->first > page ? run->first : page;
            best = start < best ? start : best;
        }
        return best;
    }
    while (page < end && leaf_of(object, page) == 0)
        page = page / ENTRIES * ENTRIES + ENTRIES;
    return page < end ? page : end;
}

bool k_object_denies(const struct k_object *object, uint32_t first, uint32_t count, uint32_t rights)
{
    uint32_t end = first + count, denied = 0;
    for (uint32_t page = first; object->denies && page < end;
         page = skip_absent(object, page + 1, end))
        denied |= k_object_denied(object, page);
    return denied & rights;
}

enum twz_error k_object_copy(struct k_object *target, uint32_t target_page, struct k_object *source,
                             uint32_t source_page, uint32_t count)
{
    /* What can fail first: tables for every page that will get a frame. */
    uint32_t end = source_page + count;
    for (uint32_t page = skip_absent(source, source_page, end); page < end;
         page = skip_absent(source, page + 1, end)) {
        if (page_of(source, page) != 0 &&
            place_of(target, target_page + (page - source_page)) == NULL)
            return TWZ_ENOMEM;
    }
    k_object_flush(target, target_page, count);
    if (source->kind == K_OBJECT_DATA) /* others never show a page that can be written */
        k_object_flush(source, source_page, count);

    uint32_t target_end = target_page + count;
    for (uint32_t page = skip_absent(target, target_page, target_end); page < target_end;
         page = skip_absent(target, page + 1, target_end))
        set_page(target, page, page_of(source, source_page + (page - target_page)));
    return TWZ_OK;
}

enum twz_error k_object_set_pages(struct k_object *object, uint32_t first, uint32_t count,
                                  uint32_t rights, bool drop)
{
    k_phys denied = DENIED & ~(k_phys)rights;
    uint32_t end = first + count;
    for (uint32_t page = first; denied != 0 && page < end; page = (page / ENTRIES + 1) * ENTRIES) {
        if (place_of(object, page) == NULL)
            return TWZ_ENOMEM;
    }
    object->denies |= denied != 0;
    k_object_flush(object, first, count);
    for (uint32_t page = skip_absent(object, first, end); page < end;
         page = skip_absent(object, page + 1, end)) {
        if (drop)
            set_page(object, page, 0);
        k_phys *place = place_of(object, page);
        *place = (*place & ~DENIED) | denied;
    }
    return TWZ_OK;
}

/* Gives the pages of one table back. False: there are more. */
static bool free_pages(struct k_object *object)
{
    if (object->data.table == 0)
        return true;
    k_phys *leaf = table_at(object->data.table), *end = leaf + ENTRIES;
    while (leaf < end && *leaf == 0)
        leaf++;
    if (leaf == end) {
        k_frame_drop(object->data.table);
        return true;
    }
    for (uint32_t i = 0; i < ENTRIES; i++) {
        if ((table_at(*leaf)[i] & ~DENIED) != 0)
            k_frame_drop(table_at(*leaf)[i] & ~DENIED);
    }
    k_frame_drop(*leaf);
    *leaf = 0;
    return false;
}

/* ---- Life ---- */

static void forget_id(struct k_object *object)
{
    struct k_object **link = bucket_of(object->id);
    while (*link != object)
        link = &(*link)->next;
    *link = object->next;
    k_system.objects--;
    object->deleted = true;
}

struct k_object *k_doomed;

static void doom(struct k_object *object)
{
    struct k_thread *thread = k_thread_current();
    if (thread != NULL && thread->others == NULL)
        thread->others = k_doomed != NULL ? k_doomed : thread->object;
    object->listed = k_doomed;
    object->doomed = true;
    k_doomed = object;
}

void k_object_collect(struct k_object *object)
{
    if (object->references > 0 || object->deleted || object->kind != K_OBJECT_DATA)
        return;
    for (const struct k_capability *c = object->capabilities; c != NULL; c = c->next_of_object) {
        if (c->rights != 0)
            return;
    }
    k_object_delete(object);
}

/* One deletion may cause any number of others, through ties: they wait in a list. */
void k_object_delete(struct k_object *object)
{
    forget_id(object);
    doom(object);
}

/* A part of what a deleted object is made of. False: there is more. Nobody will name it again:
 * without slots, its capabilities are worth nothing. */
static bool take_apart(struct k_object *object)
{
    k_tie_cut(object);
    if (object->kind == K_OBJECT_CONTEXT && object->state != NULL) {
        if (k_context_empty(object->state))
            object->state = NULL;
        return false;
    }
    if (object->references > 0)
        return true;
    if (object->capabilities != NULL) {
        k_capability_discard(object->capabilities);
        return false;
    }
    if (!free_pages(object))
        return false;
    k_free(object, sizeof *object);
    return true;
}

/* The list is a stack: what the thread deleted lies on top of others. */
void k_objects_reap(bool all)
{
    struct k_thread *thread = k_thread_current();
    bool mine = thread->others != NULL;
    for (unsigned rest = REAP_MORE; k_doomed != NULL && rest > 0; rest -= !mine) {
        struct k_object *object = k_doomed;
        mine = all || (mine && object != thread->others);
        k_doomed = object->listed;
        object->listed = NULL;
        object->doomed = false;
        if (!take_apart(object))
            doom(object);
        k_interrupt_point();
    }
    thread->others = NULL;
}

void k_object_release(struct k_object *object)
{
    k_assert(object->references > 0);
    if (--object->references == 0 && object->deleted && !object->doomed)
        doom(object);
    else
        k_object_collect(object);
}

void k_object_info(const struct k_object *object, struct twz_object_info *info)
{
    *info = (struct twz_object_info){
        .id = object->id,
        .nonce = object->nonce,
        .flags = flags_of(object->kind),
        .medium = TWZ_VOLATILE,
        .parents = k_tie_parents(object),
        .references = object->references,
    };
    if (object->kind == K_OBJECT_IMAGE)
        info->payload_length = object->image.payload_length;
    for (uint32_t page = skip_absent(object, 0, TWZ_OBJECT_PAGES); page < TWZ_OBJECT_PAGES;
         page = skip_absent(object, page + 1, TWZ_OBJECT_PAGES)) {
        k_phys frame = page_of(object, page);
        if (frame == 0)
            continue;
        info->pages_resident++;
        /* Code frames have one reference of their own beside the object's copies. */
        if (k_frame_references(frame) > 1)
            info->pages_shared++;
    }
}
