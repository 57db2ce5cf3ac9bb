/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor's life: read the command line, load the program, start its compartments, report its
 * end. The command line is [OPTION=VALUE ...] PROGRAM [ARGUMENT ...], separated by blanks:
 *
 *   policy=NAME  the object with the policy, instead of PROGRAM.policy
 *   table=start  prints the table of compartments before the program runs
 *   slots=SEED   the same seed gives the same slots, 0 the lowest free ones; without it they are
 *                random
 */
#include "monitor.h"
#include <twz/rt/info.h>

struct monitor mon;

__attribute__((used, noreturn, visibility("hidden"))) void
mon_start(const struct twz_boot_info *boot);

/* The kernel comes here in the monitor's context with rdi = struct twz_boot_info. */
__asm__(".pushsection .text,\"ax\",@progbits\n"
        ".globl _start\n"
        ".hidden _start\n"
        ".type _start, @function\n"
        "_start:\n"
        "xor %ebp, %ebp\n"
        "and $-16, %rsp\n"
        "call mon_start\n"
        "ud2\n"
        ".size _start, . - _start\n"
        ".popsection\n");

/* A random number that nobody outside can know: the nonce that the kernel draws for an object. */
static uint64_t draw_seed(void)
{
    struct twz_object_info info = {.nonce = {0, 0}};
    struct twz_id id = mon_object_create(NULL);
    if (twz_syscall3(TWZ_SYS_OBJECT_INFO, id.hi, id.lo, (uintptr_t)&info) < 0 ||
        (info.nonce.hi | info.nonce.lo) == 0)
        mon_stop(MON_STATUS_BROKEN, "the kernel draws no nonces");
    (void)twz_syscall2(TWZ_SYS_OBJECT_DELETE, id.hi, id.lo);
    return info.nonce.hi ^ info.nonce.lo;
}

static uint64_t parse_number(const char *text, size_t length)
{
    uint64_t value = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            mon_stop(MON_STATUS_REFUSED, "slots= takes a decimal number");
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    return value;
}

/* Takes a word for an option if it is one. */
static bool parse_option(const char *word, size_t length)
{
    static const char policy[] = "policy=", slots[] = "slots=", table[] = "table=start";
    if (length == sizeof table - 1 && strncmp(word, table, length) == 0) {
        mon.print_table = true;
        return true;
    }
    if (length >= sizeof policy - 1 && strncmp(word, policy, sizeof policy - 1) == 0) {
        char *name = mon_allocate(length + 1);
        memcpy(name, word + sizeof policy - 1, length - (sizeof policy - 1));
        mon.policy_name = name;
        return true;
    }
    if (length >= sizeof slots - 1 && strncmp(word, slots, sizeof slots - 1) == 0) {
        mon.slots.seed = parse_number(word + sizeof slots - 1, length - (sizeof slots - 1));
        mon.slots.random = mon.slots.seed != 0;
        return true;
    }
    return false;
}

/* Splits the command line at its blanks into NUL-terminated strings, in place. Returns the program
 * and leaves it as first argument. */
static const char *parse_command_line(void)
{
    char *line = mon.boot.command_line;
    line[sizeof mon.boot.command_line - 1] = '\0';
    char *out = line;
    for (char *at = line; *at != '\0';) {
        while (*at == ' ')
            at++;
        const char *word = at;
        size_t length = 0;
        while (at[length] != '\0' && at[length] != ' ')
            length++;
        if (length == 0)
            break;
        bool last = at[length] == '\0';
        at += length + !last;
        if (mon.argument_count == 0 && parse_option(word, length))
            continue;
        memmove(out, word, length);
        out[length] = '\0';
        out += length + 1;
        mon.argument_count++;
        if (last)
            break;
    }
    mon.arguments = line;
    mon.argument_bytes = (size_t)(out - line);
    if (mon.argument_count == 0)
        mon_stop(MON_STATUS_REFUSED, "the command line names no program");
    return line;
}

#define START_TIME 60000000000ull /* nanoseconds that a compartment has before main runs */

/* main is running: who waits for a compartment now may be anybody. */
static bool running;

/* Calls any function of a compartment. Nothing but main takes as long as it likes: 0. */
static bool call(uint32_t index, struct twz_id thread, uint64_t entry, uint64_t argument,
                 uint64_t time, int64_t *result)
{
    /* It may be bound already, by its first call. */
    int64_t status = mon_is_bound(index, thread) ? 0 : mon_bind(index, thread);
    *result = status;
    if (status < 0)
        return false;
    const struct mon_compartment *c = &mon.compartments[index];
    const struct twz_call_spec spec = {.context = c->context, .entry = entry, .argument = argument};
    (void)twz_syscall1(TWZ_SYS_GATE_DEADLINE, time);
    *result = twz_syscall1(TWZ_SYS_CONTEXT_CALL, (uintptr_t)&spec);
    return twz_syscall0(TWZ_SYS_GATE_STATUS) == 0;
}

bool mon_call(uint32_t index, uint64_t entry, uint64_t argument, int64_t *result)
{
    struct twz_id thread;
    *result = twz_syscall1(TWZ_SYS_THREAD_SELF, (uintptr_t)&thread);
    return *result == 0 &&
           call(index, thread, entry, argument, mon_restart_time(&mon.compartments[index]), result);
}

bool mon_start_compartment(uint32_t index, struct twz_id thread, int64_t *result)
{
    const struct mon_compartment *c = &mon.compartments[index];
    if (c->start == 0) {
        mon_print("monitor: the runtime of %s has no twz_rt_start\n", c->name);
        *result = -TWZ_ENOENT;
        return false;
    }
    uint64_t time = running ? mon_restart_time(c) : index == 0 ? 0 : START_TIME;
    running |= index == 0;
    return call(index, thread, c->start, mon_slot_address(c->record_slot) + TWZ_OBJECT_BASE, time,
                result);
}

static uint32_t run(void)
{
    /* Nothing that a compartment does when it starts may leave the next one without a stack. */
    for (uint32_t i = 0; i < mon.start_count; i++) {
        uint32_t index = mon.starts[i];
        int64_t bound = mon_bind(index, mon.boot.thread);
        if (bound < 0)
            mon_stop(MON_STATUS_REFUSED, "cannot make a stack in %s: %s",
                     mon.compartments[index].name, twz_rt_error_text(bound));
    }
    for (uint32_t i = 0; i < mon.start_count; i++) {
        uint32_t index = mon.starts[i];
        if (index == 0)
            continue;
        int64_t result;
        if (!mon_start_compartment(index, mon.boot.thread, &result) || result != 0) {
            mon_print("monitor: compartment %s did not start: %s\n", mon.compartments[index].name,
                      twz_rt_error_text(result));
            mon_after_fault(index);
        }
    }
    int64_t status;
    if (mon_start_compartment(0, mon.boot.thread, &status) && !mon.exited)
        return (uint32_t)status & 0xff;
    /* The first thread has ended itself: the program ends with its last thread. */
    while (!mon.exited && status == -TWZ_EEXITED && mon_threads_alive() > 1)
        (void)twz_syscall0(TWZ_SYS_THREAD_YIELD);
    if (!mon.exited && status == -TWZ_EEXITED)
        return 0;
    if (!mon.exited)
        mon_stop(MON_STATUS_BROKEN, "main was not called: %s", twz_rt_error_text(status));
    return mon.exit_status;
}

void mon_finish(uint32_t status)
{
    mon_print("monitor: %s ended with status %u\n", mon.arguments, status);
    mon_report();
    for (;;)
        (void)twz_syscall1(TWZ_SYS_SHUTDOWN, status & 127);
}

void mon_start(const struct twz_boot_info *boot)
{
    mon.boot = *boot;
    if (mon.boot.abi_major != TWZ_ABI_MAJOR)
        mon_stop(MON_STATUS_BROKEN, "the kernel's ABI is %u.%u, this monitor needs %u",
                 mon.boot.abi_major, mon.boot.abi_minor, TWZ_ABI_MAJOR);
    mon_memory_init();
    if (mon_upcalls_install(mon.boot.thread) < 0)
        mon_stop(MON_STATUS_BROKEN, "cannot set the upcall entry");
    mon_image_open();
    mon_publish_own_gates();
    mon.slots.seed = draw_seed();
    mon.slots.random = true;
    const char *program = parse_command_line();
    uint32_t file = mon_file_need(program);
    if (file == LD_NONE)
        mon_stop(MON_STATUS_REFUSED, "%s: the image has no program of that name", program);
    mon_policy_open(program);
    mon_compartments_init();
    mon_threads_init();
    mon_loader_create();
    mon_load(file);
    mon_load_finish();
    if (mon.print_table)
        mon_report();
    mon_finish(run());
}
