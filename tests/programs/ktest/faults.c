/* SPDX-License-Identifier: BSD-2-Clause */
/* What user code does that the processor or the kernel stops, and how the monitor answers. */
#include "functions.h"

static struct compartment a;

static uint64_t f_privileged(uint64_t which)
{
    switch (which) {
    case 0:
        __asm__ volatile("cli");
        break;
    case 1:
        __asm__ volatile("hlt");
        break;
    case 2:
        __asm__ volatile("inb $0x60, %%al" ::: "eax");
        break;
    case 3:
        __asm__ volatile("outl %0, $0xf4" ::"a"(0));
        break;
    case 4:
        __asm__ volatile("mov %%cr3, %%rax" ::: "rax");
        break;
    case 5:
        __asm__ volatile("mov %%dr7, %%rax" ::: "rax");
        break;
    case 6:
        __asm__ volatile("wrmsr" ::"c"(0xc0000100), "a"(0), "d"(0));
        break;
    case 7:
        __asm__ volatile("rdmsr" ::"c"(0xc0000082) : "eax", "edx");
        break;
    case 8:
        __asm__ volatile("swapgs");
        break;
    case 9:
        __asm__ volatile("int $0x40");
        break;
    case 10:
        __asm__ volatile("int3");
        break;
    case 11:
        __asm__ volatile("int $2");
        break;
    case 12:
        __asm__ volatile("sgdt (%0)" ::"r"((char *)__builtin_frame_address(0) - 64) : "memory");
        break;
    case 13:
        __asm__ volatile("sysretq");
        break;
    case 14:
        __asm__ volatile("lgdt (%0)" ::"r"((char *)__builtin_frame_address(0) - 64));
        break;
    case 15:
        __asm__ volatile("mov %0, %%ss" ::"r"(0x10));
        break;
    case 16:
        __asm__ volatile("push $0x10; push $0; lretq");
        break;
    case 17:
        __asm__ volatile("rdpmc" ::"c"(0) : "eax", "edx");
        break;
    default:
        __asm__ volatile("invlpg (%0)" ::"r"(0x1000));
        break;
    }
    return 0;
}

static uint64_t f_opcode(uint64_t which)
{
    switch (which) {
    case 0:
        __asm__ volatile("ud2");
        break;
    case 1:
        __asm__ volatile("wrfsbase %0" ::"r"(0x1000ull));
        break;
    case 2:
        __asm__ volatile("rdgsbase %%rax" ::: "rax");
        break;
    default:
        __asm__ volatile("xsetbv" ::"a"(7), "d"(0), "c"(0)); /* #GP */
    }
    return 0;
}

static uint64_t f_divide(uint64_t zero)
{
    uint64_t quotient = 1;
    __asm__ volatile("xor %%edx, %%edx; div %1" : "+a"(quotient) : "r"(zero) : "edx");
    return quotient;
}

static uint64_t f_single_step(uint64_t unused)
{
    __asm__ volatile("pushfq; orq $0x100, (%rsp); popfq; nop");
    return unused;
}

static void test_exceptions(void)
{
    bool all = true;
    for (uint64_t i = 0; i <= 18; i++) {
        uint64_t before = upcalls;
        call(&a, f_privileged, i);
        bool good = upcalls == before + 1 && upcall.rule == TWZ_RULE_EXCEPTION;
        if (!good) {
            print("# privileged instruction ");
            print_number(i);
            print(" was not stopped\n");
        }
        all = all && good;
    }
    check(all, "P48 P127 every privileged instruction and software interrupt is stopped");
    all = true;
    for (uint64_t i = 0; i < 3; i++) {
        uint64_t before = upcalls;
        call(&a, f_opcode, i);
        all =
            all && upcalls == before + 1 && upcall.rule == TWZ_RULE_EXCEPTION && upcall.vector == 6;
    }
    check(all, "P48 wrfsbase and its kin do not exist");
    stopped(&a, f_opcode, 3, TWZ_RULE_EXCEPTION, "xsetbv is stopped");
    stopped(&a, f_divide, 0, TWZ_RULE_EXCEPTION, "division by zero is stopped");
    check(upcall.vector == 0 && upcall.depth == 1, "the upcall says which exception");
    stopped(&a, f_single_step, 0, TWZ_RULE_EXCEPTION, "a single step stops in user code");
    check(upcall.vector == 1, "as a debug exception");
}

static void test_addresses(void)
{
    stopped(&a, f_read, 0xffff800000001000, TWZ_RULE_KERNEL_ADDRESS,
            "the direct map cannot be read");
    stopped(&a, f_write, 0xffffffff80100000, TWZ_RULE_KERNEL_ADDRESS, "kernel text not written");
    stopped(&a, f_jump, 0xffffffff80100000, TWZ_RULE_KERNEL_ADDRESS, "nor executed");
    stopped(&a, f_read, 0x800000000000, TWZ_RULE_EXCEPTION, "a non-canonical address");
    stopped(&a, f_jump, 0x800000000000, TWZ_RULE_EXCEPTION, "a jump to one");
    stopped(&a, f_read, 0x4000000000001000, TWZ_RULE_EXCEPTION,
            "a raw dereference of a persistent pointer faults");
    stopped(&a, f_read, 0, TWZ_RULE_UNMAPPED, "a null pointer");
    stopped(&a, f_read, 0x7fffffffe000, TWZ_RULE_KERNEL_ADDRESS, "the last slot is not the user's");
    stopped(&a, f_read, boot.stack_slot * TWZ_SLOT_SIZE + (1 << 20) + 8, TWZ_RULE_NO_CAPABILITY,
            "P89 the monitor's stack cannot be read");
    stopped(&a, f_read, (boot.text_slot + 1) * TWZ_SLOT_SIZE + 0x1000, TWZ_RULE_NO_CAPABILITY,
            "P89 nor its data");
    stopped(&a, f_write, boot.text_slot * TWZ_SLOT_SIZE + 0x1000, TWZ_RULE_NO_WRITE,
            "P68 nor its text written");
    stopped(&a, f_jump, boot.text_slot * TWZ_SLOT_SIZE + 0x1000, TWZ_RULE_NO_EXECUTE,
            "nor what is no code in it executed");
    stopped(&a, f_jump, a.stack_low, TWZ_RULE_NO_EXECUTE, "P68 a stack cannot be executed");
    stopped(&a, f_write, a.stack_low - 8, TWZ_RULE_NO_PAGE,
            "a stack overflow meets the guard page");
}

/* An answer RESUME does the instruction again, with every register as it was. */
static uint64_t resume_address;
static struct twz_id resume_object;

static void map_it(void)
{
    on_upcall = NULL;
    struct twz_range range = {.first_page = 1, .page_count = 1, .rights = TWZ_READ | TWZ_WRITE};
    twz_syscall5(TWZ_SYS_VIEW_MAP, slot_of(resume_address), resume_object.hi, resume_object.lo,
                 (uint64_t)&range, 1);
    answer = TWZ_UPCALL_RESUME;
}

/* Inside an upcall, the monitor calls another function of the compartment that was stopped. */
static uint64_t nested_result;
static void call_inside(void)
{
    on_upcall = NULL;
    nested_result = (uint64_t)call(&a, f_identity, 99);
    map_it();
}

static void fault_inside(void)
{
    on_upcall = NULL;
    struct twz_upcall outer = upcall;
    nested_result = (uint64_t)call(&a, f_read, 0);
    upcall = outer;
    map_it();
}

static void test_resume(void)
{
    resume_object = object_create();
    grant(&a, resume_object, TWZ_READ | TWZ_WRITE);
    void (*const ways[])(void) = {map_it, call_inside, fault_inside};
    static const char *const names[] = {
        "RESUME does the access again after the monitor has mapped the page",
        "the monitor can call into the compartment meanwhile",
        "and that call may be stopped in turn"};
    for (unsigned i = 0; i < COUNT(ways); i++) {
        resume_address = fresh_slot() * TWZ_SLOT_SIZE + TWZ_OBJECT_BASE;
        on_upcall = ways[i];
        nested_result = 0;
        uint64_t before = upcalls;
        equal((uint64_t)call(&a, f_write, resume_address), 0, names[i]);
        check(upcalls == before + 1 + (i == 2) &&
                  nested_result == (i == 0   ? 0
                                    : i == 1 ? 99
                                             : (uint64_t)-TWZ_ECALLEE),
              "and everything is as it should be");
        unmap(resume_address - TWZ_OBJECT_BASE);
    }
}

/* An access that is stopped again and again inside its own upcall: the kernel ends it. */
static uint64_t nesting;
static void fault_deeper(void)
{
    nesting++;
    nested_result = (uint64_t)call(&a, f_read, 0);
}

static void test_nesting(void)
{
    on_upcall = fault_deeper;
    nesting = 0;
    call(&a, f_read, 0);
    on_upcall = NULL;
    check(nesting >= 2 && nested_result == (uint64_t)-TWZ_ECALLEE,
          "upcalls within upcalls end at a limit, with an error");
    equal((uint64_t)call(&a, f_identity, 3), 3, "and the thread goes on");
}

void test_faults(void)
{
    a = compartment_create();
    test_exceptions();
    test_addresses();
    test_resume();
    test_nesting();
}
