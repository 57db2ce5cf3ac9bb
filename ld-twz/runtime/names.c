/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names: those of the image, which the monitor knows, and those of the naming service, whose gates
 * are bound if the policy has them for this compartment and are null otherwise.
 */
#include <stdbool.h>
#include <twz/monitor_gates.h>

#pragma weak twz_names_lookup
#pragma weak twz_names_list
#pragma weak twz_names_bind
#pragma weak twz_names_space
#pragma weak twz_names_rename
#pragma weak twz_names_remove
#include <twz/names_gates.h>

#include <twz/rt/string.h>

#define OF_SERVICE (1ull << 63) /* in a cursor: the names of the image are through */

/* Entry `index` of the image, or the one called `name`. */
static int64_t of_image(uint64_t index, const char *name, struct twz_rt_name *entry)
{
    size_t length = strnlen(name, TWZ_MON_NAME_MAX + 1);
    if (length > TWZ_MON_NAME_MAX)
        return -TWZ_ENOENT;
    int64_t status = twz_mon_image_entry(index, name, length, entry, sizeof *entry);
    return status == -TWZ_EPERM ? -TWZ_ENOENT : status; /* not for this compartment */
}

/* "" would be the first one. */
static int64_t find_of_image(const char *name, struct twz_rt_name *entry)
{
    return *name != '\0' ? of_image(0, name, entry) : -TWZ_ENOENT;
}

static bool is_too_long(const char *name)
{
    return strnlen(name, TWZ_RT_NAME_MAX + 1) > TWZ_RT_NAME_MAX;
}

int64_t twz_rt_name_lookup(const char *name, struct twz_rt_name *found)
{
    if (is_too_long(name))
        return -TWZ_RT_EBADNAME;
    int64_t status = find_of_image(name, found);
    if (status == -TWZ_ENOENT && twz_names_lookup != NULL)
        status = twz_names_lookup(name, strlen(name), found, sizeof *found);
    return status;
}

/* What forbids changing this name. service: whether the gate for it is there; of_images: what to
 * say of the image's names. */
static int64_t forbids(const char *name, bool service, int64_t of_images)
{
    struct twz_rt_name entry;
    if (!service) /* some of the gates are there: this one is not for this compartment */
        return twz_names_lookup != NULL ? -TWZ_EPERM : -TWZ_RT_EREADONLY;
    if (is_too_long(name))
        return -TWZ_RT_EBADNAME;
    return find_of_image(name, &entry) == 0 ? of_images : 0;
}

int64_t twz_rt_name_bind(const char *name, struct twz_id id)
{
    int64_t status = forbids(name, twz_names_bind != NULL, -TWZ_EEXIST);
    return status < 0 ? status : twz_names_bind(name, strlen(name), id);
}

int64_t twz_rt_name_space(const char *name)
{
    int64_t status = forbids(name, twz_names_space != NULL, -TWZ_EEXIST);
    return status < 0 ? status : twz_names_space(name, strlen(name));
}

int64_t twz_rt_name_rename(const char *from, const char *to)
{
    int64_t status = forbids(from, twz_names_rename != NULL, -TWZ_RT_EREADONLY);
    if (status == 0)
        status = forbids(to, true, -TWZ_EEXIST);
    return status < 0 ? status : twz_names_rename(from, strlen(from), to, strlen(to));
}

int64_t twz_rt_name_remove(const char *name)
{
    int64_t status = forbids(name, twz_names_remove != NULL, -TWZ_RT_EREADONLY);
    return status < 0 ? status : twz_names_remove(name, strlen(name));
}

int64_t twz_rt_name_list(const char *space, uint64_t *cursor, struct twz_rt_name *entry)
{
    if (is_too_long(space))
        return -TWZ_RT_EBADNAME;
    if (*cursor < OF_SERVICE && *space == '\0' && of_image(*cursor, "", entry) == 0) {
        ++*cursor;
        return 0;
    }
    if (*cursor < OF_SERVICE)
        *cursor = OF_SERVICE;
    if (twz_names_list == NULL)
        return -TWZ_ENOENT;
    int64_t status =
        twz_names_list(space, strlen(space), *cursor - OF_SERVICE, entry, sizeof *entry);
    *cursor += status == 0;
    return status;
}
