/* SPDX-License-Identifier: BSD-2-Clause */
/* A compartment that may look names up, but not change them. */
#include <twz/gate.h>

/* What twz_rt_name_lookup() and twz_rt_name_bind() say there. */
TWZ_GATE(int64_t, clerk_lookup, TWZ_STRING(name, 64))
TWZ_GATE(int64_t, clerk_bind, TWZ_STRING(name, 64), TWZ_HANDLE(id))
/* The first 8 bytes of the object of this name, if this compartment may read it. */
TWZ_GATE(int64_t, clerk_read, TWZ_STRING(name, 64))
/* Writes two lines, the second unfinished. */
TWZ_GATE(int64_t, clerk_speak)
