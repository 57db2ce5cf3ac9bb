/* SPDX-License-Identifier: BSD-2-Clause */
#define TWZ_GATE_PROVIDER
#include "tally.h"

int64_t tally_impl(const void *text, size_t text_size, uint32_t letter)
{
    int64_t n = 0;
    for (size_t i = 0; i < text_size; i++)
        n += ((const unsigned char *)text)[i] == letter;
    return n;
}
