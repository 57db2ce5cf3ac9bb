/* SPDX-License-Identifier: BSD-2-Clause */
/* Hands the kernel pointers to memory of others: it uses memory with the caller's rights alone. */
#include "attack.h"
#include <twz/sys/call.h>

static int64_t try(uint64_t number, uint64_t a, uint64_t b)
{
    return twz_syscall2(number, a, b) >= 0;
}

ATTACK
{
    static struct twz_object_spec spec;
    const uint64_t places[] = {data,
                               text,
                               stack,
                               heap,
                               0,
                               8,
                               0xffffffff80000000ull,
                               UINT64_MAX - 7,
                               0x00007ffffffffff8ull,
                               0x0000800000000000ull,
                               0x4000010000001000ull,
                               0xfffffffffffff000ull};
    int64_t got = 0;
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++) {
        got += try(TWZ_SYS_OBJECT_CREATE, (uintptr_t)&spec, places[i]);
        got += try(TWZ_SYS_OBJECT_CREATE, places[i], (uintptr_t)&spec);
        got += try(TWZ_SYS_GATE_CALLER, places[i], 0);
        got += try(TWZ_SYS_OBJECT_COPY, places[i], 0);
        got += twz_syscall3(TWZ_SYS_VIEW_INFO, 40, places[i], 0) >= 0;
    }
    return got;
}
