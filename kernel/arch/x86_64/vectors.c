/* SPDX-License-Identifier: BSD-2-Clause */
/* x87, SSE and AVX state. The kernel itself never uses these registers. */
#include "entry.h"
#include <string.h>

#define FCW_START   0x037f /* all exceptions masked, 64-bit mantissa, to nearest */
#define MXCSR_START 0x1f80 /* all exceptions masked, to nearest */

/* XSTATE_BV is zero: XRSTOR puts every component into its initial state and takes MXCSR. */
const struct k_vectors k_vectors_start = {
    .bytes = {[0] = FCW_START & 0xff,
              [1] = FCW_START >> 8,
              [24] = MXCSR_START & 0xff,
              [25] = MXCSR_START >> 8},
};

void k_vectors_init(struct k_vectors *vectors)
{
    memcpy(vectors, &k_vectors_start, sizeof *vectors);
}

void k_vectors_save(struct k_vectors *vectors)
{
    __asm__ volatile("xsave %0" : "=m"(*vectors) : "a"(7), "d"(0));
}

void k_vectors_load(const struct k_vectors *vectors)
{
    __asm__ volatile("xrstor %0" ::"m"(*vectors), "a"(7), "d"(0));
}

void k_vectors_clear(void)
{
    k_vectors_load(&k_vectors_start);
}
