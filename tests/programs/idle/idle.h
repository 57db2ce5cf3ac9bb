/* SPDX-License-Identifier: BSD-2-Clause */
/* Compartments with a C library of their own that have nothing to do. */
#ifndef IDLE_H
#define IDLE_H

#include <twz/gate.h>

TWZ_GATE(int64_t, idle_0, TWZ_VAL(int64_t, value))
TWZ_GATE(int64_t, idle_1, TWZ_VAL(int64_t, value))
TWZ_GATE(int64_t, idle_2, TWZ_VAL(int64_t, value))
TWZ_GATE(int64_t, idle_3, TWZ_VAL(int64_t, value))

#endif
