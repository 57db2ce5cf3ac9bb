/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls a gate that may look at the part of the stack which its caller lends, with a page there
 * that the caller itself cannot read any more: whoever looks is stopped, by no fault of its own. */
#include "attack.h"
#include <twz/gate.h>
#include <twz/sys/call.h>

#include "vault_lend.h"

/* Calls the gate with 16 bytes of stack below `end`, and a frame that goes on beyond it. */
static int64_t call_below(uint64_t end)
{
    register int64_t (*gate)(uint64_t) __asm__("r13") = vault_lend;
    uint64_t stack = end - 16, base = end + 256, address = stack;
    int64_t result;
    __asm__ volatile("mov %%rsp, %%rbx\n\t"
                     "mov %%rbp, %%r12\n\t"
                     "mov %[stack], %%rsp\n\t"
                     "mov %[base], %%rbp\n\t"
                     "call *%%r13\n\t"
                     "mov %%rbx, %%rsp\n\t"
                     "mov %%r12, %%rbp"
                     : "=a"(result), "+D"(address)
                     : [stack] "d"(stack), [base] "c"(base), "r"(gate)
                     : "rbx", "r12", "rsi", "r8", "r9", "r10", "r11", "memory", "cc");
    return result;
}

ATTACK
{
    volatile char here = 1;
    uint64_t page = ((uint64_t)&here & ~(TWZ_PAGE_SIZE - 1)) - 8 * TWZ_PAGE_SIZE;
    if (twz_syscall4(TWZ_SYS_OBJECT_PAGES, page, 1, 0, 0) != 0)
        return 1;
    return call_below(page) < 0 ? 0 : 2;
}
