/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runtime ABI, programs: what one is started with. A program that has no main() may have
 *
 *     int cli_main(struct twz_rt_arguments arguments)
 *
 * instead, a classic command over typed arguments: twz-cc supplies the main() that calls it, and
 * others, a command line for example, may call it themselves. <twz/rt/dl.h> has libraries.
 */
#ifndef TWZ_RT_EXEC_H
#define TWZ_RT_EXEC_H

#include <twz/rt/abi.h>

struct twz_rt_arguments {
    size_t count;            /* the first is the program's name */
    const char *const *list; /* `count` strings, then NULL */
};

/* The program's own to define: returns its exit status. */
TWZ_RT_API int cli_main(struct twz_rt_arguments arguments);

/* Those that this program was started with; count 0 in a compartment without program. */
TWZ_RT_API struct twz_rt_arguments twz_rt_arguments(void);

#endif
