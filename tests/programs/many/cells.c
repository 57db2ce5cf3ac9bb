/* SPDX-License-Identifier: BSD-2-Clause */
/* A tiny library of five gates, A to E. Each of the five compartments that hold an instance of it
 * offers one of them. */
#include <stdint.h>
#define TWZ_GATE_PROVIDER
#include <twz/gate.h>

#define CELL_(n)                                                                                   \
    TWZ_GATE(int64_t, cell_##n, TWZ_VAL(int64_t, value))                                           \
    int64_t cell_##n##_impl(int64_t value)                                                         \
    {                                                                                              \
        return ++calls * 1000000 + value + n;                                                      \
    }
#define CELL(n) CELL_(n)

static int64_t calls; /* of the instance */

CELL(A)
CELL(B)
CELL(C)
CELL(D)
CELL(E)
