/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VAULT_H
#define VAULT_H

#include <twz/gate.h>

/* Says that it is well. The policy lets main import this one, */
TWZ_GATE(int64_t, vault_ask)
/* and this one nobody. */
TWZ_GATE(int64_t, vault_open)

#endif
