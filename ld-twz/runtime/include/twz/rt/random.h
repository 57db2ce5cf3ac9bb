/* SPDX-License-Identifier: BSD-2-Clause */
/* Runtime ABI, randomness. */
#ifndef TWZ_RT_RANDOM_H
#define TWZ_RT_RANDOM_H

#include <twz/rt/error.h>

/* Fills `size` bytes from the processor's generator. TWZ_ENOTSUP: it has none. */
TWZ_RT_API int64_t twz_rt_random(void *bytes, size_t size);

#endif
