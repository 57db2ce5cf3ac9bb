/* SPDX-License-Identifier: BSD-2-Clause */
/* Exceptions and interrupts in C: whose fault it is, and who deals with it. */
#include "context.h"
#include "cpu.h"
#include "deadline.h"
#include "entry.h"
#include "gate.h"
#include "hooks.h"
#include "log.h"
#include "overlay.h"
#include "schedule.h"
#include "thread.h"
#include "upcall.h"
#include <string.h>

#define VECTOR_DEBUG      1
#define VECTOR_NMI        2
#define VECTOR_PAGE_FAULT 14

#define FAULT_WRITE    (1u << 1)
#define FAULT_USER     (1u << 2)
#define FAULT_RESERVED (1u << 3)
#define FAULT_FETCH    (1u << 4)

static bool from_user(const struct k_trap *trap)
{
    return (trap->cs & 3) != 0;
}

/* The kernel itself never faults: it reaches user memory through the direct map. */
__attribute__((noreturn)) static void kernel_fault(const struct k_trap *trap)
{
    k_panic(trap, "exception %lu (error %lx) in the kernel, address %lx", trap->vector, trap->error,
            k_read_cr2());
}

static void page_fault(struct k_trap *trap)
{
    k_system.page_faults++;
    uint64_t address = k_read_cr2();
    uint32_t access = trap->error & FAULT_FETCH   ? TWZ_EXECUTE
                      : trap->error & FAULT_WRITE ? TWZ_WRITE
                                                  : TWZ_READ;
    struct k_thread *thread = k_cpu.thread;
    if (trap->error & FAULT_RESERVED)
        k_panic(trap, "reserved bit in a page table, address %lx", address);
    if (!from_user(trap))
        kernel_fault(trap);
    /* The processor's own access on behalf of user code (a far return, in QEMU): no page that the
     * context could have makes it succeed. */
    if ((trap->error & FAULT_USER) == 0) {
        k_upcall(thread, trap,
                 &(struct k_cause){.rule = TWZ_RULE_EXCEPTION, .vector = VECTOR_PAGE_FAULT});
        return;
    }
    enum twz_rule rule = k_root_fault(thread->binding->root, address, access);
    if (rule != TWZ_RULE_NONE && access != TWZ_EXECUTE)
        rule = k_overlay_touch(thread, address, rule);
    if (rule == TWZ_RULE_NONE)
        return;
    struct k_cause cause = {
        .rule = rule, .vector = VECTOR_PAGE_FAULT, .address = address, .access = access};
    if (access != TWZ_EXECUTE || trap->rip != address || !k_plain_call(thread, trap, &cause))
        k_upcall(thread, trap, &cause);
}

static void timer(struct k_trap *trap)
{
    k_system.interrupts++;
    k_apic_end_of_interrupt();
    k_schedule_tick();
    if (from_user(trap)) {
        (void)k_thread_check_doom(k_cpu.thread, trap);
        (void)k_deadline_check(k_cpu.thread, trap);
    }
}

void k_trap(struct k_trap *trap)
{
    switch (trap->vector) {
    case VECTOR_PAGE_FAULT:
        page_fault(trap);
        return;
    case K_VECTOR_TIMER:
        timer(trap);
        return;
    case K_VECTOR_SPURIOUS:
        return;
    }
    if (!from_user(trap))
        kernel_fault(trap);
    k_upcall(k_cpu.thread, trap,
             &(struct k_cause){.rule = TWZ_RULE_EXCEPTION, .vector = (uint32_t)trap->vector});
}

struct k_trap *k_trap_paranoid(struct k_trap *trap)
{
    switch (trap->vector) {
    case VECTOR_NMI:
        if (k_sweep_nmi != NULL)
            k_sweep_nmi(trap);
        return NULL;
    case VECTOR_DEBUG:
        if (from_user(trap)) {
            struct k_trap *copy = k_thread_trap(k_cpu.thread);
            *copy = *trap;
            return copy;
        }
        trap->rflags &= ~(uint64_t)K_FLAG_TF;
        return NULL;
    default:
        k_panic(trap, "exception %lu (error %lx)", trap->vector, trap->error);
    }
}

void k_trap_start(struct k_trap *trap, uint64_t entry, uint64_t stack, uint64_t argument)
{
    k_clear_gs();
    *trap = (struct k_trap){.arguments = {argument},
                            .vector = K_VECTOR_SYSCALL,
                            .rip = entry,
                            .cs = K_USER_CS,
                            .rflags = K_FLAGS_USER,
                            .rsp = stack,
                            .ss = K_USER_SS};
}

bool k_trap_is_syscall(const struct k_trap *trap)
{
    return trap->vector == K_VECTOR_SYSCALL;
}

bool k_trap_returns(const struct k_trap *trap)
{
    return trap->rip < K_USER_END;
}

#define SYSCALL_SIZE 2 /* bytes of the instruction */

void k_trap_retry(struct k_trap *trap)
{
    trap->rip -= SYSCALL_SIZE;
}

uint64_t k_trap_stack(const struct k_trap *trap)
{
    return trap->rsp;
}

void k_trap_registers(const struct k_trap *trap, struct twz_regs *regs)
{
    const struct k_kept *k = &trap->kept;
    const uint64_t *a = trap->arguments;
    uint64_t rip = k_trap_is_syscall(trap) ? trap->rip - SYSCALL_SIZE : trap->rip;
    /* In the order of the ABI: rax rbx rcx rdx rsi rdi rbp rsp, r8 to r15, rip, rflags. */
    *regs = (struct twz_regs){trap->rax, k->rbx,    trap->rcx, a[2],   a[1], a[0],
                              k->rbp,    trap->rsp, a[4],      a[5],   a[3], trap->r11,
                              k->r12,    k->r13,    k->r14,    k->r15, rip,  trap->rflags};
}

void k_trap_save(const struct k_trap *trap, struct k_saved *saved)
{
    saved->kept = trap->kept;
    saved->rsp = trap->rsp;
    saved->rip = trap->rip;
    saved->rflags = trap->rflags;
    memcpy(saved->arguments, trap->arguments, sizeof saved->arguments);
    if (!k_trap_is_syscall(trap))
        saved->arguments[3] = trap->rcx;
    __asm__ volatile("stmxcsr %0; fnstcw %1" : "=m"(saved->mxcsr), "=m"(saved->fcw));
}

void k_trap_call(struct k_trap *trap, uint64_t entry, uint64_t stack, const uint64_t *arguments)
{
    k_trap_start(trap, entry, stack, arguments[0]);
    memcpy(trap->arguments, arguments, sizeof trap->arguments);
    trap->rcx = arguments[3]; /* of a function; R10 is that of a system call */
    trap->arguments[3] = 0;
}

void k_trap_values(const struct k_trap *trap, uint64_t values[2])
{
    values[0] = trap->rax;
    values[1] = trap->arguments[2];
}

/* What a function call keeps, but for vector and control state. */
static void restore(struct k_trap *trap, const struct k_saved *saved)
{
    k_trap_start(trap, saved->rip, saved->rsp, 0);
    trap->kept = saved->kept;
    trap->rflags = (saved->rflags & K_FLAGS_RESTORED) | K_FLAGS_USER;
}

static void restore_control(const struct k_saved *saved)
{
    __asm__ volatile("ldmxcsr %0; fldcw %1" ::"m"(saved->mxcsr), "m"(saved->fcw));
}

void k_trap_return(struct k_trap *trap, const struct k_saved *saved, const uint64_t values[2],
                   uint32_t vectors)
{
    restore(trap, saved);
    trap->rax = values[0];
    trap->arguments[2] = values[1];
    k_vectors_keep(vectors);
    restore_control(saved);
}

void k_trap_resume(struct k_trap *trap, const struct k_saved *saved, bool all, int64_t value)
{
    restore(trap, saved);
    trap->rax = (uint64_t)value;
    if (all)
        memcpy(trap->arguments, saved->arguments, sizeof trap->arguments);
    k_vectors_clear();
    restore_control(saved);
}

void k_trap_refused(struct k_trap *trap, const struct k_saved *saved, uint64_t number)
{
    k_trap_start(trap, saved->rip, saved->rsp, 0);
    trap->kept = saved->kept;
    trap->rax = number;
    trap->rcx = saved->rip;
    trap->r11 = trap->rflags = saved->rflags;
    memcpy(trap->arguments, saved->arguments, sizeof trap->arguments);
}
