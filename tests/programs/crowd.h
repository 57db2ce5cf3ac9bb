/* SPDX-License-Identifier: BSD-2-Clause */
/* Gates of libcrowd.so, which the threads of threads.c meet in. */
#ifndef CROWD_H
#define CROWD_H

#include <twz/gate.h>

/* Where the caller's stack, thread block and thread-local counter are in the callee. */
struct crowd_place {
    uint64_t stack, block, tls, number;
};
TWZ_GATE(int64_t, crowd_place, TWZ_OUT(place, sizeof(struct crowd_place)))
/* Waits in the callee until `count` threads do. */
TWZ_GATE(int64_t, crowd_meet, TWZ_VAL(uint32_t, count))
/* How many threads were ever inside at the same time, at most. */
TWZ_GATE(int64_t, crowd_most)
TWZ_GATE(int64_t, crowd_exit)
TWZ_GATE(int64_t, crowd_fault)
TWZ_GATE(int64_t, crowd_loop)
/* Looks at the bytes twice, with pauses; the difference of what it saw. */
TWZ_GATE(int64_t, crowd_look_twice, TWZ_IN(bytes, 65536))

#endif
