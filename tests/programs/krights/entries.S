/* SPDX-License-Identifier: BSD-2-Clause */
/* Callers and callees of plain calls. The page that rdi points to: target, then six arguments. */
        .text

        /* FUNCTION name: what a compartment runs. */
        .macro  FUNCTION name
        .globl  \name
        .hidden \name
        .balign 16
\name:
        .endm

        .macro  LOAD
        mov     %rdi, %rax
        mov     8(%rax), %rdi
        mov     16(%rax), %rsi
        mov     24(%rax), %rdx
        mov     32(%rax), %rcx
        mov     40(%rax), %r8
        mov     48(%rax), %r9
        .endm

        FUNCTION p_call
        sub     $8, %rsp
        LOAD
        call    *(%rax)
        add     $8, %rsp
        ret

        /* Seventh and eighth argument are 7 and 8. */
        FUNCTION p_call_stack
        sub     $8, %rsp
        LOAD
        push    $8
        push    $7
        call    *(%rax)
        add     $24, %rsp
        ret

        /* The result is that of GATE_STATUS. */
        FUNCTION p_call_status
        sub     $8, %rsp
        LOAD
        call    *(%rax)
        mov     $45, %eax
        syscall
        add     $8, %rsp
        ret

        /* A function whose last act is a jump to the target: that returns to the function's caller. */
        FUNCTION p_tail
        sub     $8, %rsp
        call    1f
        add     $8, %rsp
        ret
1:      LOAD
        jmp     *(%rax)

        /* Pushes a return address of its own choice (the seventh word), and jumps. What comes back,
         * comes back to it. */
        FUNCTION p_jump
        LOAD
        push    56(%rax)
        jmp     *(%rax)

        /* The same with a stack pointer of its own choice (the eighth word). */
        FUNCTION p_pivot
        LOAD
        mov     64(%rax), %rsp
        jmp     *(%rax)

        /* A call with xmm0 to xmm3 = 1, 2, 4, 8 that returns the sum of xmm0 and xmm1 after it, and
         * 1000 when any of the other registers is not zero. */
        FUNCTION p_vector
        sub     $24, %rsp
        LOAD
        .set    value, 1
        .irp    n, 0, 1, 2, 3
        mov     $value, %r11d
        cvtsi2sd %r11d, %xmm\n
        .set    value, value * 2
        .endr
        call    *(%rax)
        .irp    n, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        por     %xmm\n, %xmm2
        .endr
        addsd   %xmm1, %xmm0
        cvttsd2si %xmm0, %rax
        movdqu  %xmm2, (%rsp)
        mov     (%rsp), %rcx
        or      8(%rsp), %rcx
        jz      1f
        add     $1000, %rax
1:      add     $24, %rsp
        ret

        /* ---- Gates ---- */

        /* A plain function: no system call, just `ret`. */
        FUNCTION g_plain
        mov     $7777, %eax
        mov     $99, %edx
        ret

        /* Returns what it finds at its stack pointer; checks that this is 16-byte aligned. */
        FUNCTION g_frame
        mov     (%rsp), %rax
        test    $15, %spl
        jz      1f
        xor     %eax, %eax
1:      ret

        /* Leaves by its return address, but not with the stack pointer of a `ret`. */
        FUNCTION g_misplaced
        mov     (%rsp), %rax
        jmp     *%rax

        /* Leaves to an address that its caller passed. */
        FUNCTION g_depart
        add     $8, %rsp
        jmp     *%rdi

        /* Calls rdi without arguments and returns what that returns, and one. */
        FUNCTION g_chain
        mov     %rdi, %rax
        xor     %edi, %edi
        call    *%rax
        inc     %rax
        ret

        /* Takes two vector arguments and returns two vectors: xmm0 + xmm1, and what the others hold. */
        FUNCTION g_sum_vectors
        addsd   %xmm1, %xmm0
        movapd  %xmm2, %xmm1
        .irp    n, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        por     %xmm\n, %xmm1
        .endr
        mov     $3, %r11d
        cvtsi2sd %r11d, %xmm5
        ret

        FUNCTION g_raise
        call    f_raise_and_return
        mov     %rax, %rdi
        xor     %esi, %esi
        mov     $41, %eax
        syscall
        ud2

        FUNCTION g_mutual
        call    g_mutual_body
        mov     %rax, %rdi
        xor     %esi, %esi
        mov     $41, %eax
        syscall
        ud2

        /* An instruction that begins on one page and ends on the next. */
        .balign 4096
        .fill   4094, 1, 0x90
        .globl  p_straddle, straddled_page
        .hidden p_straddle, straddled_page
p_straddle:
        movabs  $0x9090909090909090, %rax
        .set    straddled_page, p_straddle + 2
        ret
        .balign 4096

        .section .note.GNU-stack, "", @progbits
