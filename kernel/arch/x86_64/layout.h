/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers that C and assembly share: the top half of the address space, selectors, control bits and
 * the offsets of fields that assembly reaches (each asserted in C: cpu.c, thread.c, gate.c).
 *
 *   0x0000000000000000  slots 0..131070, one page-table root per context
 *   0xffff800000000000  direct map of RAM, never executable; code frames and kernel text read-only
 *   0xffff900000000000  a window per thread: guard, kernel stack, guard, struct k_thread
 *   0xffffa00000000000  device registers (local APIC)
 *   0xffffffff80000000  kernel image: text r-x, constants r--, data rw-
 */
#ifndef K_ARCH_LAYOUT_H
#define K_ARCH_LAYOUT_H

#define K_IMAGE_BASE   0xffffffff80000000
#define K_DIRECT_BASE  0xffff800000000000
#define K_THREADS_BASE 0xffff900000000000
#define K_DEVICE_BASE  0xffffa00000000000
#define K_USER_END     0x00007fffc0000000 /* the last slot stays empty: see syscall entry */

/* Which protocol the kernel was booted by: what boot.S passes on. */
#define K_BOOT_PVH        0x336ec578 /* struct hvm_start_info begins with it */
#define K_BOOT_MULTIBOOT2 0x36d76289

/* Selectors. SYSRET loads SS from base + 8 and CS from base + 16; the slot between kernel data and
 * user data is empty, so there is no 32-bit user code. */
#define K_CS          0x08
#define K_SS          0x10
#define K_SYSRET_BASE 0x18
#define K_USER_SS     (0x20 | 3)
#define K_USER_CS     (0x28 | 3)
#define K_TSS         0x30

#define K_MSR_EFER         0xc0000080
#define K_MSR_STAR         0xc0000081
#define K_MSR_LSTAR        0xc0000082
#define K_MSR_SYSCALL_MASK 0xc0000084
#define K_MSR_FS_BASE      0xc0000100
#define K_MSR_GS_BASE      0xc0000101
#define K_MSR_KERNEL_GS    0xc0000102
#define K_MSR_APIC_BASE    0x1b

#define K_EFER_SCE 0x001
#define K_EFER_LME 0x100
#define K_EFER_NXE 0x800

#define K_CR0_PE 0x00000001
#define K_CR0_MP 0x00000002
#define K_CR0_NE 0x00000020
#define K_CR0_WP 0x00010000
#define K_CR0_PG 0x80000000

#define K_CR4_PAE        0x00000020
#define K_CR4_PGE        0x00000080
#define K_CR4_OSFXSR     0x00000200
#define K_CR4_OSXMMEXCPT 0x00000400
#define K_CR4_UMIP       0x00000800
#define K_CR4_OSXSAVE    0x00040000
#define K_CR4_SMEP       0x00100000
#define K_CR4_SMAP       0x00200000

/* RFLAGS. Entry by SYSCALL clears the bits of K_FLAGS_CLEARED; a callee starts with K_FLAGS_USER;
 * a caller gets back what it had of K_FLAGS_RESTORED. */
#define K_FLAG_TF        0x00000100
#define K_FLAGS_USER     0x00000202
#define K_FLAGS_CLEARED  0x00047700 /* TF IF DF IOPL NT AC */
#define K_FLAGS_RESTORED 0x00244dd5 /* CF PF AF ZF SF TF DF OF NT AC ID */

/* struct k_cpu, at the kernel's GS base. */
#define K_CPU_SELF     0
#define K_CPU_USER_RSP 8
#define K_CPU_STACK    16
#define K_CPU_THREAD   24

/* struct k_thread */
#define K_THREAD_TOP 0

/* struct k_activation */
#define K_ACT_R15    0
#define K_ACT_R14    8
#define K_ACT_R13    16
#define K_ACT_R12    24
#define K_ACT_RBP    32
#define K_ACT_RBX    40
#define K_ACT_RSP    48
#define K_ACT_RIP    56
#define K_ACT_RFLAGS 64
#define K_ACT_ARGS   72 /* rdi rsi rdx r10 r8 r9 as the caller passed them */
#define K_ACT_MXCSR  120
#define K_ACT_FCW    124
#define K_ACT_KIND   128
#define K_ACT_STACK  136
#define K_ACT_GATE   144
#define K_ACT_SIZE   208

#define K_ACT_KIND_GATE 1

/* struct k_gate */
#define K_GATE_ENTRY     16
#define K_GATE_REGISTERS 25
#define K_GATE_VECTORS   26
#define K_GATE_RETURNS   27

/* struct k_trap: what lies on the kernel stack while user code is interrupted. */
#define K_TRAP_R11    48
#define K_TRAP_VECTOR 120
#define K_TRAP_CS     144
#define K_TRAP_RSP    160
#define K_TRAP_SIZE   176

/* Vectors beyond the processor's own 32. The last is no vector: it marks a system call's trap. */
#define K_VECTOR_TIMER    0x40
#define K_VECTOR_SPURIOUS 0xff
#define K_VECTOR_SYSCALL  0x100

#endif
