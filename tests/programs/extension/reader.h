/* SPDX-License-Identifier: BSD-2-Clause */
/* Gates of a compartment that is handed an object with extensions, and does not deserve it. */
#ifndef READER_H
#define READER_H

#include <twz/gate.h>

TWZ_GATE(int64_t, reader_count)
/* What it finds in an object that was handed over: the result, or of its first function. */
TWZ_GATE(int64_t, reader_find, TWZ_HANDLE(object), TWZ_HANDLE(tag))
TWZ_GATE(int64_t, reader_run, TWZ_HANDLE(object), TWZ_HANDLE(tag))
/* Adds an extension with functions of its own; the first is at the result. */
TWZ_GATE(int64_t, reader_add, TWZ_HANDLE(object), TWZ_HANDLE(tag))
/* Calls whatever is there. */
TWZ_GATE(int64_t, reader_call, TWZ_VAL(uint64_t, address))

#endif
