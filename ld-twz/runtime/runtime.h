/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of libtwzrt share. */
#ifndef TWZ_RUNTIME_H
#define TWZ_RUNTIME_H

#include <twz/rt/state.h>

/* The compartment's record, set before anything else of the compartment runs. */
extern const struct twz_rt_state *twz_rt_own_state __attribute__((visibility("hidden")));

/* Calls what atexit() registered, then the destructors, once. */
__attribute__((visibility("hidden"))) void twz_rt_finish(void);

#endif
