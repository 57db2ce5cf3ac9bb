/* SPDX-License-Identifier: BSD-2-Clause */
#include <twzelf/extension.h>

static enum obj_error refuse(struct obj_diag *diag, enum obj_error error, uint64_t place,
                             uint64_t expected, uint64_t found)
{
    *diag = (struct obj_diag){error, place, expected, found};
    return error;
}

enum obj_error obj_extensions_check(const struct obj_extension *entries, uint32_t count,
                                    uint64_t end, struct obj_diag *diag)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct obj_extension *e = &entries[i];
        uint64_t place = i * sizeof(*e);

        if (e->reserved != 0)
            return refuse(diag, OBJ_E_RESERVED, place + offsetof(struct obj_extension, reserved), 0,
                          e->reserved);
        if (i > 0 && obj_id_compare(e[-1].tag, e->tag) >= 0)
            return refuse(diag, OBJ_E_EXTENSION_ORDER, place, 0, 0);
        if (e->table < TWZ_OBJECT_BASE || e->table % 8 || e->table > end || e->count == 0 ||
            e->count > (end - e->table) / 8)
            return refuse(diag, OBJ_E_EXTENSION_TABLE,
                          place + offsetof(struct obj_extension, table), end, e->table);
    }
    return OBJ_OK;
}

uint32_t obj_extensions_place(const struct obj_extension *entries, uint32_t count,
                              struct twz_id tag)
{
    uint32_t low = 0, high = count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (obj_id_compare(entries[middle].tag, tag) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct obj_extension *obj_extensions_find(const struct obj_extension *entries, uint32_t count,
                                                struct twz_id tag)
{
    uint32_t at = obj_extensions_place(entries, count, tag);

    return at < count && obj_id_equal(entries[at].tag, tag) ? &entries[at] : NULL;
}

bool obj_extensions_begin(const struct obj_extension *first_of_page)
{
    /* A table entry by ID has no name, where the count is; one by name no ID, where the table is.
     */
    return first_of_page->table != 0 && first_of_page->count != 0;
}

enum obj_error obj_extensions_count(const struct obj_extension *entries, uint32_t room,
                                    uint32_t *count)
{
    uint32_t used = 0;

    while (used < room && obj_extensions_begin(&entries[used]))
        used++;
    *count = used;
    for (const uint64_t *rest = (const void *)&entries[used], *end = (const void *)&entries[room];
         rest < end; rest++)
        if (*rest != 0)
            return OBJ_E_PADDING;
    return OBJ_OK;
}
