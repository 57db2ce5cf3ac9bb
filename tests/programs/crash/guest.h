/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GUEST_H
#define GUEST_H

#include <twz/gate.h>

/* Of libguest.so, which main loads into the same compartment: 100 times how often its constructor
 * ran, and how often it was called. */
TWZ_GATE(int64_t, guest_count)

#endif
