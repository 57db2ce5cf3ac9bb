/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Version of the runtime ABI, and what its headers share. The version stands in the TWZ note of
 * every binary (twz-cc writes it): a binary runs with a runtime of the same major version and at
 * least its minor version.
 *
 * The groups: <twz/rt/core.h> start and end, <twz/rt/alloc.h> the heap, <twz/rt/io.h> output,
 * <twz/rt/object.h> objects by name, <twz/rt/info.h> the compartment and the system,
 * <twz/rt/time.h> clocks, <twz/rt/string.h> memory and strings. All work in C11 and C++11.
 *
 * A function that can fail returns a negated enum twz_error (<twz/sys/types.h>).
 */
#ifndef TWZ_RT_ABI_H
#define TWZ_RT_ABI_H

#include <twz/sys/types.h>

#define TWZ_RT_ABI_MAJOR 1u
#define TWZ_RT_ABI_MINOR 0u

#ifdef __cplusplus
#define TWZ_RT_API extern "C" __attribute__((visibility("default")))
#else
#define TWZ_RT_API extern __attribute__((visibility("default")))
#endif

#endif
