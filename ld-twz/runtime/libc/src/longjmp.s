# SPDX-License-Identifier: BSD-2-Clause
# Stands in for musl's setjmp/x86_64/longjmp.s, whose jmp_buf this is: rbx, rbp, r12 to r15, rsp and
# the address to go on at. The runtime first sees to it that the way stays inside the gate call.
.global _longjmp
.global longjmp
.type _longjmp, @function
.type longjmp, @function
_longjmp:
longjmp:
	push %rdi
	push %rsi
	lea 24(%rsp), %rsi         # the stack pointer of who called
	mov 48(%rdi), %rdi
	sub $8, %rsp               # 16-byte aligned
	call twz_rt_check_jump@PLT # does not return when it must not be
	add $8, %rsp
	pop %rsi
	pop %rdi
	mov $1, %eax
	test %esi, %esi
	cmovne %esi, %eax          # never 0
	mov (%rdi), %rbx
	mov 8(%rdi), %rbp
	mov 16(%rdi), %r12
	mov 24(%rdi), %r13
	mov 32(%rdi), %r14
	mov 40(%rdi), %r15
	mov 48(%rdi), %rsp
	jmp *56(%rdi)
