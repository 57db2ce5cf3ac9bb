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

#define XMM_OFFSET 160 /* SDM volume 1, 13.4.1 */
#define XMM_SIZE   16
#define XSTATE_BV  512
#define XSTATE_SSE 2

void k_vectors_keep(uint32_t registers)
{
    struct k_vectors now, kept;
    k_vectors_init(&kept);
    if (registers != 0) {
        k_vectors_save(&now);
        kept.bytes[XSTATE_BV] = XSTATE_SSE;
        for (unsigned i = 0; i < 8; i++) {
            if (registers >> i & 1)
                memcpy(kept.bytes + XMM_OFFSET + i * XMM_SIZE,
                       now.bytes + XMM_OFFSET + i * XMM_SIZE, XMM_SIZE);
        }
    }
    k_vectors_load(&kept);
}
