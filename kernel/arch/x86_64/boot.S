/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the boot loader to C. Both protocols enter at a physical address in 32-bit protected mode:
 * paging off, flat segments, interrupts off, ebx = physical address of what the loader tells.
 *   PVH (Xen, public/arch-x86/hvm/start_info.h): struct hvm_start_info, found by a note.
 *   Multiboot2 (specification 2.0, 3.3 I386 machine state; from BIOS and from UEFI): boot
 *   information, eax = K_BOOT_MULTIBOOT2, found by a header in the file's first 32 KiB.
 * We leave with long mode on, the first 4 GiB mapped at 0 and in the direct map, the first GiB at
 * the kernel's own addresses, on the boot stack. paging.c replaces these tables.
 */
#include "layout.h"

#define PHYS(symbol) ((symbol) - K_IMAGE_BASE)

#define HEADER_MAGIC  0xe85250d6
#define HEADER_LENGTH (multiboot2_end - multiboot2)

        .section .multiboot2, "a"
        .balign 8
multiboot2:
        .long   HEADER_MAGIC, 0, HEADER_LENGTH  /* 0: 32-bit protected mode of i386 */
        .long   -(HEADER_MAGIC + HEADER_LENGTH)
        .word   1, 0                            /* asks for: command line, modules, memory map */
        .long   20, 1, 3, 6
        .balign 8
        .word   3, 0                            /* entry address */
        .long   12, PHYS(k_multiboot2_entry)
        .balign 8
        .word   6, 0                            /* modules are page aligned */
        .long   8
        .word   0, 0
        .long   8
multiboot2_end:

        .section .note.pvh, "a", @note
        .balign 4
        .long   4, 8, 18        /* name size, description size, XEN_ELFNOTE_PHYS32_ENTRY */
        .asciz  "Xen"
        .quad   PHYS(k_pvh_entry)

        .text
        .code32
        .globl  k_pvh_entry
k_pvh_entry:
        mov     $K_BOOT_PVH, %eax
k_multiboot2_entry:
        mov     %eax, %ebp
        cli
        cld
        mov     $PHYS(k_boot_stack_top), %esp
        lgdt    PHYS(boot_gdt_pointer)
        mov     $PHYS(boot_pml4), %eax
        mov     %eax, %cr3
        mov     $K_CR4_PAE, %eax
        mov     %eax, %cr4
        mov     $K_MSR_EFER, %ecx
        rdmsr
        or      $(K_EFER_LME | K_EFER_NXE | K_EFER_SCE), %eax
        wrmsr
        mov     $(K_CR0_PG | K_CR0_WP | K_CR0_NE | K_CR0_MP | K_CR0_PE), %eax
        mov     %eax, %cr0
        ljmp    $K_CS, $PHYS(1f)

        .code64
1:      movabs  $2f, %rax
        jmp     *%rax
2:      xor     %eax, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %fs
        mov     %eax, %gs
        mov     $K_SS, %eax
        mov     %eax, %ss
        mov     $k_boot_stack_top, %rsp
        mov     %ebp, %edi
        mov     %ebx, %esi
        xor     %ebp, %ebp
        call    k_arch_main
        ud2

        .section .rodata
        .balign 8
boot_gdt:
        .quad   0
        .quad   0x00af9b000000ffff      /* K_CS: 64-bit code */
        .quad   0x00cf93000000ffff      /* K_SS: data */
boot_gdt_pointer:
        .word   . - boot_gdt - 1
        .long   PHYS(boot_gdt)

        /* Present, writable; 2 MiB pages. Only used until paging.c has built the real tables. */
        .data
        .balign 4096
boot_pml4:
        .quad   PHYS(boot_pdpt) + 3
        .fill   255, 8, 0
        .quad   PHYS(boot_pdpt) + 3     /* K_DIRECT_BASE */
        .fill   254, 8, 0
        .quad   PHYS(boot_pdpt_image) + 3
boot_pdpt:
        .quad   PHYS(boot_pd) + 3, PHYS(boot_pd) + 0x1003
        .quad   PHYS(boot_pd) + 0x2003, PHYS(boot_pd) + 0x3003
        .fill   508, 8, 0
boot_pdpt_image:
        .fill   510, 8, 0
        .quad   PHYS(boot_pd) + 3
        .quad   0
boot_pd:
        .set    address, 0
        .rept   2048
        .quad   address + 0x83
        .set    address, address + 0x200000
        .endr

        .bss
        .balign 4096
        .globl  k_boot_stack, k_boot_stack_top
k_boot_stack:
        .fill   32768
k_boot_stack_top:

        .section .note.GNU-stack, "", @progbits
