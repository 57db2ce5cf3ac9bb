# SPDX-License-Identifier: BSD-2-Clause
# __syscall_cp_asm(volatile int *cancel, n, a, b, c, d, e, f): a system call that is a cancellation
# point. As musl's file of this name, with a call in place of the instruction: rotates the arguments
# by one and leaves for the personality, whose return is the caller's. On the stack: return address,
# e, f; the callee expects return address, f.
.text
.global __cp_begin
.hidden __cp_begin
.global __cp_end
.hidden __cp_end
.global __cp_cancel
.hidden __cp_cancel
.hidden __cancel
.global __syscall_cp_asm
.hidden __syscall_cp_asm
.type   __syscall_cp_asm,@function
__syscall_cp_asm:
__cp_begin:
	mov (%rdi),%eax
	test %eax,%eax
	jnz __cp_cancel
	mov %rsi,%rdi
	mov %rdx,%rsi
	mov %rcx,%rdx
	mov %r8,%rcx
	mov %r9,%r8
	mov 8(%rsp),%r9
	mov 16(%rsp),%rax
	mov %rax,8(%rsp)
	jmp *twz_rt_linux_syscall@GOTPCREL(%rip)
__cp_end:
	ret
__cp_cancel:
	jmp __cancel
.size __syscall_cp_asm, .-__syscall_cp_asm
.section .note.GNU-stack,"",@progbits
