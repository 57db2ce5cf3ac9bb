/* SPDX-License-Identifier: BSD-2-Clause */
/* A library whose constants are in a slot of their own, in a compartment. */
#include <twz/gate.h>

TWZ_GATE(int64_t, apart_sum) /* of its constants, through pointers that were relocated */
TWZ_GATE(uint64_t, apart_place, TWZ_VAL(int, what)) /* addresses: 0 a constant, 1 code, 2 data */
TWZ_GATE(int64_t, apart_write)                      /* writes a constant */
TWZ_GATE(int64_t, apart_run)                        /* runs one */
TWZ_GATE(int64_t, apart_unwinds)                    /* whether unwinders find its tables */
