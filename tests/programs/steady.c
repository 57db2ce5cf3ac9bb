/* SPDX-License-Identifier: BSD-2-Clause */
#define TWZ_GATE_PROVIDER
#include "steady.h"

int64_t steady_seven_impl(int8_t a, uint16_t b, int32_t c, int64_t d, uint8_t e, int64_t f,
                          int16_t g)
{
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g;
}

int64_t steady_twelve_impl(int64_t a, double x, int64_t b, int64_t c, int64_t d, int64_t e,
                           int64_t f, int8_t g, float y, uint64_t h, int32_t i, int64_t j)
{
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * (int64_t)h + 9 * i + 10 * j +
           (int64_t)(100 * x) + (int64_t)(1000 * y);
}

int64_t steady_buffers_impl(const void *from, size_t from_size, void *to, size_t to_size,
                            void *both, size_t both_size, uint32_t a, int64_t b)
{
    for (size_t i = 0; i < from_size && i < to_size && i < both_size; i++) {
        ((char *)to)[i] = ((char *)both)[i];
        ((char *)both)[i] = ((const char *)from)[i];
    }
    return a + b;
}

int64_t steady_apply_impl(step_function *step, int64_t value, uint32_t times)
{
    for (uint32_t i = 0; i < times && step != NULL; i++)
        value = step(value);
    return value;
}

int64_t steady_loop_in_impl(step_function *step)
{
    for (;;)
        (void)step(1);
}
