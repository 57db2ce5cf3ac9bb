/* SPDX-License-Identifier: BSD-2-Clause */
/* How the victim calls an attack: see attack.h. */
#ifndef ATTACK_GATES_H
#define ATTACK_GATES_H

#include <twz/gate.h>

TWZ_GATE(int64_t, attack, TWZ_VAL(uint32_t, round), TWZ_VAL(uint64_t, data),
         TWZ_VAL(uint64_t, text), TWZ_VAL(uint64_t, stack), TWZ_VAL(uint64_t, heap))
TWZ_GATE(int64_t, attack_know, TWZ_HANDLE(object))

#endif
