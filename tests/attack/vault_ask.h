/* SPDX-License-Identifier: BSD-2-Clause */
/* Gates of the vault that attacks named plain-* are granted. */
#ifndef VAULT_ASK_H
#define VAULT_ASK_H

#include <twz/gate.h>

enum { VAULT_OPEN, VAULT_ASK, VAULT_CODE };

/* The address of a gate's entry, or of a function that is none: no secret. */
TWZ_GATE(uint64_t, vault_where, TWZ_VAL(uint32_t, which))
/* Its argument and one. */
TWZ_GATE(int64_t, vault_ask, TWZ_VAL(uint64_t, value))

#endif
