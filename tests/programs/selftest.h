/* SPDX-License-Identifier: BSD-2-Clause */
/* The gate of the self test itself: its peer calls back. */
#ifndef SELFTEST_H
#define SELFTEST_H

#include <twz/gate.h>

TWZ_GATE(int64_t, self_bounce, TWZ_VAL(uint32_t, times))

#endif
