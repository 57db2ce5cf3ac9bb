/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Extensions: what an object or a library can do beyond what everybody knows of it. An extension is
 * a tag, on whose meaning people agree, and a table of functions; twz-object(5) says where they
 * stand. `objtool pack --extension` gives them to libraries, twz_rt_extension_add() to objects in
 * memory.
 *
 * Nothing that stands in an object is believed. Each function below reads it once, into memory of
 * its own, and refuses a list that is not sorted, names a tag twice or has a table outside the
 * object. What is found are functions that this compartment may call: code of its own libraries,
 * or stubs of gates. Functions of other compartments are refused, and a call of their addresses
 * would be stopped: the way there is a gate.
 *
 * Changes are not synchronised with each other, nor with who searches: sharers of an object agree
 * on a lock. A list that is half changed is refused like any other that is wrong, or found as it
 * was.
 */
#ifndef TWZ_EXTENSION_H
#define TWZ_EXTENSION_H

#include <twz/rt/object.h>

typedef void twz_rt_function(void); /* cast to what the extension says that it is */

/*
 * Searches for an extension, and copies the first `room` functions of its table, in order. Returns
 * how many functions the table has, which can be more. TWZ_ENOENT: there is no such extension;
 * TWZ_EINVAL: the object's list, or this table of it, is not what it has to be; TWZ_EPERM: one of
 * these functions is none that this compartment may call; TWZ_ENOMEM. What `functions` holds after
 * a failure means nothing.
 *
 * In an object: one that was opened, made, or handed over.
 */
TWZ_RT_API int64_t twz_rt_extension_find(const struct twz_rt_object *object, struct twz_id tag,
                                         twz_rt_function **functions, uint32_t room);
/* In the library of this compartment that has an address. TWZ_ENOENT as well: none has. */
TWZ_RT_API int64_t twz_rt_extension_find_at(const void *address, struct twz_id tag,
                                            twz_rt_function **functions, uint32_t room);
/* In a library by its handle (<twz/rt/dl.h>; that of dlopen() is one more). TWZ_ENOENT as well: the
 * library lives in another compartment, where only its gates can be called. */
TWZ_RT_API int64_t twz_rt_extension_find_in(uint64_t handle, struct twz_id tag,
                                            twz_rt_function **functions, uint32_t room);

/* Gives an object of memory an extension: `count` functions at `table`, which lies in the object
 * and is 8-byte aligned. Nothing is said of the functions; they are looked at when they are found.
 * TWZ_EPERM: the object is not this compartment's to write; TWZ_EEXIST: it has one of this tag;
 * TWZ_EINVAL: the table is outside the object, or the list is wrong already; TWZ_ELIMIT: it has
 * 1024, or no room for more at its end; TWZ_ENOMEM. */
TWZ_RT_API int64_t twz_rt_extension_add(const struct twz_rt_object *object, struct twz_id tag,
                                        twz_rt_function *const *table, uint32_t count);
/* Takes it away; the table stays as it is. TWZ_ENOENT; TWZ_EPERM, TWZ_EINVAL and TWZ_ENOMEM as
 * above. */
TWZ_RT_API int64_t twz_rt_extension_remove(const struct twz_rt_object *object, struct twz_id tag);

#endif
