/* SPDX-License-Identifier: BSD-2-Clause */
/* A gate of the vault that looks at its caller's stack. */
#ifndef VAULT_LEND_H
#define VAULT_LEND_H

TWZ_GATE(int64_t, vault_lend, TWZ_VAL(uint64_t, address))

#endif
