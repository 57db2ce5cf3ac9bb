/* SPDX-License-Identifier: BSD-2-Clause */
#include <twz/gate.h>

TWZ_GATE(int64_t, tally, TWZ_IN(text, 1 << 16), TWZ_VAL(uint32_t, letter))
