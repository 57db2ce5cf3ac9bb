/* SPDX-License-Identifier: BSD-2-Clause */
/* The gate of libsandbox.so: Lua scripts in a compartment with a quota of memory and time. */
#ifndef SANDBOX_GATES_H
#define SANDBOX_GATES_H

#include <twz/gate.h>

#define SANDBOX_SCRIPT_MAX (1u << 16)
#define SANDBOX_RESULT_MAX 1024u

/* Runs a script in a Lua state of its own. `result` is what it returned, as text, or its error.
 * Returns 0, or TWZ_EINVAL when the script had an error. */
TWZ_GATE(int64_t, sandbox_run, TWZ_STRING(script, SANDBOX_SCRIPT_MAX),
         TWZ_OUT(result, SANDBOX_RESULT_MAX))

#endif
