/* SPDX-License-Identifier: BSD-2-Clause */
/* Gates of tests/programs/calls.c itself, to be called back. */
#ifndef CALLS_MAIN_H
#define CALLS_MAIN_H

#include <twz/gate.h>

TWZ_GATE(int64_t, calls_double, TWZ_VAL(int64_t, value))
TWZ_GATE(int64_t, calls_deeper, TWZ_VAL(int64_t, value))
TWZ_GATE(int64_t, calls_crash, TWZ_VAL(int64_t, value))

#endif
