/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals that the compartment sends to itself. A handler is called where the signal is raised or
 * unblocked, or at the next system call of the thread that it is sent to, as a plain function.
 * Faults are no signals: the monitor reports them. None of these handlers runs under the lock,
 * because they call the program.
 */
#include "calls.h"
#include "personality.h"
#include <signal.h>
#include <twz/rt/core.h>
#include <twz/rt/io.h>
#include <twz/rt/string.h>
#include <twz/rt/thread.h>

#define SIGNALS 64
#define NAP     (10 * 1000000ull) /* nanoseconds between looks */

typedef void plain_handler(int);
typedef void info_handler(int, siginfo_t *, void *);

#define SIGNAL_CANCEL 33 /* musl's, to end a sleep; what it means is seen when the call returns */

static struct signal_action actions[SIGNALS + 1];
static struct twz_rt_thread *threads; /* that can be sent signals; under the lock */

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

static void deliver(struct twz_rt_thread *self, int number)
{
    struct signal_action action = actions[number];
    if (number == SIGNAL_CANCEL)
        return;
    if (action.handler == (uintptr_t)SIG_DFL || number == SIGKILL) {
        if (!ignored_by_default(number))
            end_by(number);
        return;
    }
    if (action.handler == (uintptr_t)SIG_IGN)
        return;
    uint64_t before = self->signals_blocked;
    self->signals_blocked |= blockable(action.mask | (action.flags & SA_NODEFER ? 0 : bit(number)));
    if (action.flags & SA_RESETHAND)
        actions[number].handler = (uintptr_t)SIG_DFL;
    if (action.flags & SA_SIGINFO) {
        siginfo_t info = {.si_signo = number, .si_code = SI_TKILL};
        info.si_pid = 1;
        ((info_handler *)action.handler)(number, &info, NULL);
    } else {
        ((plain_handler *)action.handler)(number);
    }
    self->signals_blocked = before;
}

static uint64_t deliverable(const struct twz_rt_thread *self)
{
    return __atomic_load_n(&self->signals_pending, __ATOMIC_ACQUIRE) & ~self->signals_blocked;
}

static void send(struct twz_rt_thread *thread, int number)
{
    __atomic_fetch_or(&thread->signals_pending, bit(number), __ATOMIC_ACQ_REL);
}

/* The alarm rings when a thread looks. */
static void look_at_alarm(struct twz_rt_thread *self)
{
    if (time_alarm())
        send(self, SIGALRM);
}

void signal_check(void)
{
    struct twz_rt_thread *self = twz_rt_thread_self();
    look_at_alarm(self);
    for (uint64_t set; (set = deliverable(self)) != 0;) {
        int number = __builtin_ctzll(set) + 1;
        __atomic_fetch_and(&self->signals_pending, ~bit(number), __ATOMIC_ACQ_REL);
        deliver(self, number);
    }
}

bool signal_waits(void)
{
    look_at_alarm(twz_rt_thread_self());
    return deliverable(twz_rt_thread_self()) != 0;
}

bool signal_breaks(void)
{
    struct twz_rt_thread *self = twz_rt_thread_self();
    look_at_alarm(self);
    uint64_t waiting = deliverable(self);
    for (uint64_t set = waiting; set != 0; set &= set - 1) {
        int number = __builtin_ctzll(set) + 1;
        bool called = actions[number].handler != (uintptr_t)SIG_DFL &&
                      actions[number].handler != (uintptr_t)SIG_IGN;
        if (number == SIGNAL_CANCEL || (called && !(actions[number].flags & SA_RESTART)))
            return true;
    }
    if (waiting != 0) {
        linux_unlock();
        signal_check();
        linux_lock();
    }
    return false;
}

void signal_post(int number)
{
    send(twz_rt_thread_self(), number);
}

int64_t signal_raise(int number)
{
    if (number < 0 || number > SIGNALS)
        return -EINVAL;
    if (number > 0) {
        send(twz_rt_thread_self(), number);
        signal_check();
    }
    return 0;
}

/* ---- Threads by their Linux number, which is one more than the runtime's ---- */

int64_t linux_gettid(void)
{
    return (int64_t)twz_rt_thread_number() + 1;
}

/* musl calls this where a thread begins. */
int64_t linux_set_tid_address(void)
{
    struct twz_rt_thread *self = twz_rt_thread_self();
    linux_lock();
    self->next = threads;
    threads = self;
    linux_unlock();
    return linux_gettid();
}

void signal_leave(void)
{
    struct twz_rt_thread *self = twz_rt_thread_self();
    linux_lock();
    for (struct twz_rt_thread **at = &threads; *at != NULL; at = &(*at)->next)
        if (*at == self) {
            *at = self->next;
            break;
        }
    linux_unlock();
}

int64_t linux_kill(int process, int number)
{
    return process > 1 || process < -1 ? -ESRCH : signal_raise(number);
}

int64_t linux_tkill(int thread, int number)
{
    if (thread <= 0 || number < 0 || number > SIGNALS)
        return -EINVAL;
    if (thread == linux_gettid())
        return signal_raise(number);
    int64_t status = -ESRCH;
    linux_lock();
    for (struct twz_rt_thread *t = threads; t != NULL && status < 0; t = t->next)
        if (t->number + 1 == (uint64_t)thread) {
            if (number > 0)
                send(t, number);
            status = 0;
        }
    linux_unlock();
    return status;
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
    uint64_t *blocked = &twz_rt_thread_self()->signals_blocked;
    uint64_t before = *blocked;
    if (set != NULL) {
        uint64_t mask = blockable(*set);
        if (how == SIG_BLOCK)
            *blocked |= mask;
        else if (how == SIG_UNBLOCK)
            *blocked &= ~mask;
        else if (how == SIG_SETMASK)
            *blocked = mask;
        else
            return -EINVAL;
    }
    if (old != NULL)
        *old = before;
    return 0; /* what is no longer blocked comes now: signal_check() */
}

int64_t linux_rt_sigpending(uint64_t *out, size_t size)
{
    if (size > sizeof *out)
        return -EINVAL;
    if (!is_user(out, size))
        return -EFAULT;
    memcpy(out, &twz_rt_thread_self()->signals_pending, size);
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

static void nap(void)
{
    static uint32_t nobody_wakes;
    (void)twz_rt_futex_wait(&nobody_wakes, 0, (uint64_t)now() + NAP);
}

/* Handlers run with the mask that was there before, after this one. */
int64_t linux_rt_sigsuspend(const uint64_t *set, size_t size)
{
    if (size != sizeof *set)
        return -EINVAL;
    if (!is_user(set, size))
        return -EFAULT;
    struct twz_rt_thread *self = twz_rt_thread_self();
    uint64_t before = self->signals_blocked;
    self->signals_blocked = blockable(*set);
    while (!signal_waits())
        nap();
    signal_check();
    self->signals_blocked = before;
    return -EINTR;
}

int64_t linux_pause(void)
{
    uint64_t blocked = twz_rt_thread_self()->signals_blocked;
    return linux_rt_sigsuspend(&blocked, sizeof blocked);
}

int64_t linux_rt_sigtimedwait(const uint64_t *set, siginfo_t *info, const struct timespec *timeout,
                              size_t size)
{
    if (size != sizeof *set)
        return -EINVAL;
    if (!is_user(set, size) || (info != NULL && !is_user(info, sizeof *info)) ||
        (timeout != NULL && !is_user(timeout, sizeof *timeout)))
        return -EFAULT;
    if (timeout != NULL && (timeout->tv_sec < 0 || timeout->tv_sec > INT32_MAX ||
                            timeout->tv_nsec < 0 || timeout->tv_nsec >= NANOSECONDS))
        return -EINVAL;
    struct twz_rt_thread *self = twz_rt_thread_self();
    int64_t until =
        timeout == NULL ? INT64_MAX : now() + timeout->tv_sec * NANOSECONDS + timeout->tv_nsec;
    for (;; nap()) {
        look_at_alarm(self);
        uint64_t found = __atomic_load_n(&self->signals_pending, __ATOMIC_ACQUIRE) & *set;
        if (found != 0) {
            int number = __builtin_ctzll(found) + 1;
            __atomic_fetch_and(&self->signals_pending, ~bit(number), __ATOMIC_ACQ_REL);
            if (info != NULL)
                *info = (siginfo_t){.si_signo = number, .si_code = SI_TKILL};
            return number;
        }
        if (signal_waits())
            return -EINTR;
        if (now() >= until)
            return -EAGAIN;
    }
}
