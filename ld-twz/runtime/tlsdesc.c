/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TLS descriptors (Oliva, "Thread-Local Storage Descriptors for IA32 and AMD64/EM64T"). A
 * descriptor is two words: one of the functions below, and its argument. Compiled code calls the
 * first with the descriptor's address in rax and adds the result to the thread pointer; every other
 * register, vector registers included, has to stay as it is.
 *
 *   twz_rt_tlsdesc_static   the argument is the offset from the thread pointer
 *   twz_rt_tlsdesc_dynamic  module in the upper half, offset in its block in the lower half
 */
#include "runtime.h"
#include <twz/rt/thread.h>

TWZ_RT_API char twz_rt_tlsdesc_static[], twz_rt_tlsdesc_dynamic[];

__attribute__((used, visibility("hidden"))) uint64_t twz_rt_tlsdesc_slow(uint64_t argument);
uint64_t twz_rt_tlsdesc_slow(uint64_t argument)
{
    size_t index[] = {argument >> 32, argument & UINT32_MAX};
    return (uintptr_t)__tls_get_addr(index) - (uintptr_t)twz_rt_thread_self();
}

/* In: rax = &descriptor. Out: rax = offset; only flags are lost. */
__asm__(".pushsection .text.twz_rt_tlsdesc,\"ax\",@progbits\n"
        ".globl twz_rt_tlsdesc_static\n"
        ".type twz_rt_tlsdesc_static, @function\n"
        "twz_rt_tlsdesc_static:\n"
        "mov 8(%rax), %rax\n"
        "ret\n"
        ".size twz_rt_tlsdesc_static, . - twz_rt_tlsdesc_static\n"
        ".globl twz_rt_tlsdesc_dynamic\n"
        ".type twz_rt_tlsdesc_dynamic, @function\n"
        "twz_rt_tlsdesc_dynamic:\n"
        "push %rcx\n"
        "push %rdx\n"
        "push %rsi\n"
        "mov 8(%rax), %rax\n"
        "mov %rax, %rsi\n"
        "shr $32, %rsi\n" /* module */
        "mov %fs:0, %rcx\n"
        "mov 8(%rcx), %rdx\n" /* its vector */
        "cmp (%rdx), %rsi\n"
        "ja 1f\n"
        "mov (%rdx,%rsi,8), %rdx\n"
        "test %rdx, %rdx\n"
        "jz 1f\n"
        "mov %eax, %eax\n"
        "add %rdx, %rax\n"
        "sub %rcx, %rax\n"
        "pop %rsi\n"
        "pop %rdx\n"
        "pop %rcx\n"
        "ret\n"
        /* The block has to be made: C code, with everything kept. */
        "1: push %rdi\n"
        "push %r8\n"
        "push %r9\n"
        "push %r10\n"
        "push %r11\n"
        "push %rbp\n"
        "mov %rsp, %rbp\n"
        "sub $512, %rsp\n"
        "and $-16, %rsp\n"
        "fxsave64 (%rsp)\n"
        "mov %rax, %rdi\n"
        "cld\n"
        "call twz_rt_tlsdesc_slow\n"
        "fxrstor64 (%rsp)\n"
        "mov %rbp, %rsp\n"
        "pop %rbp\n"
        "pop %r11\n"
        "pop %r10\n"
        "pop %r9\n"
        "pop %r8\n"
        "pop %rdi\n"
        "pop %rsi\n"
        "pop %rdx\n"
        "pop %rcx\n"
        "ret\n"
        ".size twz_rt_tlsdesc_dynamic, . - twz_rt_tlsdesc_dynamic\n"
        ".popsection\n");
