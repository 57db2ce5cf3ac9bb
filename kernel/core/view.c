/* SPDX-License-Identifier: BSD-2-Clause */
#include "view.h"
#include "alloc.h"
#include "context.h"
#include "log.h"

_Static_assert(K_VIEW_LEAF * sizeof(struct k_mapping *) == TWZ_PAGE_SIZE, "one frame per leaf");

#define PAGE_RIGHTS (uint32_t)(TWZ_READ | TWZ_WRITE | TWZ_EXECUTE)

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
    return view;
}

struct k_mapping *k_view_at(const struct k_view *view, uint32_t slot)
{
    if (slot >= K_SLOTS || view->leaves[slot / K_VIEW_LEAF] == NULL)
        return NULL;
    return view->leaves[slot / K_VIEW_LEAF][slot % K_VIEW_LEAF];
}

/* Removes translations in every context, before it returns. */
static void flush(const struct k_mapping *mapping, uint32_t first, uint32_t count)
{
    uint64_t address = mapping->slot * TWZ_SLOT_SIZE + first * TWZ_PAGE_SIZE;
    /* A context without a capability never had a translation. */
    for (struct k_capability *c = mapping->object->capabilities; c != NULL; c = c->next_of_object) {
        if (c->context->view == mapping->view)
            k_space_unmap(&c->context->space, address, count);
    }
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

enum twz_error k_view_map(struct k_view *view, uint32_t slot, struct k_object *object,
                          const struct twz_range *ranges, uint32_t count)
{
    if (slot >= K_SLOTS || count > TWZ_RANGES_MAX || object->kind == K_OBJECT_SYSTEM ||
        !ranges_are_valid(ranges, count))
        return TWZ_EINVAL;
    if (k_view_at(view, slot) != NULL)
        return TWZ_EEXIST;
    struct k_mapping ***leaf = &view->leaves[slot / K_VIEW_LEAF];
    if (*leaf == NULL)
        *leaf = k_alloc(TWZ_PAGE_SIZE);
    struct k_mapping *mapping = *leaf == NULL ? NULL : k_alloc(sizeof *mapping);
    if (mapping == NULL)
        return TWZ_ENOMEM;
    mapping->object = object;
    mapping->view = view;
    mapping->slot = slot;
    mapping->range_count = count;
    for (uint32_t i = 0; i < count; i++)
        mapping->ranges[i] = ranges[i];
    mapping->next = object->mappings;
    object->mappings = mapping;
    k_object_hold(object);
    (*leaf)[slot % K_VIEW_LEAF] = mapping;
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
    k_object_release(mapping->object);
    k_free(mapping, sizeof *mapping);
    return TWZ_OK;
}

static const struct twz_range *range_of(const struct k_mapping *mapping, uint32_t page)
{
    for (uint32_t i = 0; i < mapping->range_count; i++) {
        const struct twz_range *r = &mapping->ranges[i];
        if (page >= r->first_page && page - r->first_page < r->page_count)
            return r;
    }
    return NULL;
}

uint32_t k_mapping_rights(const struct k_mapping *mapping, uint32_t page)
{
    const struct twz_range *range = range_of(mapping, page);
    return range == NULL ? 0 : range->rights;
}

uint64_t k_mapping_left(const struct k_mapping *mapping, uint32_t page)
{
    const struct twz_range *range = range_of(mapping, page);
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

enum twz_error k_mapping_narrow(struct k_mapping *mapping, uint32_t first, uint32_t count,
                                uint32_t keep)
{
    struct twz_range list[TWZ_RANGES_MAX * 3];
    uint32_t listed = 0, end = first + count;
    for (uint32_t i = 0; i < mapping->range_count; i++) {
        const struct twz_range *r = &mapping->ranges[i];
        uint32_t r_end = r->first_page + r->page_count;
        uint32_t low = first < r->first_page ? r->first_page : first < r_end ? first : r_end;
        uint32_t high = end < low ? low : end < r_end ? end : r_end;
        listed = append(list, listed, r->first_page, low, r->rights);
        listed = append(list, listed, low, high, r->rights & keep);
        listed = append(list, listed, high, r_end, r->rights);
    }
    if (listed > TWZ_RANGES_MAX)
        return TWZ_ELIMIT;
    for (uint32_t i = 0; i < listed; i++)
        mapping->ranges[i] = list[i];
    mapping->range_count = listed;
    flush(mapping, first, count);
    return TWZ_OK;
}

void k_object_flush(const struct k_object *object, uint32_t first, uint32_t count)
{
    for (const struct k_mapping *m = object->mappings; m != NULL; m = m->next)
        flush(m, first, count);
}
