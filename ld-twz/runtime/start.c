/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Start and end of a compartment. The monitor calls twz_rt_start() with the compartment's record:
 * callee compartments first, the one with main last.
 */
#include "runtime.h"
#include <stdbool.h>
#include <twz/monitor_gates.h>
#include <twz/rt/alloc.h>
#include <twz/rt/core.h>
#include <twz/rt/exec.h>
#include <twz/rt/io.h>
#include <twz/rt/string.h>
#include <twz/rt/thread.h>
#include <twz/sys/call.h>

#define AT_EXIT_MAX 32

const struct twz_rt_state *twz_rt_own_state;

static void (*at_exit[AT_EXIT_MAX])(void);
static unsigned at_exit_count;

typedef int main_function(int argc, char **argv, char **envp);
typedef void plain_function(int argc, char **argv, char **envp);

static char *no_arguments[] = {NULL, NULL};
static int argument_count;
static char **arguments = no_arguments;

void twz_rt_call(uint64_t function)
{
    /* Constructors get main's arguments, as on other systems. */
    ((plain_function *)(uintptr_t)function)(argument_count, arguments,
                                            arguments + argument_count + 1);
}

/* Arrays of constructors run from their start, arrays of destructors from their end. */
static void call_all(uint64_t list, uint64_t list_count, bool backwards)
{
    const struct twz_rt_calls *runs = (const struct twz_rt_calls *)(uintptr_t)list;
    for (uint64_t i = 0; i < list_count; i++) {
        const uint64_t *functions = (const uint64_t *)(uintptr_t)runs[i].functions;
        if (runs[i].count == 0)
            twz_rt_call(runs[i].functions);
        for (uint64_t k = 0; k < runs[i].count; k++)
            twz_rt_call(functions[backwards ? runs[i].count - 1 - k : k]);
    }
}

/* Programs may write to their arguments, so they get a copy: pointers, NULL, an empty environment,
 * and the strings behind. */
static bool copy_arguments(const struct twz_rt_state *state)
{
    size_t pointers = (state->argument_count + 2) * sizeof(char *);
    char **copy = malloc(pointers + state->argument_bytes);
    if (copy == NULL)
        return false;
    char *text = (char *)copy + pointers;
    memcpy(text, (const void *)(uintptr_t)state->arguments, state->argument_bytes);
    for (uint64_t i = 0; i < state->argument_count; i++) {
        copy[i] = text;
        text += strlen(text) + 1;
    }
    copy[state->argument_count] = NULL;
    copy[state->argument_count + 1] = NULL;
    arguments = copy;
    argument_count = (int)state->argument_count;
    return true;
}

struct twz_rt_arguments twz_rt_arguments(void)
{
    return (struct twz_rt_arguments){(size_t)argument_count, (const char *const *)arguments};
}

void twz_rt_finish(void)
{
    while (at_exit_count > 0)
        at_exit[--at_exit_count]();
    static bool finished;
    if (!finished) {
        finished = true;
        twz_rt_libraries_finish();
        call_all(twz_rt_own_state->fini, twz_rt_own_state->fini_count, true);
    }
}

/* Called by the monitor, as a function, on this compartment's stack. Returns main's status, or 0.
 */
TWZ_RT_API int64_t twz_rt_start(const struct twz_rt_state *state);
int64_t twz_rt_start(const struct twz_rt_state *state)
{
    uint32_t least_minor = TWZ_RT_ABI_MINOR;
    if (state->abi_major != TWZ_RT_ABI_MAJOR || state->abi_minor < least_minor)
        return -TWZ_ENOTSUP;
    twz_rt_own_state = state;
    twz_rt_thread_self()->arrived = 1;
    if (state->argument_count > 0 && !copy_arguments(state))
        return -TWZ_ENOMEM;
    call_all(state->init, state->init_count, false);
    if (state->main == 0)
        return 0;
    int status = ((main_function *)(uintptr_t)state->main)(argument_count, arguments,
                                                           arguments + argument_count + 1);
    twz_rt_finish();
    return (uint32_t)status & 0xff;
}

/* In a callee only the call ends: its compartment goes on, and needs what destructors take down. */
void twz_rt_exit(int status)
{
    if (twz_rt_own_state->main != 0)
        twz_rt_finish();
    twz_mon_exit(status);
    __builtin_trap();
}

void twz_rt_abort(const char *reason)
{
    if (reason == NULL)
        reason = "abort";
    twz_mon_abort(reason, strnlen(reason, TWZ_MON_REASON_MAX));
    __builtin_trap();
}

int64_t twz_rt_at_exit(void (*function)(void))
{
    if (at_exit_count == AT_EXIT_MAX)
        return -TWZ_ELIMIT;
    at_exit[at_exit_count++] = function;
    return 0;
}

int64_t twz_rt_gate_status(void)
{
    return twz_syscall0(TWZ_SYS_GATE_STATUS);
}

void twz_rt_gate_deadline(uint64_t nanoseconds)
{
    (void)twz_syscall1(TWZ_SYS_GATE_DEADLINE, nanoseconds);
}

/* Called by code of -fstack-protector when a frame's canary has changed. */
TWZ_RT_API __attribute__((noreturn)) void __stack_chk_fail(void);
void __stack_chk_fail(void)
{
    twz_rt_abort("stack smashing detected");
}
