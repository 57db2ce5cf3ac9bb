/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXTRA_H
#define EXTRA_H

#include <twz/gate.h>

/* Of libextra.so, which its compartment loads by itself. */
TWZ_GATE(int64_t, extra_gate)

#endif
