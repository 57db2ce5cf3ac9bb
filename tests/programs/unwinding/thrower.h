/* SPDX-License-Identifier: BSD-2-Clause */
/* A library in C++ that throws, and a program in C++ that it calls back. */
#ifndef THROWER_H
#define THROWER_H

#include <twz/gate.h>

TWZ_GATE(int64_t, thrower_catch, TWZ_VAL(int64_t, value))
TWZ_GATE(int64_t, thrower_throw, TWZ_VAL(uint32_t, frames), TWZ_INOUT(text, 16))
TWZ_GATE(int64_t, thrower_live)
TWZ_GATE(int64_t, thrower_abort)
TWZ_GATE(int64_t, thrower_jump, TWZ_VAL(int32_t, value))
/* Keeps a place, some frames down, and jumps there when it has ended. */
TWZ_GATE(int64_t, thrower_keep, TWZ_VAL(int32_t, frames))
TWZ_GATE(int64_t, thrower_leap, TWZ_VAL(int32_t, frames))
/* Keeps a place, and calls the program, which calls thrower_leap(). 1: that came back as it should.
 */
TWZ_GATE(int64_t, thrower_around)
/* Calls the program's gate below and goes on unwinding when that did. */
TWZ_GATE(int64_t, thrower_through, TWZ_VAL(uint32_t, times))

#endif
