/* SPDX-License-Identifier: BSD-2-Clause */
/* Inline system calls for freestanding user code; see <twz/sys/syscall.h> for the ABI. */
#ifndef TWZ_SYS_CALL_H
#define TWZ_SYS_CALL_H

#include <twz/sys/syscall.h>

static inline int64_t twz_syscall6(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                                   uint64_t e, uint64_t f)
{
    register uint64_t r10 __asm__("r10") = d;
    register uint64_t r8 __asm__("r8") = e;
    register uint64_t r9 __asm__("r9") = f;
    int64_t result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

#define twz_syscall0(n)                twz_syscall6(n, 0, 0, 0, 0, 0, 0)
#define twz_syscall1(n, a)             twz_syscall6(n, a, 0, 0, 0, 0, 0)
#define twz_syscall2(n, a, b)          twz_syscall6(n, a, b, 0, 0, 0, 0)
#define twz_syscall3(n, a, b, c)       twz_syscall6(n, a, b, c, 0, 0, 0)
#define twz_syscall4(n, a, b, c, d)    twz_syscall6(n, a, b, c, d, 0, 0)
#define twz_syscall5(n, a, b, c, d, e) twz_syscall6(n, a, b, c, d, e, 0)

#endif
