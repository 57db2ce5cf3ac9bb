/* SPDX-License-Identifier: BSD-2-Clause */
#include <twz/gate.h>

TWZ_GATE(int64_t, side_count)
TWZ_GATE(int64_t, side_loads)
TWZ_GATE(int64_t, side_hangs)
