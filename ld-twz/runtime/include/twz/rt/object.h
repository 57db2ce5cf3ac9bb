/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runtime ABI, objects: memory with an ID of its own, and names for IDs. An ID or a name gives no
 * right to an object; the monitor and its owner do.
 *
 * The names of the image are always there, for the program's own compartment, and cannot be
 * changed. Beside them stand those of the naming service, when the policy has a compartment with
 * libtwznames.so and lets the caller import its gates: which of lookup, bind, rename, remove and
 * the others a compartment may do is what its policy imports (twz-runtime(7)). Without it, and with
 * the minimal runtime, changing names is TWZ_RT_EREADONLY.
 */
#ifndef TWZ_RT_OBJECT_H
#define TWZ_RT_OBJECT_H

#include <twz/rt/error.h>

struct twz_rt_object {
    struct twz_id id;
    void *data;      /* its first byte */
    size_t length;   /* bytes */
    uint32_t rights; /* of this compartment: TWZ_READ, TWZ_READ | TWZ_WRITE */
    uint32_t reserved;
};

/* Opens the object that the image knows as `name` (at most 127 bytes), read-only, for as long as
 * the compartment exists. Returns 0; TWZ_ENOENT: there is none of that name. */
TWZ_RT_API int64_t twz_rt_object_open(const char *name, struct twz_rt_object *object);
/* A new object of at least `size` bytes, zero, in pages that come when touched: this compartment's
 * own. TWZ_ELIMIT: it has as many as it may have; TWZ_ENOMEM. */
TWZ_RT_API int64_t twz_rt_object_create(size_t size, struct twz_rt_object *object);
/* An object whose ID was handed over, that this compartment has a right to. TWZ_ENOENT: none. */
TWZ_RT_API int64_t twz_rt_object_map(struct twz_id id, struct twz_rt_object *object);
/* What another compartment may do with an own object from now on: TWZ_READ, TWZ_READ | TWZ_WRITE,
 * or 0. TWZ_ENOENT: no compartment of that name is in use. */
TWZ_RT_API int64_t twz_rt_object_share(const struct twz_rt_object *object, const char *compartment,
                                       uint32_t rights);
/* An own object goes, for all who share it; others are left as they are. */
TWZ_RT_API int64_t twz_rt_object_release(struct twz_rt_object *object);

#define TWZ_RT_NAME_PART 128u /* bytes of one part of a name, terminator included */
#define TWZ_RT_NAME_MAX  255u /* bytes of a whole name: parts separated by '/' */

enum twz_rt_name_kind {
    TWZ_RT_NAME_OBJECT = 0,
    TWZ_RT_NAME_SPACE = 1, /* a namespace, itself an object */
    TWZ_RT_NAME_IMAGE = 2  /* an object of the image */
};

struct twz_rt_name {
    struct twz_id id;
    uint32_t kind; /* enum twz_rt_name_kind */
    uint32_t reserved;
    char name[TWZ_RT_NAME_PART]; /* the last part */
};
_Static_assert(sizeof(struct twz_rt_name) == 152, "ABI");

/* What a name stands for. TWZ_ENOENT. */
TWZ_RT_API int64_t twz_rt_name_lookup(const char *name, struct twz_rt_name *found);
/* Gives an ID a name. TWZ_EEXIST: it is taken; TWZ_RT_EREADONLY; TWZ_EPERM: not this compartment's
 * to do. */
TWZ_RT_API int64_t twz_rt_name_bind(const char *name, struct twz_id id);
/* A new namespace of that name. */
TWZ_RT_API int64_t twz_rt_name_space(const char *name);
TWZ_RT_API int64_t twz_rt_name_rename(const char *from, const char *to);
/* The object stays as it is. A namespace has to be empty: TWZ_RT_ENOTEMPTY. */
TWZ_RT_API int64_t twz_rt_name_remove(const char *name);
/* The names in a namespace, "" being the topmost, one after the other: *cursor starts as 0. Returns
 * 0; TWZ_ENOENT: there are no more. */
TWZ_RT_API int64_t twz_rt_name_list(const char *space, uint64_t *cursor, struct twz_rt_name *entry);

#endif
