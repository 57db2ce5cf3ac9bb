/* SPDX-License-Identifier: BSD-2-Clause */
/* LEND_NAME is the library, LEND_ISOLATION what it demands. */
#define TWZ_GATE_ISOLATION LEND_ISOLATION
#define TWZ_GATE_FRAME     48 /* a return address and four words: not what the caller has saved */
#define TWZ_GATE_PROVIDER
#include <twz/gate.h>

#include "lend.h"

#define JOIN_(a, b) a##b
#define JOIN(a, b)  JOIN_(a, b)
#define GATE(name)  JOIN(JOIN(LEND_NAME, name), _impl)
#define GATES(name) LEND_GATES(name)
GATES(LEND_NAME)

static int64_t count;

int64_t GATE(_sum)(uint64_t address)
{
    const volatile int64_t *words = (const volatile int64_t *)address;
    return words[0] + words[1] + words[2] + words[3];
}

int64_t GATE(_add)(uint64_t address, int64_t value)
{
    volatile int64_t *words = (volatile int64_t *)address;
    words[0] += value;
    return words[0];
}

/* How often a value stands in the rest of the page. */
int64_t GATE(_above)(uint64_t address, int64_t value)
{
    int64_t found = 0;
    for (uint64_t at = address; at % 4096 != 0; at += 8)
        found += *(const volatile int64_t *)at == value;
    return found;
}

/* Where _sum itself is, beside its stub. */
uint64_t GATE(_entry)(void)
{
    return (uint64_t)JOIN(LEND_NAME, _sum);
}

int64_t GATE(_count)(void)
{
    return ++count;
}

/* No gate: the same code as _count, under a name that is exported like any other. */
__attribute__((visibility("default"))) int64_t JOIN(LEND_NAME, _ordinary)(void);
int64_t JOIN(LEND_NAME, _ordinary)(void)
{
    return ++count;
}
