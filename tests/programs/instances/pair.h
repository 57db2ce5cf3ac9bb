/* SPDX-License-Identifier: BSD-2-Clause */
/* What another compartment sees of libtwin.so. */
#include <twz/gate.h>

TWZ_GATE(int64_t, pair_count)
TWZ_GATE(int64_t, pair_sum)
TWZ_GATE(uint64_t, pair_entry)
/* Whether dlsym() finds quiet_count, a gate of a compartment that pair does not import. */
TWZ_GATE(int64_t, pair_asks)
