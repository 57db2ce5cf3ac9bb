/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls and gates. SYSCALL (SDM volume 2B) comes here from user mode with
 *   rax number, rdi rsi rdx r10 r8 r9 arguments, rcx user RIP, r11 user RFLAGS,
 *   rsp and all else the user's, interrupts off, DF AC TF NT clear (K_MSR_SYSCALL_MASK).
 * RIP is below K_USER_END, because nothing is ever mapped in the last slot; so SYSRET, which would
 * fault in the kernel on a non-canonical RIP, never gets one.
 *
 * From the first SWAPGS to the last, and while rsp is the user's, only NMI, #DB, #DF and #MC can
 * happen; these have stacks of their own and do not trust GS (trap.S).
 */
#include "layout.h"
#include "macros.inc"

#define GATE_BASE   0x1000      /* TWZ_SYS_GATE_BASE, asserted in gate.c */
#define GATE_RETURN 41          /* TWZ_SYS_GATE_RETURN */

        .text
        .globl  k_syscall_entry
        .balign 64
k_syscall_entry:
        swapgs
        mov     %rsp, %gs:K_CPU_USER_RSP
        mov     %gs:K_CPU_STACK, %rsp
        cmp     $GATE_BASE, %rax
        jae     gate_enter
        cmp     $GATE_RETURN, %eax
        je      gate_return

/* Every other call: a struct k_trap at the top of the stack, as for interrupts, then C. */
system_call:
        push    $K_USER_SS
        push    %gs:K_CPU_USER_RSP
        push    %r11
        push    $K_USER_CS
        push    %rcx
        push    $0
        push    $K_VECTOR_SYSCALL
        PUSH_REGISTERS
        mov     %rsp, %rdi
        call    k_syscall
        test    %al, %al                /* registers other than rax changed: restore them all */
        jnz     k_trap_exit
        add     $K_TRAP_R11, %rsp       /* C kept r12 to r15, rbx, rbp */
        POP_CHANGED
        mov     K_TRAP_RSP - K_TRAP_VECTOR(%rsp), %rsp
        swapgs
        sysretq

/*
 * Gate call. The caller's state goes to the thread's next free activation; nothing of it is believed
 * before k_gate_enter() has said yes. rbx, rbp, r12 to r15 are ours once they are saved.
 */
        .balign 64
gate_enter:
        push    %r11
        push    %rcx
        mov     %gs:K_CPU_THREAD, %rcx
        mov     K_THREAD_TOP(%rcx), %r11
        mov     %rbx, K_ACT_RBX(%r11)
        mov     %rbp, K_ACT_RBP(%r11)
        mov     %r12, K_ACT_R12(%r11)
        mov     %r13, K_ACT_R13(%r11)
        mov     %r14, K_ACT_R14(%r11)
        mov     %r15, K_ACT_R15(%r11)
        pop     K_ACT_RIP(%r11)
        pop     K_ACT_RFLAGS(%r11)
        mov     %gs:K_CPU_USER_RSP, %rbx
        mov     %rbx, K_ACT_RSP(%r11)
        mov     %rdi, K_ACT_ARGS(%r11)
        mov     %rsi, K_ACT_ARGS + 8(%r11)
        mov     %rdx, K_ACT_ARGS + 16(%r11)
        mov     %r10, K_ACT_ARGS + 24(%r11)
        mov     %r8, K_ACT_ARGS + 32(%r11)
        mov     %r9, K_ACT_ARGS + 40(%r11)
        stmxcsr K_ACT_MXCSR(%r11)
        fnstcw  K_ACT_FCW(%r11)
        mov     %r11, %rbp
        mov     %rax, %rbx
        mov     %rcx, %rdi
        mov     %rax, %rsi
        mov     %r11, %rdx
        call    k_gate_enter            /* (thread, number, activation): 0, or why not */
        test    %eax, %eax
        jnz     gate_refused

        /* The callee's space is active. Clear the vector state but for declared arguments. */
        mov     K_ACT_GATE(%rbp), %rbx
        movzbl  K_GATE_VECTORS(%rbx), %ecx
        test    %ecx, %ecx
        jnz     4f
        mov     $7, %eax
        xor     %edx, %edx
        xrstor  k_vectors_start(%rip)

        /* Declared argument registers get their values, everything else zero. */
1:      mov     K_ACT_STACK(%rbp), %rsp
        mov     K_ACT_ARGS(%rbp), %rdi
        mov     K_ACT_ARGS + 8(%rbp), %rsi
        mov     K_ACT_ARGS + 16(%rbp), %rdx
        mov     K_ACT_ARGS + 32(%rbp), %r8
        mov     K_ACT_ARGS + 40(%rbp), %r9
        mov     K_ACT_ARGS + 24(%rbp), %r10
        mov     K_GATE_ENTRY(%rbx), %rcx
        cmpb    $3, K_GATE_REGISTERS(%rbx)
        ja      2f                      /* SYSRET cannot deliver the fourth one, rcx */
        CLEAR   eax, ebx, ebp, r10d, r12d, r13d, r14d, r15d
        mov     $K_FLAGS_USER, %r11d
        swapgs
        mov     %eax, %gs
        sysretq

2:      mov     %rsp, %rax
        mov     %gs:K_CPU_STACK, %rsp
        push    $K_USER_SS
        push    %rax
        push    $K_FLAGS_USER
        push    $K_USER_CS
        push    %rcx
        mov     %r10, %rcx
        CLEAR   eax, ebx, ebp, r10d, r11d, r12d, r13d, r14d, r15d
        swapgs
        mov     %eax, %gs
        iretq

4:      sub     $128, %rsp
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7
        movups  %xmm\n, 16 * \n(%rsp)
        .endr
        mov     $7, %eax
        xor     %edx, %edx
        xrstor  k_vectors_start(%rip)
        .irp    n, 0, 1, 2, 3, 4, 5, 6
        movups  16 * \n(%rsp), %xmm\n
        dec     %ecx
        jz      1b
        .endr
        movups  16 * 7(%rsp), %xmm7
        jmp     1b

/* Refused: rebuild the trap of an ordinary system call and let C say what happens. */
gate_refused:
        mov     %gs:K_CPU_STACK, %rsp
        sub     $K_TRAP_SIZE, %rsp
        mov     %rsp, %rdi
        mov     %rbp, %rsi
        mov     %rbx, %rdx
        mov     %eax, %ecx
        call    k_gate_refused          /* (trap, activation, number, why) */
        jmp     k_trap_exit

/*
 * Return from a gate: rdi and rsi hold the results. Only the common case is here, an activation made
 * by gate_enter; returns from CONTEXT_CALL and all refusals go the long way.
 */
        .balign 64
gate_return:
        push    %r11
        push    %rcx
        mov     %gs:K_CPU_THREAD, %rcx
        mov     K_THREAD_TOP(%rcx), %r11
        cmpb    $K_ACT_KIND_GATE, K_ACT_KIND - K_ACT_SIZE(%r11)
        jne     9f
        lea     -K_ACT_SIZE(%r11), %rbp
        mov     %rsi, %rdx
        mov     %rdi, %rsi
        mov     %rcx, %rdi
        call    k_gate_return           /* (thread, value, value2): rax, rdx as declared */
        mov     %rax, %r8
        mov     %rdx, %r9
        mov     $7, %eax
        xor     %edx, %edx
        mov     K_ACT_GATE(%rbp), %rbx
        testb   $0xc, K_GATE_RETURNS(%rbx)
        jnz     5f
        xrstor  k_vectors_start(%rip)
1:      ldmxcsr K_ACT_MXCSR(%rbp)
        fldcw   K_ACT_FCW(%rbp)
        mov     %r8, %rax
        mov     %r9, %rdx
        mov     K_ACT_RIP(%rbp), %rcx
        mov     K_ACT_RFLAGS(%rbp), %r11
        and     $K_FLAGS_RESTORED, %r11d
        or      $K_FLAGS_USER, %r11d
        mov     K_ACT_RBX(%rbp), %rbx
        mov     K_ACT_R12(%rbp), %r12
        mov     K_ACT_R13(%rbp), %r13
        mov     K_ACT_R14(%rbp), %r14
        mov     K_ACT_R15(%rbp), %r15
        mov     K_ACT_RSP(%rbp), %rsp
        mov     K_ACT_RBP(%rbp), %rbp
        CLEAR   edi, esi, r8d, r9d, r10d
        swapgs
        mov     %edi, %gs
        sysretq

        /* Declared results in xmm0, xmm1 (bits 2, 3) pass. */
5:      sub     $32, %rsp
        movups  %xmm0, (%rsp)
        movups  %xmm1, 16(%rsp)
        xrstor  k_vectors_start(%rip)
        testb   $4, K_GATE_RETURNS(%rbx)
        jz      6f
        movups  (%rsp), %xmm0
6:      testb   $8, K_GATE_RETURNS(%rbx)
        jz      1b
        movups  16(%rsp), %xmm1
        jmp     1b

9:      pop     %rcx
        pop     %r11
        jmp     system_call

        .section .note.GNU-stack, "", @progbits
