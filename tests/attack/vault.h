/* SPDX-License-Identifier: BSD-2-Clause */
/* A third compartment. The victim may call it, the attack may not. */
#ifndef VAULT_H
#define VAULT_H

#include <twz/gate.h>

TWZ_GATE(int64_t, vault_open)
/* Is busy for a while. An attack may call this one where its policy says so. */
TWZ_GATE(int64_t, vault_work)

#endif
