/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The gates of the naming service, libtwznames.so, which a policy puts into a compartment of its
 * own. The runtime calls them for <twz/rt/object.h>; a compartment may do what it imports.
 */
#ifndef TWZ_NAMES_GATES_H
#define TWZ_NAMES_GATES_H

#include <twz/gate.h>
#include <twz/rt/object.h>

TWZ_GATE(int64_t, twz_names_lookup, TWZ_STRING(name, TWZ_RT_NAME_MAX),
         TWZ_OUT(found, sizeof(struct twz_rt_name)))
TWZ_GATE(int64_t, twz_names_list, TWZ_STRING(space, TWZ_RT_NAME_MAX), TWZ_VAL(uint64_t, cursor),
         TWZ_OUT(entry, sizeof(struct twz_rt_name)))
TWZ_GATE(int64_t, twz_names_bind, TWZ_STRING(name, TWZ_RT_NAME_MAX), TWZ_HANDLE(id))
TWZ_GATE(int64_t, twz_names_space, TWZ_STRING(name, TWZ_RT_NAME_MAX))
TWZ_GATE(int64_t, twz_names_rename, TWZ_STRING(from, TWZ_RT_NAME_MAX),
         TWZ_STRING(to, TWZ_RT_NAME_MAX))
TWZ_GATE(int64_t, twz_names_remove, TWZ_STRING(name, TWZ_RT_NAME_MAX))

#endif
