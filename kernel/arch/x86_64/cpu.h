/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processor instructions and the per-processor block. The kernel runs with interrupts off; they are
 * on only in user mode and at k_interrupt_point(). Sources: Intel SDM volumes 2 and 3A.
 */
#ifndef K_ARCH_CPU_H
#define K_ARCH_CPU_H

#include "state.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the processor offers beyond the baseline, from CPUID. */
struct k_features {
    bool rdrand;
    uint64_t crystal_hz; /* CPUID.15H, 0: unknown */
};
extern struct k_features k_features;

/* Descriptor tables, control registers, MSRs. Panics when the processor lacks something that the
 * design needs (NX, SMEP, SMAP, UMIP, XSAVE with AVX). */
void k_cpu_init(void);

/* The local APIC's timer, time slices (SDM volume 3A, chapter 11): silences the legacy controllers,
 * measures the cycle counter, starts the periodic timer. */
void k_apic_init(void);
void k_apic_end_of_interrupt(void);

/* Where the processor starts when it comes from user mode. */
void k_cpu_set_stack(uint64_t top);

static inline uint64_t k_rdmsr(uint32_t msr)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static inline void k_wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

/* A null selector in GS, which k_activate() leaves to those who come from C: the kernel's base must
 * not change with it. */
static inline void k_clear_gs(void)
{
    __asm__ volatile("swapgs; mov %0, %%gs; swapgs" ::"r"(0) : "memory");
}

static inline void k_outb(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}

static inline uint8_t k_inb(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint64_t k_read_cr2(void)
{
    uint64_t value;
    __asm__ volatile("mov %%cr2, %0" : "=r"(value));
    return value;
}

static inline uint64_t k_read_cr3(void)
{
    uint64_t value;
    __asm__ volatile("mov %%cr3, %0" : "=r"(value));
    return value;
}

static inline void k_write_cr3(uint64_t value)
{
    __asm__ volatile("mov %0, %%cr3" ::"r"(value) : "memory");
}

static inline void k_invlpg(uint64_t address)
{
    __asm__ volatile("invlpg (%0)" ::"r"(address) : "memory");
}

static inline uint64_t k_rdtsc(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

struct k_cpuid {
    uint32_t eax, ebx, ecx, edx;
};

static inline struct k_cpuid k_cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct k_cpuid r;
    __asm__ volatile("cpuid"
                     : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                     : "a"(leaf), "c"(subleaf));
    return r;
}

#endif
