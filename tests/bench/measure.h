/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What our benchmark of the kernel and its peer on Linux measure with: the time stamp counter,
 * which counts instructions under -icount shift=0,sleep=off, user and kernel together. Whoever
 * includes this says before how many ROUNDS there are, and has a row() that prints `row NAME TAB
 * COUNT`.
 */
#ifndef TWZ_MEASURE_H
#define TWZ_MEASURE_H

#include <stdint.h>

static void row(const char *name, uint64_t count);

static uint64_t overhead; /* of the two reads of the counter */

static inline uint64_t now(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}

/* The smallest of ROUNDS measurements of what `body` does. */
#define MEASURE(name, body)                                                                        \
    do {                                                                                           \
        uint64_t best = UINT64_MAX;                                                                \
        for (unsigned round = 0; round < ROUNDS; round++) {                                        \
            uint64_t start = now();                                                                \
            body;                                                                                  \
            uint64_t count = now() - start - overhead;                                             \
            best = count < best ? count : best;                                                    \
        }                                                                                          \
        row(name, best);                                                                           \
    } while (0)

static inline void measure_overhead(void)
{
    overhead = UINT64_MAX;
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t start = now();
        uint64_t count = now() - start;
        overhead = count < overhead ? count : overhead;
    }
}

#endif
