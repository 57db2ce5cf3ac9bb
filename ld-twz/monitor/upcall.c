/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Upcalls: the kernel stopped a thread and says which rule did it. The monitor gives a thread its
 * stack in a compartment when it first comes there; everything else ends the activation that broke
 * the rule, whose caller gets TWZ_ECALLEE.
 */
#include "monitor.h"
#include <twz/rt/info.h>
#include <twz/rt/io.h>

struct answer {
    uint64_t action; /* enum twz_upcall_action */
    uint64_t value;
};

__attribute__((used, visibility("hidden"))) struct answer
mon_upcall(const struct twz_upcall *upcall);
extern const char mon_upcall_entry[] __attribute__((visibility("hidden")));

/* The kernel comes here on the monitor's stack with rdi = the upcall. */
__asm__(".pushsection .text,\"ax\",@progbits\n"
        ".globl mon_upcall_entry\n"
        ".hidden mon_upcall_entry\n"
        ".type mon_upcall_entry, @function\n"
        "mon_upcall_entry:\n"
        "and $-16, %rsp\n"
        "call mon_upcall\n" /* rax: action, rdx: value */
        "mov %rax, %rdi\n"
        "mov %rdx, %rsi\n"
        "mov $49, %eax\n" /* TWZ_SYS_UPCALL_RETURN */
        "syscall\n"
        "ud2\n"
        ".size mon_upcall_entry, . - mon_upcall_entry\n"
        ".popsection\n");
_Static_assert(TWZ_SYS_UPCALL_RETURN == 49, "the entry above");

static const char *rule_text(uint32_t rule)
{
    static const char *const texts[] = {
#define X(name, text) [name] = text,
        TWZ_RULES(X)
#undef X
    };
    return rule < sizeof texts / sizeof texts[0] ? texts[rule] : "an unknown rule";
}

static const char *gate_name(uint64_t number)
{
    for (uint32_t i = 0; i < mon.gate_count; i++)
        if (mon.gates[i].used && mon.gates[i].number == number)
            return mon.gates[i].name;
    for (uint32_t i = 0; i < mon_known_gate_count; i++)
        if (mon_known_gates[i].number == number)
            return mon_known_gates[i].name;
    return NULL;
}

/* Intel SDM volume 3A, table 6-1. */
static const char *exception_text(uint32_t vector)
{
    static const char *const texts[] = {
        [0] = "divide error",         [1] = "debug",
        [3] = "breakpoint",           [4] = "overflow",
        [5] = "bound range",          [6] = "invalid opcode",
        [7] = "no coprocessor",       [10] = "invalid TSS",
        [11] = "segment not present", [12] = "stack segment",
        [13] = "general protection",  [16] = "x87 floating point",
        [17] = "alignment check",     [19] = "SIMD floating point",
        [21] = "control protection",
    };
    const char *text = vector < sizeof texts / sizeof texts[0] ? texts[vector] : NULL;
    return text != NULL ? text : "reserved";
}

/* What was tried, in words. */
static void describe_attempt(const struct twz_upcall *upcall, char *text, size_t size)
{
    char place[256];
    mon_describe_address(upcall->address, place, sizeof place);
    switch (upcall->rule) {
    case TWZ_RULE_NO_GATE:
    case TWZ_RULE_NOT_GRANTED:
    case TWZ_RULE_NOT_ATTACHED: {
        const char *name = gate_name(upcall->address);
        twz_rt_format(text, size, "call of gate %lu%s%s%s", upcall->address, name ? " (" : "",
                      name ? name : "", name ? ")" : "");
        break;
    }
    case TWZ_RULE_EXCEPTION:
        twz_rt_format(text, size, "instruction that raised exception %u (%s)", upcall->vector,
                      exception_text(upcall->vector));
        break;
    case TWZ_RULE_DEADLINE:
        twz_rt_format(text, size, "call that has not returned");
        break;
    case TWZ_RULE_NO_RETURN:
        twz_rt_format(text, size, "return from a gate");
        break;
    case TWZ_RULE_BAD_STACK:
        twz_rt_format(text, size, "stack pointer 0x%lx", upcall->regs.rsp);
        break;
    case TWZ_RULE_BAD_RETURN:
        twz_rt_format(text, size, "call with return address %s", place);
        break;
    default:
        twz_rt_format(text, size, "%s %s",
                      upcall->access & TWZ_EXECUTE ? "execution at"
                      : upcall->access & TWZ_WRITE ? "write to"
                                                   : "read of",
                      place);
    }
}

static void report(const char *compartment, const struct twz_upcall *upcall)
{
    char attempt[320];
    char place[256];
    describe_attempt(upcall, attempt, sizeof attempt);
    mon_describe_code(upcall->regs.rip, place, sizeof place);
    mon_print("compartment %s: %s: %s\n", compartment, attempt, rule_text(upcall->rule));
    mon_print("compartment %s:   at %s, gate depth %u\n", compartment, place, upcall->depth);
}

/* The kernel holds the object from then on; nobody else knows it. */
static bool give_overlay(void)
{
    const struct twz_object_spec spec = {.medium = TWZ_VOLATILE};
    struct twz_id id;
    if (twz_syscall2(TWZ_SYS_OBJECT_CREATE, (uintptr_t)&spec, (uintptr_t)&id) < 0)
        return false;
    bool given = twz_syscall2(TWZ_SYS_GATE_OVERLAY, id.hi, id.lo) == 0;
    (void)twz_syscall2(TWZ_SYS_OBJECT_DELETE, id.hi, id.lo);
    return given;
}

/* Its call ends because the one below has not returned in time: that one answers for it. But a heap
 * that is left in the middle of something is not used again. */
static void end_bystander(uint32_t index, const struct twz_upcall *upcall)
{
    uint32_t late = mon_compartment_of(upcall->target);
    if (late < mon.compartment_count && mon.compartments[late].faults < MON_REPORTS_MAX)
        mon_print("compartment %s: ended in the middle of a call, because %s has not returned in "
                  "time\n",
                  mon.compartments[index].name, mon.compartments[late].name);
    if (mon_in_heap(index))
        mon_after_fault(index);
}

struct answer mon_upcall(const struct twz_upcall *upcall)
{
    if (upcall->rule == TWZ_RULE_NO_BINDING) {
        uint32_t target = mon_compartment_of(upcall->target);
        int64_t status = target == LD_NONE ? -TWZ_EPERM : mon_bind(target, upcall->thread);
        if (status < 0) /* only a system call, as a stub makes it, can return an error */
            return (struct answer){upcall->vector == 0 ? TWZ_UPCALL_REFUSE : TWZ_UPCALL_UNWIND,
                                   (uint64_t)-status};
        return (struct answer){TWZ_UPCALL_RESUME, 0};
    }
    if (upcall->rule == TWZ_RULE_CALLER_STACK && give_overlay())
        return (struct answer){TWZ_UPCALL_RESUME, 0};
    if (upcall->rule == TWZ_RULE_RESTART) {
        uint32_t target = mon_compartment_of(upcall->target);
        enum twz_error error = target == LD_NONE ? TWZ_EDEAD : mon_restart(target, upcall->thread);
        if (error != TWZ_OK)
            return (struct answer){TWZ_UPCALL_REFUSE, error};
        return (struct answer){TWZ_UPCALL_RESUME, 0};
    }
    if (upcall->rule == TWZ_RULE_EXIT) {
        mon_thread_ended(upcall->thread);
        return (struct answer){TWZ_UPCALL_EXIT, 0};
    }
    uint32_t index = mon_compartment_of(upcall->context);
    if (index == mon.compartment_room && upcall->access == TWZ_READ &&
        (upcall->rule == TWZ_RULE_UNMAPPED || upcall->rule == TWZ_RULE_NO_CAPABILITY) &&
        mon_file_touched(upcall->address))
        return (struct answer){TWZ_UPCALL_RESUME, 0};
    if (index == LD_NONE || mon_same(upcall->context, mon.boot.context)) {
        report("monitor", upcall);
        mon_stop(MON_STATUS_BROKEN, "the monitor itself was stopped");
    }
    if (upcall->rule == TWZ_RULE_DEADLINE && !mon_same(upcall->target, upcall->context)) {
        end_bystander(index, upcall);
        return (struct answer){TWZ_UPCALL_UNWIND, TWZ_ETIMEDOUT};
    }
    /* Its caller cannot read what it lends, or has no memory for the copy: no fault of the
     * callee's, but of a heap that it leaves in the middle of something. */
    if (upcall->rule == TWZ_RULE_CALLER_STACK) {
        if (mon_in_heap(index))
            mon_after_fault(index);
        return (struct answer){TWZ_UPCALL_UNWIND, TWZ_EFAULT};
    }
    /* A compartment that breaks rules all the time must not drown the log. */
    uint32_t before = mon.compartments[index].faults;
    if (before < MON_REPORTS_MAX) {
        report(mon.compartments[index].name, upcall);
        mon_backtrace(index, &upcall->regs);
    }
    if (before + 1 == MON_REPORTS_MAX)
        mon_print("compartment %s: from here on faults are only counted\n",
                  mon.compartments[index].name);
    mon_after_fault(index);
    if (upcall->rule == TWZ_RULE_DEADLINE)
        return (struct answer){TWZ_UPCALL_UNWIND, TWZ_ETIMEDOUT};
    if (index == 0) {
        mon.exited = true;
        mon.exit_status = MON_STATUS_FAULT;
    }
    if (upcall->depth == 0) { /* a thread that the compartment started: there is no caller */
        if (index == 0)
            mon_finish(MON_STATUS_FAULT);
        mon_thread_ended(upcall->thread);
    }
    return (struct answer){TWZ_UPCALL_UNWIND, TWZ_ECALLEE};
}

int64_t mon_upcalls_install(struct twz_id thread)
{
    return twz_syscall3(TWZ_SYS_THREAD_UPCALL, thread.hi, thread.lo, (uintptr_t)mon_upcall_entry);
}
