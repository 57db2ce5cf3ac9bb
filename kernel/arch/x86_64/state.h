/* SPDX-License-Identifier: BSD-2-Clause */
/* User state as it lies in the kernel. */
#ifndef K_ARCH_STATE_H
#define K_ARCH_STATE_H

#include "layout.h"
#include <stddef.h>
#include <stdint.h>

/* What a function keeps for its caller, but for rsp: System V ABI 3.2.1. */
struct k_kept {
    uint64_t r15, r14, r13, r12, rbp, rbx;
};

/* Interrupted user (or kernel) code: at the top of the thread's kernel stack while it is in the
 * kernel for anything but a gate. The part from `rip` is pushed by the processor. */
struct k_trap {
    struct k_kept kept;
    uint64_t r11, rcx, rax;
    uint64_t arguments[6]; /* of a system call: rdi rsi rdx r10 r8 r9 */
    uint64_t vector;       /* K_VECTOR_SYSCALL: a system call */
    uint64_t error;
    uint64_t rip, cs, rflags, rsp, ss;
};
_Static_assert(offsetof(struct k_trap, r11) == K_TRAP_R11, "layout.h");
_Static_assert(offsetof(struct k_trap, vector) == K_TRAP_VECTOR, "layout.h");
_Static_assert(offsetof(struct k_trap, cs) == K_TRAP_CS, "layout.h");
_Static_assert(offsetof(struct k_trap, rsp) == K_TRAP_RSP, "layout.h");
_Static_assert(sizeof(struct k_trap) == K_TRAP_SIZE, "layout.h");

/* What the kernel keeps of a caller while its callee runs: what the System V ABI lets the caller
 * expect back, and the arguments, which name the buffers of the call. */
struct k_saved {
    struct k_kept kept;
    uint64_t rsp, rip, rflags;
    uint64_t arguments[6]; /* rdi rsi rdx r10 r8 r9 */
    uint32_t mxcsr;
    uint16_t fcw; /* x87 control word */
};
_Static_assert(offsetof(struct k_saved, kept.r15) == K_ACT_R15, "layout.h");
_Static_assert(offsetof(struct k_saved, kept.rbx) == K_ACT_RBX, "layout.h");
_Static_assert(offsetof(struct k_saved, rsp) == K_ACT_RSP, "layout.h");
_Static_assert(offsetof(struct k_saved, rflags) == K_ACT_RFLAGS, "layout.h");
_Static_assert(offsetof(struct k_saved, arguments) == K_ACT_ARGS, "layout.h");
_Static_assert(offsetof(struct k_saved, mxcsr) == K_ACT_MXCSR, "layout.h");
_Static_assert(offsetof(struct k_saved, fcw) == K_ACT_FCW, "layout.h");

struct k_thread;

/* At the kernel's GS base. Assembly knows the offsets. */
struct k_cpu {
    struct k_cpu *self;
    uint64_t user_rsp; /* scratch of the system call entry */
    uint64_t stack;    /* top of the current thread's kernel stack */
    struct k_thread *thread;
};
_Static_assert(offsetof(struct k_cpu, self) == K_CPU_SELF, "layout.h");
_Static_assert(offsetof(struct k_cpu, user_rsp) == K_CPU_USER_RSP, "layout.h");
_Static_assert(offsetof(struct k_cpu, stack) == K_CPU_STACK, "layout.h");
_Static_assert(offsetof(struct k_cpu, thread) == K_CPU_THREAD, "layout.h");

extern struct k_cpu k_cpu;

/* ---- What arch.h asks for, inline: these are on the path of every call ---- */

static inline struct k_thread *k_thread_current(void)
{
    return k_cpu.thread;
}

static inline void *k_direct(uint64_t address)
{
    return (void *)(K_DIRECT_BASE + address);
}

static inline uint64_t k_trap_number(const struct k_trap *trap)
{
    return trap->rax;
}

static inline const uint64_t *k_trap_arguments(const struct k_trap *trap)
{
    return trap->arguments;
}

static inline void k_trap_result(struct k_trap *trap, int64_t value)
{
    trap->rax = (uint64_t)value;
}

/* Null selectors: these registers must carry nothing from one context to another. (GS is cleared by
 * the gate path after SWAPGS, and by k_clear_gs().) Then the address space and the thread pointer.
 */
static inline void k_activate(uint64_t root, uint64_t thread_pointer)
{
    __asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%fs" ::"r"(0));
    __asm__ volatile("mov %0, %%cr3" ::"r"(root) : "memory");
    __asm__ volatile("wrmsr" ::"c"(K_MSR_FS_BASE), "a"((uint32_t)thread_pointer),
                     "d"((uint32_t)(thread_pointer >> 32)));
}

#endif
