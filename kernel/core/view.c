/* SPDX-License-Identifier: BSD-2-Clause */
#include "view.h"
#include "alloc.h"
#include "context.h"
#include "log.h"

_Static_assert(K_VIEW_LEAF * sizeof(struct k_mapping *) == TWZ_PAGE_SIZE, "one frame per leaf");

#define PAGE_RIGHTS (uint32_t)(TWZ_READ | TWZ_WRITE | TWZ_EXECUTE)

/* ---- Roots ---- */

bool k_root_init(struct k_root *root, struct k_view *view, struct k_context *context)
{
    if (!k_space_create(&root->space))
        return false;
    root->view = view;
    root->context = context;
    root->next_of_view = view->roots;
    view->roots = root;
    root->next_of_context = context->roots;
    context->roots = root;
    return true;
}

void k_root_destroy(struct k_root *root)
{
    struct k_root **link = &root->view->roots;
    while (*link != root)
        link = &(*link)->next_of_view;
    *link = root->next_of_view;
    link = &root->context->roots;
    while (*link != root)
        link = &(*link)->next_of_context;
    *link = root->next_of_context;
    k_space_destroy(&root->space);
    if (root != &root->context->root)
        k_free(root, sizeof *root);
}

struct k_root *k_root_at(struct k_view *view, struct k_context *context)
{
    for (struct k_root *root = context->roots; root != NULL; root = root->next_of_context) {
        if (root->view == view)
            return root;
    }
    struct k_root *root = k_alloc(sizeof *root);
    if (root == NULL || k_root_init(root, view, context))
        return root;
    k_free(root, sizeof *root);
    return NULL;
}

/* Removes translations in every context, before it returns. */
static void flush(const struct k_mapping *mapping, uint32_t first, uint32_t count)
{
    uint64_t address = mapping->slot * TWZ_SLOT_SIZE + first * TWZ_PAGE_SIZE;
    /* A context without a capability never had a translation. */
    for (struct k_capability *c = mapping->object->capabilities; c != NULL; c = c->next_of_object) {
        for (struct k_root *root = c->context->roots; root != NULL; root = root->next_of_context) {
            if (root->view == mapping->view)
                k_space_unmap(&root->space, address, count);
        }
    }
}

/* ---- Views ---- */

struct k_view *k_view_create(void)
{
    struct k_view *view = k_alloc(sizeof *view);
    if (view == NULL)
        return NULL;
    view->object = k_object_create(K_OBJECT_VIEW, view);
    if (view->object == NULL) {
        k_free(view, sizeof *view);
        return NULL;
    }
    view->state = k_object_state_page(view->object, 1);
    view->state->id = view->object->id;
    return view;
}

struct k_view *k_view_copy(const struct k_view *source)
{
    struct k_view *view = k_view_create();
    if (view == NULL)
        return NULL;
    for (uint32_t slot = 0; slot < K_SLOTS; slot++) {
        const struct k_mapping *m = k_view_at(source, slot);
        if (m == NULL) {
            if (source->leaves[slot / K_VIEW_LEAF] == NULL)
                slot |= K_VIEW_LEAF - 1;
            continue;
        }
        if (k_view_map(view, slot, m->object, m->ranges.list, m->ranges.count) != TWZ_OK) {
            k_view_delete(view);
            return NULL;
        }
    }
    return view;
}

bool k_view_is_used(const struct k_view *view)
{
    bool used = false;
    for (const struct k_root *root = view->roots; root != NULL; root = root->next_of_view)
        used |= root->users > 0 || root == &root->context->root;
    return used;
}

void k_view_delete(struct k_view *view)
{
    k_assert(!k_view_is_used(view));
    for (uint32_t i = 0; i < K_VIEW_LEAVES; i++) {
        if (view->leaves[i] == NULL)
            continue;
        for (uint32_t slot = i * K_VIEW_LEAF; slot < (i + 1) * K_VIEW_LEAF; slot++)
            (void)k_view_unmap(view, slot);
        k_free(view->leaves[i], TWZ_PAGE_SIZE);
    }
    while (view->roots != NULL)
        k_root_destroy(view->roots);
    view->object->state = NULL;
    k_object_delete(view->object);
    k_free(view, sizeof *view);
}

struct k_mapping *k_view_at(const struct k_view *view, uint32_t slot)
{
    if (slot >= K_SLOTS || view->leaves[slot / K_VIEW_LEAF] == NULL)
        return NULL;
    return view->leaves[slot / K_VIEW_LEAF][slot % K_VIEW_LEAF];
}

static bool ranges_are_valid(const struct twz_range *ranges, uint32_t count)
{
    uint64_t end = 1; /* page 0 of an object is never mapped */
    for (uint32_t i = 0; i < count; i++) {
        const struct twz_range *r = &ranges[i];
        if (r->first_page < end || r->page_count == 0 || r->reserved != 0)
            return false;
        end = (uint64_t)r->first_page + r->page_count;
        if (end > TWZ_OBJECT_PAGES || (r->rights & ~PAGE_RIGHTS) != 0 ||
            (r->rights & TWZ_WRITE && r->rights & TWZ_EXECUTE))
            return false;
    }
    return true;
}

/* What everyone can read of a slot: page 2 and on of the view's object. NULL: no memory. */
static struct twz_view_slot *shown(const struct k_view *view, uint32_t slot)
{
    const uint32_t per_page = TWZ_PAGE_SIZE / sizeof(struct twz_view_slot);
    struct twz_view_slot *slots = k_object_state_page(view->object, 2 + slot / per_page);
    return slots == NULL ? NULL : &slots[slot % per_page];
}

static void show(const struct k_view *view, uint32_t slot)
{
    struct twz_view_slot *seen = shown(view, slot);
    const struct k_mapping *mapping = k_view_at(view, slot);
    uint32_t changes = seen->changes + 1;
    *seen = (struct twz_view_slot){.changes = changes};
    if (mapping == NULL)
        return;
    seen->object = mapping->object->id;
    for (uint32_t i = 0; i < mapping->ranges.count; i++)
        seen->rights |= mapping->ranges.list[i].rights;
}

/* A mapping that is in no view yet, and room for it in this one. TWZ_EINVAL, TWZ_ENOMEM. */
static enum twz_error prepare(struct k_view *view, uint32_t slot, struct k_object *object,
                              const struct twz_range *ranges, uint32_t count,
                              struct k_mapping **prepared)
{
    if (slot >= K_SLOTS || count > TWZ_RANGES_MAX || object->kind == K_OBJECT_SYSTEM ||
        !ranges_are_valid(ranges, count))
        return TWZ_EINVAL;
    struct k_mapping ***leaf = &view->leaves[slot / K_VIEW_LEAF];
    if (*leaf == NULL)
        *leaf = k_alloc(TWZ_PAGE_SIZE);
    if (*leaf == NULL || shown(view, slot) == NULL)
        return TWZ_ENOMEM;
    struct k_mapping *mapping = k_alloc(sizeof *mapping);
    if (mapping == NULL)
        return TWZ_ENOMEM;
    mapping->object = object;
    mapping->view = view;
    mapping->slot = slot;
    mapping->ranges.count = count;
    for (uint32_t i = 0; i < count; i++)
        mapping->ranges.list[i] = ranges[i];
    mapping->given = mapping->ranges;
    *prepared = mapping;
    return TWZ_OK;
}

static uint64_t stubs_of(const struct k_mapping *mapping)
{
    return mapping->object != k_object_find(TWZ_ID_STUBS)
               ? 0
               : mapping->slot * TWZ_SLOT_SIZE + TWZ_OBJECT_BASE;
}

static void install(struct k_mapping *mapping)
{
    struct k_view *view = mapping->view;
    mapping->next = mapping->object->mappings;
    mapping->object->mappings = mapping;
    mapping->object->references++;
    view->leaves[mapping->slot / K_VIEW_LEAF][mapping->slot % K_VIEW_LEAF] = mapping;
    view->state->slots++;
    if (stubs_of(mapping) != 0)
        view->stubs = stubs_of(mapping);
    show(view, mapping->slot);
}

enum twz_error k_view_map(struct k_view *view, uint32_t slot, struct k_object *object,
                          const struct twz_range *ranges, uint32_t count)
{
    struct k_mapping *mapping;
    if (k_view_at(view, slot) != NULL)
        return TWZ_EEXIST;
    enum twz_error error = prepare(view, slot, object, ranges, count, &mapping);
    if (error == TWZ_OK)
        install(mapping);
    return error;
}

enum twz_error k_view_replace(struct k_view *view, uint32_t slot, struct k_object *object,
                              const struct twz_range *ranges, uint32_t count)
{
    struct k_mapping *mapping;
    enum twz_error error = prepare(view, slot, object, ranges, count, &mapping);
    if (error != TWZ_OK)
        return error;
    object->references++; /* it may be what the slot shows, and nobody else */
    (void)k_view_unmap(view, slot);
    install(mapping);
    k_object_release(object);
    return TWZ_OK;
}

enum twz_error k_view_unmap(struct k_view *view, uint32_t slot)
{
    struct k_mapping *mapping = k_view_at(view, slot);
    if (mapping == NULL)
        return TWZ_ENOENT;
    flush(mapping, 0, TWZ_OBJECT_PAGES);
    struct k_mapping **link = &mapping->object->mappings;
    while (*link != mapping)
        link = &(*link)->next;
    *link = mapping->next;
    view->leaves[slot / K_VIEW_LEAF][slot % K_VIEW_LEAF] = NULL;
    view->state->slots--;
    if (stubs_of(mapping) == view->stubs)
        view->stubs = 0;
    show(view, slot);
    k_object_release(mapping->object);
    k_free(mapping, sizeof *mapping);
    return TWZ_OK;
}

static const struct twz_range *range_of(const struct k_ranges *ranges, uint32_t page)
{
    for (uint32_t i = 0; i < ranges->count; i++) {
        const struct twz_range *r = &ranges->list[i];
        if (page >= r->first_page && page - r->first_page < r->page_count)
            return r;
    }
    return NULL;
}

uint32_t k_ranges_rights(const struct k_ranges *ranges, uint32_t page)
{
    const struct twz_range *range = range_of(ranges, page);
    return range == NULL ? 0 : range->rights;
}

uint64_t k_ranges_left(const struct k_ranges *ranges, uint32_t page)
{
    const struct twz_range *range = range_of(ranges, page);
    return range == NULL ? 0 : range->first_page + range->page_count - page;
}

/* Appends [first, end) to a list, joined with the range before when it continues it. */
static uint32_t append(struct twz_range *list, uint32_t count, uint32_t first, uint32_t end,
                       uint32_t rights)
{
    if (first >= end || rights == 0)
        return count;
    if (count > 0 && list[count - 1].rights == rights &&
        list[count - 1].first_page + list[count - 1].page_count == first) {
        list[count - 1].page_count += end - first;
        return count;
    }
    list[count] =
        (struct twz_range){.first_page = first, .page_count = end - first, .rights = rights};
    return count + 1;
}

/* False: there would be too many. */
static bool narrowed(struct k_ranges *ranges, uint32_t first, uint32_t end, uint32_t keep)
{
    struct twz_range list[TWZ_RANGES_MAX * 3];
    uint32_t listed = 0;
    for (uint32_t i = 0; i < ranges->count; i++) {
        const struct twz_range *r = &ranges->list[i];
        uint32_t r_end = r->first_page + r->page_count;
        uint32_t low = first < r->first_page ? r->first_page : first < r_end ? first : r_end;
        uint32_t high = end < low ? low : end < r_end ? end : r_end;
        listed = append(list, listed, r->first_page, low, r->rights);
        listed = append(list, listed, low, high, r->rights & keep);
        listed = append(list, listed, high, r_end, r->rights);
    }
    for (uint32_t i = 0; i < listed && listed <= TWZ_RANGES_MAX; i++)
        ranges->list[i] = list[i];
    ranges->count = listed;
    return listed <= TWZ_RANGES_MAX;
}

enum twz_error k_mapping_narrow(struct k_mapping *mapping, uint32_t first, uint32_t count,
                                uint32_t keep, bool given)
{
    struct k_ranges ranges = mapping->ranges, for_monitor = mapping->given;
    if (!narrowed(&ranges, first, first + count, keep) ||
        (given && !narrowed(&for_monitor, first, first + count, keep)))
        return TWZ_ELIMIT;
    mapping->ranges = ranges;
    mapping->given = for_monitor;
    show(mapping->view, mapping->slot);
    flush(mapping, first, count);
    return TWZ_OK;
}

void k_object_flush(const struct k_object *object, uint32_t first, uint32_t count)
{
    for (const struct k_mapping *m = object->mappings; m != NULL; m = m->next)
        flush(m, first, count);
}
