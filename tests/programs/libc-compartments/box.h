/* SPDX-License-Identifier: BSD-2-Clause */
/* A compartment with a C library of its own, reached through gates. */
#ifndef BOX_H
#define BOX_H

#include <twz/gate.h>

TWZ_GATE(int32_t, box_random, TWZ_VAL(uint32_t, seed))
TWZ_GATE(int32_t, box_has_file, TWZ_STRING(path, 256))
TWZ_GATE(int32_t, box_say, TWZ_STRING(text, 256))
TWZ_GATE(int32_t, box_count, TWZ_VAL(int32_t, add))
TWZ_GATE(int64_t, box_format, TWZ_OUT(text, 256), TWZ_VAL(double, number))
TWZ_GATE(int32_t, box_errno, TWZ_VAL(int32_t, number))
TWZ_GATE(int64_t, box_data_address)
TWZ_GATE(int64_t, box_text_address)
TWZ_GATE(int32_t, box_key, TWZ_VAL(int32_t, value))
/* Reads a file to where there is no memory. */
TWZ_GATE(int32_t, box_spoil)
TWZ_GATE(int32_t, box_exit, TWZ_VAL(int32_t, status))

#endif
