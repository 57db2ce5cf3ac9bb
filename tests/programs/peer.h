/* SPDX-License-Identifier: BSD-2-Clause */
/* Gates of libpeer.so, the other side of the self test. */
#ifndef PEER_H
#define PEER_H

#include <twz/gate.h>

TWZ_GATE(uint64_t, peer_allocate, TWZ_VAL(uint32_t, size))
TWZ_GATE(int64_t, peer_write, TWZ_VAL(uint64_t, address))
TWZ_GATE(int64_t, peer_constructed)
TWZ_GATE(int64_t, peer_count)
TWZ_GATE(int64_t, peer_tls)
TWZ_GATE(int64_t, peer_add, TWZ_VAL(int8_t, a), TWZ_VAL(int16_t, b), TWZ_VAL(int32_t, c),
         TWZ_VAL(int64_t, d), TWZ_VAL(uint8_t, e), TWZ_VAL(bool, f))
TWZ_GATE(double, peer_scale, TWZ_VAL(double, x), TWZ_VAL(float, y))
TWZ_GATE(int64_t, peer_copy, TWZ_IN(from, 4096), TWZ_OUT(to, 4096))
TWZ_GATE(int64_t, peer_reverse, TWZ_INOUT(bytes, 100))
TWZ_GATE(int64_t, peer_length, TWZ_STRING(text, 16))
TWZ_GATE(int64_t, peer_id, TWZ_HANDLE(id))
TWZ_GATE(int64_t, peer_caller, TWZ_OUT(id, sizeof(struct twz_id)))
TWZ_GATE(int64_t, peer_registers)
TWZ_GATE(int64_t, peer_poison)
TWZ_GATE(int32_t, peer_minus_one)
TWZ_GATE(int64_t, peer_bounce, TWZ_VAL(uint32_t, times))
TWZ_GATE(int64_t, peer_dibs)

#endif
