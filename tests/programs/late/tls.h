/* SPDX-License-Identifier: BSD-2-Clause */
#include <twz/gate.h>

/* One step of all models in the peer's compartment; 0 when each gave what it should. */
TWZ_GATE(int64_t, tls_step, TWZ_VAL(uint32_t, number))
