/* SPDX-License-Identifier: BSD-2-Clause */
#include "cpu.h"
#include "arch.h"
#include "entry.h"
#include "log.h"

struct k_cpu k_cpu;
struct k_features k_features;

/* 64-bit task state segment: SDM volume 3A, 8.7. The I/O map starts behind the limit: no ports. */
struct tss {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_map;
} __attribute__((packed));
_Static_assert(sizeof(struct tss) == 104, "SDM");

struct idt_entry {
    uint16_t offset0;
    uint16_t selector;
    uint8_t ist;
    uint8_t type;
    uint16_t offset16;
    uint32_t offset32;
    uint32_t reserved;
};
_Static_assert(sizeof(struct idt_entry) == 16, "SDM");

struct table_pointer {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

#define INTERRUPT_GATE 0x8e /* present, DPL 0: INT n from user mode faults; interrupts off */

/* Stacks for vectors that can hit any instruction: NMI, #DB, #DF, #MC. */
static const uint8_t ist_vectors[] = {1, 2, 8, 18};
static uint8_t ist_stacks[sizeof ist_vectors][8192] __attribute__((aligned(16)));

static struct tss tss;
static struct idt_entry idt[256];
static uint64_t gdt[8] = {
    [K_CS / 8] = 0x00af9b000000ffff,
    [K_SS / 8] = 0x00cf93000000ffff,
    [K_USER_SS / 8] = 0x00cff3000000ffff,
    [K_USER_CS / 8] = 0x00affb000000ffff,
};

static void load_tables(void)
{
    for (unsigned i = 0; i < sizeof ist_vectors; i++)
        tss.ist[i] = (uint64_t)(ist_stacks[i] + sizeof ist_stacks[i]);
    tss.io_map = sizeof tss;
    uint64_t base = (uint64_t)&tss;
    gdt[K_TSS / 8] =
        (sizeof tss - 1) | (base & 0xffffff) << 16 | 0x89ull << 40 | (base >> 24 & 0xff) << 56;
    gdt[K_TSS / 8 + 1] = base >> 32;
    struct table_pointer gdt_pointer = {sizeof gdt - 1, (uint64_t)gdt};
    __asm__ volatile("lgdt %0" ::"m"(gdt_pointer));
    __asm__ volatile("ltr %w0" ::"r"(K_TSS));
    /* No local descriptors: after a reset that table begins at address 0, which is user code's. */
    __asm__ volatile("lldt %w0" ::"r"(0));

    for (unsigned vector = 0; vector < 256; vector++) {
        uint64_t stub = (uint64_t)k_trap_stubs + vector * 32;
        idt[vector] = (struct idt_entry){.offset0 = (uint16_t)stub,
                                         .selector = K_CS,
                                         .type = INTERRUPT_GATE,
                                         .offset16 = (uint16_t)(stub >> 16),
                                         .offset32 = (uint32_t)(stub >> 32)};
    }
    for (unsigned i = 0; i < sizeof ist_vectors; i++)
        idt[ist_vectors[i]].ist = (uint8_t)(i + 1);
    struct table_pointer idt_pointer = {sizeof idt - 1, (uint64_t)idt};
    __asm__ volatile("lidt %0" ::"m"(idt_pointer));
}

static void require(bool present, const char *what)
{
    if (!present)
        k_panic(NULL, "this processor has no %s", what);
}

/* Setting a reserved bit of CR4 faults, so everything is asked for first. */
static void check_features(void)
{
    struct k_cpuid basic = k_cpuid(1, 0);
    struct k_cpuid extended = k_cpuid(7, 0);
    struct k_cpuid amd = k_cpuid(0x80000001, 0);
    require(amd.edx >> 20 & 1, "NX");
    require(extended.ebx >> 7 & 1, "SMEP");
    require(extended.ebx >> 20 & 1, "SMAP");
    require(extended.ecx >> 2 & 1, "UMIP");
    require(basic.ecx >> 26 & 1, "XSAVE");
    require(basic.ecx >> 28 & 1, "AVX");
    k_features.rdrand = basic.ecx >> 30 & 1;
    if (k_cpuid(0, 0).eax >= 0x15)
        k_features.crystal_hz = k_cpuid(0x15, 0).ecx;
}

void k_cpu_init(void)
{
    k_cpu.self = &k_cpu;
    k_wrmsr(K_MSR_GS_BASE, (uint64_t)&k_cpu);
    k_wrmsr(K_MSR_KERNEL_GS, 0);
    load_tables();
    check_features();
    __asm__ volatile("mov %0, %%dr7" ::"r"(0x400ull)); /* no breakpoints from before */

    /* FSGSBASE stays off, so user code cannot move its thread pointer; PCE off: no RDPMC. */
    uint64_t cr4 = K_CR4_PAE | K_CR4_PGE | K_CR4_OSFXSR | K_CR4_OSXMMEXCPT | K_CR4_UMIP |
                   K_CR4_OSXSAVE | K_CR4_SMEP | K_CR4_SMAP;
    __asm__ volatile("mov %0, %%cr4" ::"r"(cr4));
    __asm__ volatile("xsetbv" ::"c"(0), "a"(7), "d"(0)); /* x87, SSE, AVX */
    require(k_cpuid(0xd, 0).ebx <= sizeof(struct k_vectors), "XSAVE area of the usual size");

    k_wrmsr(K_MSR_STAR, (uint64_t)K_SYSRET_BASE << 48 | (uint64_t)K_CS << 32);
    k_wrmsr(K_MSR_LSTAR, (uint64_t)k_syscall_entry);
    k_wrmsr(K_MSR_SYSCALL_MASK, K_FLAGS_CLEARED);
}

void k_cpu_set_stack(uint64_t top)
{
    tss.rsp[0] = top;
    k_cpu.stack = top;
}

uint64_t k_entropy(bool *trustworthy)
{
    *trustworthy = false;
    for (unsigned tries = 0; k_features.rdrand && tries < 10; tries++) {
        uint64_t value;
        __asm__ volatile("rdrand %0; setc %1" : "=r"(value), "=qm"(*trustworthy)::"cc");
        if (*trustworthy)
            return value;
    }
    return k_rdtsc();
}
