/* SPDX-License-Identifier: BSD-2-Clause */
/* The gate of the program. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <twz/gate.h>

/* Calls thrower_through() times - 1, and throws at 0. */
TWZ_GATE(int64_t, program_throw, TWZ_VAL(uint32_t, times))

/* Calls thrower_leap(); its status. */
TWZ_GATE(int64_t, program_leap)

#endif
