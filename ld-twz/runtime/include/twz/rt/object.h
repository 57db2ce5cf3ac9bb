/* SPDX-License-Identifier: BSD-2-Clause */
/* Runtime ABI, objects: the names of the image. */
#ifndef TWZ_RT_OBJECT_H
#define TWZ_RT_OBJECT_H

#include <twz/rt/abi.h>

struct twz_rt_object {
    struct twz_id id;
    const void *data; /* its first byte; readable for this compartment, never writable */
    size_t length;    /* bytes */
};

/* Opens the object that the image knows as `name` (at most 127 bytes), for as long as the
 * compartment exists. Returns 0; TWZ_ENOENT: there is none of that name. */
TWZ_RT_API int64_t twz_rt_object_open(const char *name, struct twz_rt_object *object);

#endif
