/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WEAK_H
#define WEAK_H

#include <twz/gate.h>

/* Writes to nowhere, four functions deep. */
TWZ_GATE(int64_t, weak_crash)
/* Follows a chain of frames that leads in a circle, and one that leads elsewhere. */
TWZ_GATE(int64_t, weak_lie, TWZ_VAL(uint64_t, frame))
/* Loads libextra.so into its own compartment; 9 when that works. */
TWZ_GATE(int64_t, weak_load)
/* Whether it is there. */
TWZ_GATE(int64_t, weak_loaded)
/* Loads libstuck.so, whose resolver does not return. */
TWZ_GATE(int64_t, weak_stuck)
/* Loads libslow.so, whose resolvers take their time. */
TWZ_GATE(int64_t, weak_slow)
/* Starts so many threads that ask for symbols all the time; 0: ends them. */
TWZ_GATE(int64_t, weak_crowd, TWZ_VAL(uint32_t, count))
/* Loads libwaste.so, whose load fails, again and again. */
TWZ_GATE(int64_t, weak_waste)

#endif
