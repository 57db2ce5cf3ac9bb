/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals that the compartment sends to itself. A handler is called where the signal is raised or
 * unblocked, as a plain function. Faults are no signals: the monitor reports them. None of these
 * handlers runs under the lock, because they call the program.
 */
#include "calls.h"
#include "personality.h"
#include <signal.h>
#include <twz/rt/core.h>
#include <twz/rt/io.h>
#include <twz/rt/string.h>

#define SIGNALS 64

typedef void plain_handler(int);
typedef void info_handler(int, siginfo_t *, void *);

static struct signal_action actions[SIGNALS + 1];
static uint64_t blocked, pending;

static uint64_t bit(int number)
{
    return 1ull << (number - 1);
}

/* Neither of them can be blocked. */
static uint64_t blockable(uint64_t mask)
{
    return mask & ~(bit(SIGKILL) | bit(SIGSTOP));
}

static bool ignored_by_default(int number)
{
    return number == SIGCHLD || number == SIGCONT || number == SIGURG || number == SIGWINCH ||
           number == SIGSTOP || number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

static _Noreturn void end_by(int number)
{
    char reason[32];
    twz_rt_format(reason, sizeof reason, "signal %d", number);
    twz_rt_abort(number == SIGABRT ? "abort" : reason);
}

static void deliver(int number)
{
    struct signal_action action = actions[number];
    if (action.handler == (uintptr_t)SIG_DFL || number == SIGKILL) {
        if (!ignored_by_default(number))
            end_by(number);
        return;
    }
    if (action.handler == (uintptr_t)SIG_IGN)
        return;
    uint64_t before = blocked;
    blocked |= blockable(action.mask | (action.flags & SA_NODEFER ? 0 : bit(number)));
    if (action.flags & SA_RESETHAND)
        actions[number].handler = (uintptr_t)SIG_DFL;
    if (action.flags & SA_SIGINFO) {
        siginfo_t info = {.si_signo = number, .si_code = SI_TKILL};
        info.si_pid = 1;
        ((info_handler *)action.handler)(number, &info, NULL);
    } else {
        ((plain_handler *)action.handler)(number);
    }
    blocked = before;
}

static void deliver_pending(void)
{
    while (pending & ~blocked) {
        int number = __builtin_ctzll(pending & ~blocked) + 1;
        pending &= ~bit(number);
        deliver(number);
    }
}

int64_t signal_raise(int number)
{
    if (number < 0 || number > SIGNALS)
        return -EINVAL;
    if (number == 0)
        return 0;
    pending |= bit(number);
    deliver_pending();
    return 0;
}

int64_t linux_kill(int process, int number)
{
    return process > 1 || process < -1 ? -ESRCH : signal_raise(number);
}

int64_t linux_tkill(int thread, int number)
{
    return thread <= 0 ? -EINVAL : thread != 1 ? -ESRCH : signal_raise(number);
}

int64_t linux_rt_sigaction(int number, const struct signal_action *new_action,
                           struct signal_action *old, size_t size)
{
    if (size != sizeof(uint64_t) || number < 1 || number > SIGNALS)
        return -EINVAL;
    if (new_action != NULL && (number == SIGKILL || number == SIGSTOP))
        return -EINVAL;
    if ((new_action != NULL && !is_user(new_action, sizeof *new_action)) ||
        (old != NULL && !is_user(old, sizeof *old)))
        return -EFAULT;
    struct signal_action before = actions[number];
    if (new_action != NULL)
        actions[number] = *new_action;
    if (old != NULL)
        *old = before;
    return 0;
}

int64_t linux_rt_sigprocmask(int how, const uint64_t *set, uint64_t *old, size_t size)
{
    if (size != sizeof(uint64_t))
        return -EINVAL;
    if ((set != NULL && !is_user(set, size)) || (old != NULL && !is_user(old, size)))
        return -EFAULT;
    uint64_t before = blocked;
    if (set != NULL) {
        uint64_t mask = blockable(*set);
        if (how == SIG_BLOCK)
            blocked |= mask;
        else if (how == SIG_UNBLOCK)
            blocked &= ~mask;
        else if (how == SIG_SETMASK)
            blocked = mask;
        else
            return -EINVAL;
    }
    if (old != NULL)
        *old = before;
    deliver_pending();
    return 0;
}

int64_t linux_rt_sigpending(uint64_t *out, size_t size)
{
    if (size > sizeof *out)
        return -EINVAL;
    if (!is_user(out, size))
        return -EFAULT;
    memcpy(out, &pending, size);
    return 0;
}

/* Nothing ever interrupts a thread, so no handler needs another stack. */
int64_t linux_sigaltstack(const stack_t *stack, stack_t *old)
{
    if (stack != NULL && !is_user(stack, sizeof *stack))
        return -EFAULT;
    if (old != NULL) {
        if (!is_user(old, sizeof *old))
            return -EFAULT;
        *old = (stack_t){.ss_flags = SS_DISABLE};
    }
    return 0;
}
