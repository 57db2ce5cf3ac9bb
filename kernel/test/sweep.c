/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sweep: an interrupt at every instruction, also where interrupts are off. This file is linked
 * into kernel-sweep.elf alone, a kernel for tests; everything else in it is the kernel as it is.
 *
 * The local APIC's timer delivers NMIs, one shot each. The handler arms it so that the next comes
 * one to four instructions after it has returned: under QEMU's `-icount shift=0` a tick is an
 * instruction. Each time it asserts what has to hold wherever the kernel or user code is. It begins
 * and ends when user code is found with a magic number in rbx, which becomes 0; until then NMIs
 * come rarely. At the end it lists the kernel instructions that were interrupted.
 */
#include "cpu.h"
#include "entry.h"
#include "hooks.h"
#include "log.h"
#include "thread.h"

#define BEGIN       0x5eebe6
#define END         0x5eee2d
#define RARELY      200000u
#define CALIBRATION 200u /* interrupts, in user code that spins */
#define TEXT_MAX    (512u << 10)

extern const char k_image_start[], k_text_end[];

static bool sweeping;
static uint64_t interrupts, in_kernel;
static uint32_t delay = 8; /* from arming to the return, and one instruction */
static uint32_t seed = 1;
static uint8_t hit[TEXT_MAX / 8];

/* The local APIC's timer delivers one NMI instead of ticks. SDM volume 3A, 11.5. */
#define TIMER   0x320u
#define INITIAL 0x380u
#define NMI     (4u << 8)

static void nmi_after(uint32_t ticks)
{
    *(volatile uint32_t *)(K_DEVICE_BASE + TIMER) = NMI;
    *(volatile uint32_t *)(K_DEVICE_BASE + INITIAL) = ticks;
}

static void must(bool good, const struct k_trap *trap, const char *what)
{
    if (!good)
        k_panic(trap, "sweep: interrupt %lu finds %s", interrupts, what);
}

static bool in_thread(const struct k_thread *thread, uint64_t cr3)
{
    bool found = cr3 == thread->binding->space;
    /* In the middle of a change: the other side of the activation that comes or goes. */
    for (int i = -1; i <= 0; i++) {
        const struct k_activation *a = &thread->top[i];
        const struct k_binding *callee =
            a->callee == NULL ? NULL : k_thread_binding(thread, a->callee);
        found |= a->caller_binding != NULL && cr3 == a->caller_binding->space;
        found |= callee != NULL && cr3 == callee->space;
    }
    return found;
}

/* Nobody can set a breakpoint, so none leads from one context or thread to another. */
static void check_debug(const struct k_trap *trap)
{
    uint64_t dr0, dr3, dr7;
    __asm__ volatile("mov %%dr0, %0; mov %%dr3, %1; mov %%dr7, %2"
                     : "=r"(dr0), "=r"(dr3), "=r"(dr7));
    must(dr0 == 0 && dr3 == 0 && dr7 == 0x400, trap, "a breakpoint");
    must((trap->rflags & K_FLAG_TF) == 0, trap, "single steps");
}

/* What user code has to find, wherever it is interrupted. */
static void check_user(const struct k_trap *trap, const struct k_thread *thread)
{
    must(k_read_cr3() == thread->binding->space, trap, "another address space in user mode");
    must(k_rdmsr(K_MSR_FS_BASE) == thread->binding->locator, trap, "another thread pointer");
    must(thread->binding == k_thread_binding(thread, thread->context), trap, "another binding");
    must((trap->rflags & 0x3200) == 0x200, trap, "interrupts off, or I/O allowed, in user mode");
    must(trap->cs == K_USER_CS && trap->ss == K_USER_SS, trap, "other selectors in user mode");
    must(trap->rip < K_USER_END, trap, "an instruction pointer in the kernel's half");
}

static void check_kernel(const struct k_trap *trap, const struct k_thread *thread)
{
    uint64_t top = (uint64_t)(k_thread_trap(k_cpu.thread) + 1);
    must(trap->cs == K_CS && (trap->rflags & 0x200) == 0, trap, "interrupts on in the kernel");
    must(trap->rip >= (uint64_t)k_image_start && trap->rip < (uint64_t)k_text_end, trap,
         "no kernel text");
    must(trap->rsp < K_USER_END || (trap->rsp > top - 4 * TWZ_PAGE_SIZE && trap->rsp <= top), trap,
         "a stack pointer that is neither the caller's nor the thread's");
    must(in_thread(thread, k_read_cr3()), trap, "an address space that is no party to the call");
}

static void check(const struct k_trap *trap)
{
    const struct k_thread *thread = k_cpu.thread;
    must(k_rdmsr(K_MSR_GS_BASE) == (uint64_t)&k_cpu && k_rdmsr(K_MSR_KERNEL_GS) == 0, trap,
         "GS the wrong way round");
    must(k_cpu.self == &k_cpu, trap, "another processor block");
    must(k_cpu.stack == (uint64_t)(k_thread_trap(k_cpu.thread) + 1), trap, "another kernel stack");
    must(thread->top > thread->activations &&
             thread->top <= &thread->activations[TWZ_GATE_DEPTH + K_UPCALLS_MAX + 1],
         trap, "activations out of bounds");
    must(thread->activations[0].kind == K_ACTIVATION_NONE, trap, "no first activation");
    for (const struct k_activation *a = &thread->activations[1]; a < thread->top; a++)
        must(a->kind != K_ACTIVATION_NONE && a->caller != NULL && a->callee != NULL, trap,
             "an activation without parties");
    check_debug(trap);
    if ((trap->cs & 3) != 0)
        check_user(trap, thread);
    else
        check_kernel(trap, thread);
}

static void report(void)
{
    uint64_t distinct = 0;
    for (uint64_t i = 0; i < TEXT_MAX; i++) {
        if ((hit[i / 8] >> i % 8 & 1) == 0)
            continue;
        distinct++;
        k_log(K_INFO, "sweep hit %lx", (uint64_t)k_image_start + i);
    }
    k_log(K_INFO, "sweep: %lu interrupts, %lu in the kernel, at %lu of its instructions",
          interrupts, in_kernel, distinct);
}

/* User code asks for something. */
static bool asked(const struct k_trap *trap, uint64_t magic)
{
    return (trap->cs & 3) != 0 && trap->kept.rbx == magic;
}

/* The shortest delay with which the code that spins gets on between two interrupts. */
static bool calibrated(const struct k_trap *trap)
{
    static uint64_t last;
    static uint32_t count;
    delay += trap->rip == last;
    last = trap->rip;
    return ++count > CALIBRATION;
}

void k_sweep_nmi(struct k_trap *trap)
{
    if (k_cpu.thread == NULL || k_cpu.thread->binding == NULL) {
        nmi_after(RARELY);
        return;
    }
    if (!sweeping) {
        bool begins = asked(trap, BEGIN);
        sweeping = begins && calibrated(trap);
        if (sweeping)
            trap->kept.rbx = 0;
        nmi_after(begins ? delay : RARELY);
        return;
    }
    if (asked(trap, END)) {
        sweeping = false;
        trap->kept.rbx = 0;
        report();
        nmi_after(RARELY);
        return;
    }
    interrupts++;
    check(trap);
    if ((trap->cs & 3) == 0) {
        uint64_t offset = trap->rip - (uint64_t)k_image_start;
        in_kernel++;
        hit[offset / 8] |= (uint8_t)(1u << offset % 8);
    }
    seed = seed * 1664525 + 1013904223;
    nmi_after(delay + (seed >> 30)); /* the last thing: the rest is as long each time */
}

void k_sweep_start(void)
{
    nmi_after(RARELY);
}
