/* SPDX-License-Identifier: BSD-2-Clause */
/* Tries to become its caller, whose context's ID it knows, and to loosen what restricts itself. */
#include "attack.h"
#include <twz/sys/call.h>

/* 1 when the call succeeded. */
static int64_t try(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                   uint64_t f)
{
    return twz_syscall6(number, a, b, c, d, e, f) >= 0;
}

ATTACK
{
    struct twz_id caller = {0, 0};
    static struct twz_rights_info info;
    int64_t got = twz_syscall1(TWZ_SYS_GATE_CALLER, (uintptr_t)&caller) < 0;
    const uint64_t hi = caller.hi, lo = caller.lo;
    const uint64_t other_hi = attack_object.hi, other_lo = attack_object.lo;
    got += try(TWZ_SYS_CONTEXT_ATTACH, hi, lo, 0, 0, 0, 0);
    got += try(TWZ_SYS_CONTEXT_ATTACH, hi, lo, TWZ_ATTACH_UNDETACHABLE, 0, 0, 0);
    got += try(TWZ_SYS_CONTEXT_ACTIVATE, hi, lo, 0, 0, 0, 0);
    got += try(TWZ_SYS_CONTEXT_GRANT, hi, lo, other_hi, other_lo, TWZ_READ, 0);
    got += try(TWZ_SYS_CONTEXT_REVOKE, hi, lo, other_hi, other_lo, 0, 0);
    got += try(TWZ_SYS_CONTEXT_MASK, hi, lo, other_hi, other_lo, 0, 0);
    got += try(TWZ_SYS_CONTEXT_GLOBAL_MASK, hi, lo, 0, 0, 0, 0);
    got += try(TWZ_SYS_CONTEXT_GATE_RANGE, hi, lo, other_hi, other_lo, 0, 0);
    got += try(TWZ_SYS_CONTEXT_RIGHTS, hi, lo, other_hi, other_lo, (uintptr_t)&info, 0);
    got += try(TWZ_SYS_CONTEXT_STATUS, hi, lo, TWZ_CONTEXT_DEAD, 0, 0, 0);
    got += try(TWZ_SYS_OBJECT_DELETE, hi, lo, 0, 0, 0, 0);
    for (uint64_t i = 0; i < 1000; i++)
        got += try(TWZ_SYS_CONTEXT_ATTACH, hi, lo ^ i * 0x9e3779b97f4a7c15, 0, 0, 0, 0);
    return got;
}
