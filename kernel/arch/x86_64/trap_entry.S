/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions and interrupts. The processor has pushed ss, rsp, rflags, cs, rip and for some vectors
 * an error code; each stub completes that to the tail of struct k_trap (state.h):
 *
 *      ss rsp rflags cs rip   error vector   r9 r8 r10 rdx rsi rdi   rax rcx r11   rbx rbp r12-r15
 *                                                                                      rsp ^
 */
#include "layout.h"
#include "macros.inc"

        .macro  SAVE
        PUSH_REGISTERS
        cld
        clac
        .endm

        .text
        /* k_vectors[n]: the stub of vector n, 32 bytes each. 8, 10 to 14, 17, 21, 29 and 30 come
         * with an error code; 1, 2, 8 and 18 on stacks of their own. */
        .globl  k_trap_stubs
        .balign 32
k_trap_stubs:
        .set    vector, 0
        .rept   256
        .balign 32
        .if     !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || \
                  vector == 29 || vector == 30)
        push    $0
        .endif
        push    $vector
        .if     vector == 1 || vector == 2 || vector == 8 || vector == 18
        jmp     paranoid
        .else
        jmp     trap
        .endif
        .set    vector, vector + 1
        .endr

/* From user mode or from kernel code that allows it: GS follows the privilege level in CS. */
trap:
        testb   $3, K_TRAP_CS - K_TRAP_VECTOR(%rsp)
        jz      1f
        swapgs
1:      SAVE
        mov     %rsp, %rdi
        call    k_trap

/* rsp points to a struct k_trap: go there. */
        .globl  k_trap_exit
k_trap_exit:
        POP_REGISTERS
        testb   $3, K_TRAP_CS - K_TRAP_VECTOR(%rsp)
        jz      1f
        swapgs
1:      add     $16, %rsp
        iretq

/* NMI, #DB, #DF, #MC: they may hit any instruction, also with the user's GS or stack in place. User
 * code cannot set the GS base, so its sign tells whose it is. */
paranoid:
        SAVE
        mov     $K_MSR_GS_BASE, %ecx
        rdmsr
        xor     %ebx, %ebx
        test    %edx, %edx
        js      1f
        swapgs
        inc     %ebx
1:      mov     %rsp, %rdi
        call    k_trap_paranoid         /* NULL, or a copy on the thread's own stack */
        test    %rax, %rax
        jnz     3f
        test    %ebx, %ebx
        jz      2f
        swapgs
2:      POP_REGISTERS
        add     $16, %rsp
        iretq
3:      mov     %rax, %rsp
        mov     %rax, %rdi
        call    k_trap
        jmp     k_trap_exit

/* void k_switch_stack(uint64_t *from, uint64_t to): what C expects to be kept, then the stack. */
        .globl  k_switch_stack
k_switch_stack:
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        mov     %rsp, (%rdi)
        mov     %rsi, %rsp
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        ret

        .section .note.GNU-stack, "", @progbits
