/* SPDX-License-Identifier: BSD-2-Clause */
/* What runs inside compartments: no global data, only arguments, registers and system calls. */
#include "entries.h"

static int64_t system_call(const volatile uint64_t *a)
{
    return twz_syscall6(a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
}

uint64_t f_syscall_write(uint64_t at)
{
    const volatile uint64_t *a = (const volatile uint64_t *)at;
    volatile uint8_t *target = (volatile uint8_t *)a[7];
    system_call(a);
    *target = 0x5a;
    return 0;
}

/* sudo: attach to a context, become it, read, come back, let go. The page: context ID, own ID,
 * address. What each step gave stands in the eight bytes of the result, 0xff: an error. */
uint64_t f_sudo(uint64_t at)
{
    const volatile uint64_t *a = (const volatile uint64_t *)at;
    uint64_t hi = a[0], lo = a[1], own_hi = a[2], own_lo = a[3], address = a[4];
    uint64_t steps = 0;
    steps |= (uint64_t)(uint8_t)twz_syscall5(TWZ_SYS_CONTEXT_ATTACH, hi, lo, 0, 0, 0);
    steps |= (uint64_t)(uint8_t)twz_syscall2(TWZ_SYS_CONTEXT_ACTIVATE, hi, lo) << 8;
    steps |= (uint64_t) * (volatile uint8_t *)address << 16;
    steps |= (uint64_t)(uint8_t)twz_syscall2(TWZ_SYS_CONTEXT_ACTIVATE, own_hi, own_lo) << 24;
    steps |= (uint64_t)(uint8_t)twz_syscall4(TWZ_SYS_CONTEXT_DETACH, hi, lo, 0, 0) << 32;
    return steps;
}

/* Becomes another context, reads, and leaves it to the return to come back. */
uint64_t f_raise_and_return(uint64_t at)
{
    const volatile uint64_t *a = (const volatile uint64_t *)at;
    uint64_t address = a[4];
    if (twz_syscall2(TWZ_SYS_CONTEXT_ACTIVATE, a[0], a[1]) < 0)
        return UINT64_MAX;
    return *(volatile uint8_t *)address;
}

/* Becomes another context and does what that may not. */
uint64_t f_raise_and_fault(uint64_t at)
{
    const volatile uint64_t *a = (const volatile uint64_t *)at;
    uint64_t address = a[4];
    if (twz_syscall2(TWZ_SYS_CONTEXT_ACTIVATE, a[0], a[1]) < 0)
        return UINT64_MAX;
    *(volatile uint8_t *)address = 1;
    return 0;
}

/* Becomes another context for good, or tries to; then makes a system call of the page and returns
 * its result. */
uint64_t f_raise_and_call(uint64_t at)
{
    const volatile uint64_t *a = (const volatile uint64_t *)at;
    if (twz_syscall2(TWZ_SYS_CONTEXT_ACTIVATE, a[0], a[1]) < 0)
        return UINT64_MAX;
    return (uint64_t)system_call(a + 8);
}

/* Raises as often as it can, round and round between three contexts; the count comes back. */
uint64_t f_raise_deep(uint64_t at)
{
    const volatile uint64_t *a = (const volatile uint64_t *)at;
    uint64_t depth = 0;
    for (;; depth++) {
        const volatile uint64_t *to = a + 2 * (depth % 3);
        int64_t result = twz_syscall2(TWZ_SYS_CONTEXT_ACTIVATE, to[0], to[1]);
        if (result < 0)
            return result == -TWZ_EDEPTH ? depth : UINT64_MAX;
    }
}

/* Calls a gate of another compartment, which calls back, `depth` times in all. */
uint64_t g_mutual_body(uint64_t depth, uint64_t own, uint64_t other)
{
    if (depth == 0)
        return 0;
    int64_t result = ((gate_function *)other)(depth - 1, other, own, 0, 0, 0);
    return (uint64_t)(result < 0 ? result : result + 1);
}
