/* SPDX-License-Identifier: BSD-2-Clause */
/* Runtime ABI, clocks. */
#ifndef TWZ_RT_TIME_H
#define TWZ_RT_TIME_H

#include <twz/rt/abi.h>

/* Nanoseconds since the system started; never goes back. */
TWZ_RT_API uint64_t twz_rt_clock(void);
/* Nanoseconds since 1970, UTC, as far as the machine knows; else since the system started. */
TWZ_RT_API uint64_t twz_rt_calendar(void);

/* Nanoseconds between two ticks of what ends sleeps and deadlines. */
TWZ_RT_API uint64_t twz_rt_clock_tick(void);
/* Returns when twz_rt_clock() has reached `deadline`, at the next tick. */
TWZ_RT_API void twz_rt_sleep_until(uint64_t deadline);

#endif
