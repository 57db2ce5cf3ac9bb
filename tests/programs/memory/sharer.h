/* SPDX-License-Identifier: BSD-2-Clause */
/* A compartment that is handed memory of the program, and does not deserve it. */
#ifndef SHARER_H
#define SHARER_H

#include <twz/gate.h>

TWZ_GATE(int64_t, sharer_read, TWZ_VAL(uint64_t, address))
TWZ_GATE(int64_t, sharer_write, TWZ_VAL(uint64_t, address), TWZ_VAL(uint64_t, size),
         TWZ_VAL(uint32_t, byte))
/* Acts as if the heap were its own; returns how much of that was not refused. */
TWZ_GATE(int64_t, sharer_steal, TWZ_VAL(uint64_t, heap))

#endif
