/* SPDX-License-Identifier: BSD-2-Clause */
/* What cannot be written in C: starts, gate entries, and code that looks at every register. */
        .text
        .globl  _start
        .hidden _start
_start: xor     %ebp, %ebp
        and     $-16, %rsp
        call    ktest_main
        ud2

        /* rdi points to the struct twz_upcall. */
        .globl  upcall_entry
        .hidden upcall_entry
upcall_entry:
        xor     %ebp, %ebp
        and     $-16, %rsp
        call    upcall_main
        ud2

        /* ENTRY name: a gate whose body is the C function name_body. */
        .macro  ENTRY name
        .globl  \name
        .hidden \name
        .balign 16
\name:  call    \name\()_body
        mov     %rax, %rdi
        mov     %rdx, %rsi
        mov     $41, %eax
        syscall
        ud2
        .endm

        ENTRY   g_sum

        /* With stack arguments: they lie above the return words, which a wrapper does not need. */
        .globl  g_stack
        .hidden g_stack
        .balign 16
g_stack:
        add     $16, %rsp
        call    g_stack_body
        mov     %rax, %rdi
        xor     %esi, %esi
        mov     $41, %eax
        syscall
        ud2

        /* For gates with at most three arguments: rcx is then SYSRET's, the callee's own entry. */
        .globl  g_sum3
        .hidden g_sum3
        .balign 16
g_sum3: xor     %ecx, %ecx
        call    g_sum_body
        mov     %rax, %rdi
        xor     %esi, %esi
        mov     $41, %eax
        syscall
        ud2

        ENTRY   g_caller
        ENTRY   g_look
        ENTRY   g_fault
        ENTRY   g_recurse
        ENTRY   g_copy_in
        ENTRY   g_copy_out
        ENTRY   g_unwind
        ENTRY   g_depth
        ENTRY   g_through
        ENTRY   g_race
        ENTRY   g_exit
        ENTRY   g_loop
        ENTRY   g_peek
        ENTRY   g_relend
        ENTRY   g_busy
        ENTRY   g_sleep
        ENTRY   g_calls
        ENTRY   g_twice

        /* A gate that returns at once: rdi is still its first argument. */
        .globl  g_return
        .hidden g_return
        .balign 16
g_return:
        mov     $41, %eax
        syscall
        ud2

        /* A gate that is nothing but `ret`. */
        .globl  g_ret
        .hidden g_ret
g_ret:  ret

        /* A gate that leaves an address of its own code all over its stack, as who calls it might
         * bring it to, and calls rdi with rsi while that lies there. */
        .globl  g_lure, lured
        .hidden g_lure, lured
g_lure: lea     lured(%rip), %rax
        .set    at, -1024
        .rept   128
        mov     %rax, at(%rsp)
        .set    at, at + 8
        .endr
        mov     %rdi, %rax
        mov     %rsi, %rdi
        call    *%rax
        mov     %rax, %rdi
        mov     $41, %eax
        syscall
        ud2
lured:  mov     $0x666, %edi            /* an activation that came here was led astray */
        mov     $41, %eax
        syscall
        ud2

        /* ORs what is left in the x87 data registers, whatever their tags say, into rax. */
        .macro  X87_DATA
        mov     %rsp, %rcx
        sub     $512 + 16, %rsp
        and     $-16, %rsp
        fxsave  (%rsp)
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7
        or      32 + 16 * \n(%rsp), %rax
        movzwl  32 + 16 * \n + 8(%rsp), %edx
        or      %rdx, %rax
        .endr
        mov     %rcx, %rsp
        .endm

        /* ORs the data segment registers into rax, and all vector registers into ymm0. */
        .macro  SEGMENTS
        .irp    r, ds, es, fs, gs
        mov     %\r, %ecx
        or      %rcx, %rax
        .endr
        .endm
        .macro  VECTORS
        .irp    n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        vorps   %ymm\n, %ymm0, %ymm0
        .endr
        .endm

        /* A gate that returns the OR of all that it finds in registers that carry no argument, and
         * whatever is wrong with flags and control words, in the bits above. */
        .globl  g_registers
        .hidden g_registers
        .balign 16
g_registers:
        pushfq
        pop     %r11
        /* rcx is the callee's own entry (SYSRET) or 0 (IRET). */
        jrcxz   1f
        push    %rbx
        lea     g_registers(%rip), %rbx
        xor     %rbx, %rcx
        or      %rcx, %rax
        pop     %rbx
1:
        or      %rbx, %rax
        or      %rbp, %rax
        or      %rdx, %rax
        or      %rsi, %rax
        or      %rdi, %rax
        or      %r8, %rax
        or      %r9, %rax
        or      %r10, %rax
        or      %r12, %rax
        or      %r13, %rax
        or      %r14, %rax
        or      %r15, %rax
        SEGMENTS
        and     $0x244500, %r11         /* ID AC NT DF TF */
        or      %r11, %rax
        VECTORS
        sub     $64, %rsp
        vmovups %ymm0, (%rsp)
        or      (%rsp), %rax
        or      8(%rsp), %rax
        or      16(%rsp), %rax
        or      24(%rsp), %rax
        vzeroupper
        stmxcsr (%rsp)
        mov     (%rsp), %ecx
        xor     $0x1f80, %ecx
        or      %rcx, %rax
        fnstenv (%rsp)
        movzwl  (%rsp), %ecx            /* control word */
        xor     $0x037f, %ecx
        or      %rcx, %rax
        movzwl  4(%rsp), %ecx           /* status word */
        or      %rcx, %rax
        movzwl  8(%rsp), %ecx           /* tags: all empty */
        xor     $0xffff, %ecx
        or      %rcx, %rax
        X87_DATA
        mov     %rax, %rdi
        xor     %esi, %esi
        mov     $41, %eax
        syscall
        ud2

        /* A value that nobody may see in all vector registers, and on the x87 stack. */
        .macro  POISON
        mov     $0x5ec2e7, %eax
        vmovd   %eax, %xmm0
        vpbroadcastd %xmm0, %ymm0
        .irp    n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        vmovaps %ymm0, %ymm\n
        .endr
        fldpi
        fldpi
        .endm

        /* A gate that leaves everything hostile behind and returns 7 (and 9 where not declared). */
        .globl  g_poison
        .hidden g_poison
        .balign 16
g_poison:
        POISON
        sub     $16, %rsp
        movl    $0x9fc0, (%rsp)         /* flush to zero, denormals are zero */
        ldmxcsr (%rsp)
        movw    $0x0e7f, (%rsp)         /* round towards zero, 24 bits */
        fldcw   (%rsp)
        mov     $0x23, %ebx
        mov     %ebx, %ds
        mov     %ebx, %es
        mov     %ebx, %fs
        mov     %ebx, %gs
        .irp    r, rbx, rcx, rdx, rbp, r8, r9, r10, r11, r12, r13, r14, r15
        mov     $0x5ec2e7, %\r
        .endr
        std
        mov     $7, %edi
        mov     $9, %esi
        mov     $41, %eax
        xor     %esp, %esp
        syscall
        ud2

        /* uint64_t f_poisoned_call(uint64_t stub): poisons all that a caller can poison, calls the
         * gate and returns its result. */
        .macro  POISONED name, arguments:vararg
        .globl  \name
        .hidden \name
\name:
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        sub     $24, %rsp
        mov     %rdi, 8(%rsp)
        POISON
        movl    $0x9fc0, (%rsp)
        ldmxcsr (%rsp)
        movw    $0x0e7f, (%rsp)
        fldcw   (%rsp)
        mov     $0x23, %ebx
        mov     %ebx, %ds
        mov     %ebx, %es
        mov     %ebx, %fs
        mov     %ebx, %gs
        .irp    r, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
        mov     $0x5ec2e7, %\r
        .endr
        .ifnb   \arguments
        .irp    r, \arguments
        xor     %\r, %\r
        .endr
        .endif
        pushfq
        orq     $0x244400, (%rsp)
        popfq
        call    *8(%rsp)
        cld
        pushfq
        andq    $~0x244400, (%rsp)
        popfq
        movl    $0x1f80, (%rsp)
        ldmxcsr (%rsp)
        fninit
        add     $24, %rsp
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        ret
        .endm

        POISONED f_poisoned_call
        /* With six arguments of zero: the kernel's other way to user mode. */
        POISONED f_poisoned_call6, edi, esi, edx, ecx, r8d, r9d

        /* uint64_t f_after_call(uint64_t stub): calls the gate with known values in what a callee
         * must keep, and returns 0 if after it everything is as the ABI and the kernel promise. */
        .globl  f_after_call
        .hidden f_after_call
f_after_call:
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        sub     $40, %rsp
        mov     %rsp, 32(%rsp)
        mov     $0x11, %ebx
        mov     $0x12, %ebp
        mov     $0x13, %r12d
        mov     $0x14, %r13d
        mov     $0x15, %r14d
        mov     $0x16, %r15d
        movl    $0x3f80, (%rsp)         /* round down: the caller's own choice */
        ldmxcsr (%rsp)
        movw    $0x077f, (%rsp)
        fldcw   (%rsp)
        call    *%rdi
        sub     $7, %rax                /* the declared result */
        xor     $0x11, %rbx
        xor     $0x12, %rbp
        xor     $0x13, %r12
        xor     $0x14, %r13
        xor     $0x15, %r14
        xor     $0x16, %r15
        .irp    r, rbx, rbp, r12, r13, r14, r15, rdx, rsi, rdi, r8, r9, r10
        or      %\r, %rax
        .endr
        mov     %rsp, %rcx
        sub     32(%rsp), %rcx
        or      %rcx, %rax
        pushfq
        pop     %rcx
        and     $0x44500, %ecx          /* AC NT DF TF */
        or      %rcx, %rax
        SEGMENTS
        VECTORS
        vextractf128 $1, %ymm0, %xmm1
        vorps   %xmm1, %xmm0, %xmm0
        vmovups %xmm0, 8(%rsp)
        or      8(%rsp), %rax
        or      16(%rsp), %rax
        stmxcsr (%rsp)
        mov     (%rsp), %ecx
        xor     $0x3f80, %ecx
        or      %rcx, %rax
        fnstcw  (%rsp)
        movzwl  (%rsp), %ecx
        xor     $0x077f, %ecx
        or      %rcx, %rax
        X87_DATA
        movl    $0x1f80, (%rsp)
        ldmxcsr (%rsp)
        fninit
        add     $40, %rsp
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        ret

        /* A gate with two vector arguments and one vector result: their sum, and whatever it finds
         * in the others. rdi says how many results it returns beyond that: they must not arrive. */
        .globl  g_vector
        .hidden g_vector
        .balign 16
g_vector:
        addsd   %xmm1, %xmm0
        .irp    n, 2, 3, 4, 5, 6, 7, 8, 15
        addsd   %xmm\n, %xmm0
        .endr
        movsd   %xmm0, %xmm1
        movsd   %xmm0, %xmm2
        mov     $41, %eax
        syscall
        ud2

        /* uint64_t f_vector_call(uint64_t stub): 1.0 and 2.0 go in, 1.0 in all other registers must
         * not. Returns the result as an integer, plus 100 if another vector register came back. */
        .globl  f_vector_call
        .hidden f_vector_call
f_vector_call:
        sub     $24, %rsp
        mov     $1, %eax
        cvtsi2sd %eax, %xmm0
        .irp    n, 2, 3, 4, 5, 6, 7, 8, 15
        movsd   %xmm0, %xmm\n
        .endr
        movsd   %xmm0, %xmm1
        addsd   %xmm0, %xmm1
        call    *%rdi
        cvttsd2si %xmm0, %rax
        .irp    n, 2, 3, 4, 5, 6, 7, 8, 15
        orps    %xmm\n, %xmm1
        .endr
        movq    %xmm1, %rcx
        test    %rcx, %rcx
        jz      1f
        add     $100, %rax
1:      add     $24, %rsp
        ret

        /* uint64_t f_kept(uint64_t number): a system call must keep every register but rax, rcx and
         * r11. Returns 0 if it does. */
        .globl  f_kept
        .hidden f_kept
f_kept: push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        mov     %rdi, %rax
        .set    value, 0x21
        .irp    r, rbx, rbp, r12, r13, r14, r15, rdx, rsi, rdi, r8, r9, r10
        mov     $value, %\r
        .set    value, value + 1
        .endr
        syscall
        xor     %eax, %eax
        .set    value, 0x21
        .irp    r, rbx, rbp, r12, r13, r14, r15, rdx, rsi, rdi, r8, r9, r10
        xor     $value, %\r
        or      %\r, %rax
        .set    value, value + 1
        .endr
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        ret

        /* uint64_t f_pivot(uint64_t *argument): makes a gate call with rsp = argument[1]. */
        .globl  f_pivot
        .hidden f_pivot
f_pivot:
        push    %rbx
        mov     %rsp, %rbx
        mov     (%rdi), %rax
        mov     8(%rdi), %rsp
        syscall
        mov     %rbx, %rsp
        pop     %rbx
        ret

        /* uint64_t f_point(uint64_t *argument): makes the gate call argument[0] with 5, and with rsp
         * and rbp from argument[1] and [2]. */
        .globl  f_point
        .hidden f_point
f_point:
        push    %rbx
        push    %rbp
        mov     %rsp, %rbx
        mov     (%rdi), %rax
        mov     16(%rdi), %rbp
        mov     8(%rdi), %rsp
        mov     $5, %edi
        syscall
        mov     %rbx, %rsp
        pop     %rbp
        pop     %rbx
        ret

        /* uint64_t f_spin(uint64_t magic): shows the sweep a number until it answers. The loop is
         * long, so that the sweep sees how far it came in between. */
        .globl  f_spin
        .hidden f_spin
f_spin: push    %rbx
        mov     %rdi, %rbx
1:      .rept   97
        nop
        .endr
        test    %rbx, %rbx
        jnz     1b
        xor     %eax, %eax
        pop     %rbx
        ret

        .section .note.GNU-stack, "", @progbits
