/* SPDX-License-Identifier: BSD-2-Clause */
/* The loader's one gate. */
#define TWZ_GATE_PROVIDER
#include "loader.h"
#include <twz/gate.h>

/* Carries out the request at this address. 0, or a negated enum twz_error when it is not one. */
TWZ_GATE(int64_t, twz_loader_run, TWZ_VAL(uint64_t, request))

/* What <twz/gate.h> asks of a runtime: threads have nothing to prepare here. */
int64_t twz_rt_gate_enter(void)
{
    return 0;
}
