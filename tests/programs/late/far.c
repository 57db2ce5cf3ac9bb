/* SPDX-License-Identifier: BSD-2-Clause */
#define TWZ_GATE_PROVIDER
#include <twz/gate.h>

TWZ_GATE(int64_t, far_gate)

int64_t far_gate_impl(void)
{
    return 77;
}
