/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The object TWZ_ID_STUBS, which user code executes in its own address space: one stub per gate
 * (TWZ_STUB_SIZE bytes), then at TWZ_STUB_RETURN what functions called by CONTEXT_CALL return to. It
 * is called like a C function; SYSCALL takes rcx, so the fourth argument moves to r10.
 */
        .section .rodata
        .balign 4096
        .globl  k_stubs_start, k_stubs_end
k_stubs_start:
        .set    number, 0
        .rept   4096            /* TWZ_GATES_MAX */
        .balign 16, 0xcc
        mov     $(0x1000 + number), %eax
        mov     %rcx, %r10
        syscall
        ret
        .set    number, number + 1
        .endr
        .balign 16, 0xcc
        mov     %rax, %rdi
        mov     %rdx, %rsi
        mov     $41, %eax       /* TWZ_SYS_GATE_RETURN */
        syscall
        ud2
        .balign 4096, 0xcc
k_stubs_end:

        .section .note.GNU-stack, "", @progbits
