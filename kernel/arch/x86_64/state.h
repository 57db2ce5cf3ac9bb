/* SPDX-License-Identifier: BSD-2-Clause */
/* User state as it lies in the kernel. */
#ifndef K_ARCH_STATE_H
#define K_ARCH_STATE_H

#include "layout.h"
#include <stddef.h>
#include <stdint.h>

/* Interrupted user (or kernel) code: at the top of the thread's kernel stack while it is in the
 * kernel for anything but a gate. The part from `rip` is pushed by the processor. */
struct k_trap {
    uint64_t r15, r14, r13, r12, rbp, rbx;
    uint64_t r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
    uint64_t vector; /* K_VECTOR_SYSCALL: a system call */
    uint64_t error;
    uint64_t rip, cs, rflags, rsp, ss;
};
_Static_assert(offsetof(struct k_trap, r15) == K_TRAP_R15, "layout.h");
_Static_assert(offsetof(struct k_trap, rbx) == K_TRAP_RBX, "layout.h");
_Static_assert(offsetof(struct k_trap, rdi) == K_TRAP_RDI, "layout.h");
_Static_assert(offsetof(struct k_trap, vector) == K_TRAP_VECTOR, "layout.h");
_Static_assert(offsetof(struct k_trap, rip) == K_TRAP_RIP, "layout.h");
_Static_assert(offsetof(struct k_trap, rsp) == K_TRAP_RSP, "layout.h");
_Static_assert(sizeof(struct k_trap) == K_TRAP_SIZE, "layout.h");

/* What the kernel keeps of a caller while its callee runs: what the System V ABI lets the caller
 * expect back, and the arguments, which name the buffers of the call. */
struct k_saved {
    uint64_t rbx, rbp, r12, r13, r14, r15;
    uint64_t rsp, rip, rflags;
    uint64_t arguments[6]; /* rdi rsi rdx r10 r8 r9 */
    uint32_t mxcsr;
    uint16_t fcw; /* x87 control word */
};
_Static_assert(offsetof(struct k_saved, rbx) == K_ACT_RBX, "layout.h");
_Static_assert(offsetof(struct k_saved, rbp) == K_ACT_RBP, "layout.h");
_Static_assert(offsetof(struct k_saved, r12) == K_ACT_R12, "layout.h");
_Static_assert(offsetof(struct k_saved, r15) == K_ACT_R15, "layout.h");
_Static_assert(offsetof(struct k_saved, rsp) == K_ACT_RSP, "layout.h");
_Static_assert(offsetof(struct k_saved, rip) == K_ACT_RIP, "layout.h");
_Static_assert(offsetof(struct k_saved, rflags) == K_ACT_RFLAGS, "layout.h");
_Static_assert(offsetof(struct k_saved, arguments) == K_ACT_ARGS, "layout.h");
_Static_assert(offsetof(struct k_saved, mxcsr) == K_ACT_MXCSR, "layout.h");
_Static_assert(offsetof(struct k_saved, fcw) == K_ACT_FCW, "layout.h");

#endif
