/* SPDX-License-Identifier: BSD-2-Clause */
/* The gate of the program itself: the callback that takes rows. */
#ifndef ROW_GATES_H
#define ROW_GATES_H

#include "database_gates.h"
#include <twz/gate.h>

TWZ_GATE(int64_t, ask_row, TWZ_STRING(row, DATABASE_ROW_MAX))

#endif
