/* SPDX-License-Identifier: BSD-2-Clause */
/* The functions of the program that a script may call: gates of the program's own, which the policy
 * lets the sandbox import. In Lua they are host.log() and host.lookup(). */
#ifndef HOST_GATES_H
#define HOST_GATES_H

#include <twz/gate.h>

#define HOST_TEXT_MAX 256u

TWZ_GATE(int64_t, host_log, TWZ_STRING(text, HOST_TEXT_MAX))
/* Returns the length of the value; TWZ_ENOENT: there is none. */
TWZ_GATE(int64_t, host_lookup, TWZ_STRING(key, HOST_TEXT_MAX), TWZ_OUT(value, HOST_TEXT_MAX))

#endif
