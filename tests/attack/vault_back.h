/* SPDX-License-Identifier: BSD-2-Clause */
/* A gate of the vault that calls its caller back, on the stack that it has then. */
#ifndef VAULT_BACK_H
#define VAULT_BACK_H

#include <twz/gate.h>

typedef int64_t vault_step(int64_t deep);

TWZ_GATE(int64_t, vault_back, TWZ_CALLBACK(vault_step, step), TWZ_VAL(int64_t, deep))

#endif
