/* SPDX-License-Identifier: BSD-2-Clause */
/* Gates of libsteady.so with more to pass than registers, and with callbacks. */
#ifndef STEADY_H
#define STEADY_H

#include <twz/gate.h>

typedef int64_t step_function(int64_t value);

TWZ_GATE(int64_t, steady_seven, TWZ_VAL(int8_t, a), TWZ_VAL(uint16_t, b), TWZ_VAL(int32_t, c),
         TWZ_VAL(int64_t, d), TWZ_VAL(uint8_t, e), TWZ_VAL(int64_t, f), TWZ_VAL(int16_t, g))
TWZ_GATE(int64_t, steady_twelve, TWZ_VAL(int64_t, a), TWZ_VAL(double, x), TWZ_VAL(int64_t, b),
         TWZ_VAL(int64_t, c), TWZ_VAL(int64_t, d), TWZ_VAL(int64_t, e), TWZ_VAL(int64_t, f),
         TWZ_VAL(int8_t, g), TWZ_VAL(float, y), TWZ_VAL(uint64_t, h), TWZ_VAL(int32_t, i),
         TWZ_VAL(int64_t, j))
TWZ_GATE(int64_t, steady_buffers, TWZ_IN(from, 100), TWZ_OUT(to, 100), TWZ_INOUT(both, 100),
         TWZ_VAL(uint32_t, a), TWZ_VAL(int64_t, b))
TWZ_GATE(int64_t, steady_apply, TWZ_CALLBACK(step_function, step), TWZ_VAL(int64_t, value),
         TWZ_VAL(uint32_t, times))
TWZ_GATE(int64_t, steady_loop_in, TWZ_CALLBACK(step_function, step))

#endif
