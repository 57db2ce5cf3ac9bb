/* SPDX-License-Identifier: BSD-2-Clause */
/* Every number below the gates' that is no system call, and the other ways that x86 has into a
 * kernel, one per round. */
#include "attack.h"
#include <stdbool.h>
#include <twz/sys/call.h>

static bool published(uint64_t number)
{
    switch (number) {
#define X(name, value, ...) case value:
        TWZ_SYSCALLS(X)
#undef X
        return true;
    default:
        return false;
    }
}

ATTACK
{
    int64_t got = 0;
    switch (round) {
    case 0:
        for (uint64_t number = 0; number < TWZ_SYS_GATE_BASE; number++)
            if (!published(number) && twz_syscall0(number) != -TWZ_ENOSYS)
                got++;
        return got;
    case 1:
        __asm__ volatile("sysenter" : : : "rcx", "rdx", "memory");
        break;
    case 2:
        __asm__ volatile("int $0x80" : : : "rax", "memory");
        break;
    case 3:
        __asm__ volatile("int $0x2e" : : : "rax", "memory");
        break;
    case 4: /* a far call to the kernel's code segment */
        __asm__ volatile("sub $16, %%rsp; movl $0, (%%rsp); movl $8, 4(%%rsp); lcall *(%%rsp)"
                         :
                         :
                         : "memory");
        break;
    case 5:
        (void)twz_syscall0(UINT64_MAX);
        break;
    case 6:
        (void)twz_syscall0(TWZ_SYS_GATE_BASE + TWZ_GATES_MAX);
        break;
    default:
        (void)twz_syscall0(0x100001000);
    }
    return 1;
}
