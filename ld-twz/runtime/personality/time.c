/* SPDX-License-Identifier: BSD-2-Clause */
/* Clocks, sleeping, futexes, alarms. None of these runs under the lock. */
#include "calls.h"
#include "personality.h"
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <twz/rt/string.h>
#include <twz/rt/thread.h>

/* Sleeps are no longer than this at a time, so that a signal is seen. */
#define NAP (10 * 1000000ll)

/* When to look again: the deadline, or the end of a nap. Calendar times can lie before the start of
 * the clock. */
static uint64_t nap_until(int64_t deadline)
{
    int64_t nap = now() + NAP;
    return deadline < 0 ? 0 : (uint64_t)(deadline < nap ? deadline : nap);
}

static struct timespec time_of(int64_t nanoseconds)
{
    return (struct timespec){.tv_sec = nanoseconds / NANOSECONDS,
                             .tv_nsec = nanoseconds % NANOSECONDS};
}

static bool is_clock(int clock)
{
    return clock >= CLOCK_REALTIME && clock <= CLOCK_TAI && clock != 10;
}

/* Those that count from 1970. */
static bool is_calendar(int clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE ||
           clock == CLOCK_REALTIME_ALARM || clock == CLOCK_TAI;
}

int64_t linux_clock_gettime(int clock, struct timespec *out)
{
    if (!is_clock(clock))
        return -EINVAL;
    if (!is_user(out, sizeof *out))
        return -EFAULT;
    *out = time_of(is_calendar(clock) ? calendar() : now());
    return 0;
}

int64_t linux_clock_getres(int clock, struct timespec *out)
{
    if (!is_clock(clock))
        return -EINVAL;
    if (out != NULL) {
        if (!is_user(out, sizeof *out))
            return -EFAULT;
        *out = time_of(1);
    }
    return 0;
}

int64_t linux_gettimeofday(struct timeval *out)
{
    if (out == NULL)
        return 0;
    if (!is_user(out, sizeof *out))
        return -EFAULT;
    int64_t time = calendar();
    *out = (struct timeval){.tv_sec = time / NANOSECONDS, .tv_usec = time % NANOSECONDS / 1000};
    return 0;
}

int64_t linux_time(time_t *out)
{
    time_t time = calendar() / NANOSECONDS;
    if (out != NULL) {
        if (!is_user(out, sizeof *out))
            return -EFAULT;
        *out = time;
    }
    return time;
}

int64_t linux_times(struct tms *out)
{
    clock_t ticks = now() / (NANOSECONDS / 100);
    if (out != NULL) {
        if (!is_user(out, sizeof *out))
            return -EFAULT;
        *out = (struct tms){.tms_utime = ticks};
    }
    return ticks;
}

int64_t linux_getrusage(int who, struct rusage *out)
{
    if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
        return -EINVAL;
    size_t size = offsetof(struct rusage, __reserved); /* the kernel's struct ends there */
    if (!is_user(out, size))
        return -EFAULT;
    int64_t time = who == RUSAGE_CHILDREN ? 0 : now();
    memset(out, 0, size);
    out->ru_utime.tv_sec = time / NANOSECONDS;
    out->ru_utime.tv_usec = time % NANOSECONDS / 1000;
    return 0;
}

static bool is_time(const struct timespec *time)
{
    return time->tv_sec >= 0 && time->tv_nsec >= 0 && time->tv_nsec < NANOSECONDS;
}

static int64_t nanoseconds_of(const struct timespec *time)
{
    return time->tv_sec > INT64_MAX / 2 / NANOSECONDS ? INT64_MAX / 2
                                                      : time->tv_sec * NANOSECONDS + time->tv_nsec;
}

int64_t linux_clock_nanosleep(int clock, int flags, const struct timespec *request,
                              struct timespec *left)
{
    if (!is_clock(clock) || (flags & ~TIMER_ABSTIME))
        return -EINVAL;
    if (!is_user(request, sizeof *request) || (left != NULL && !is_user(left, sizeof *left)))
        return -EFAULT;
    struct timespec time = *request;
    if (!is_time(&time))
        return -EINVAL;
    int64_t from = !(flags & TIMER_ABSTIME) ? now() : is_calendar(clock) ? now() - calendar() : 0;
    int64_t until = nanoseconds_of(&time) + from;
    static uint32_t nobody_wakes;
    while (now() < until) {
        if (signal_waits()) {
            int64_t rest = until - now();
            if (left != NULL && !(flags & TIMER_ABSTIME))
                *left = time_of(rest > 0 ? rest : 0);
            return -EINTR;
        }
        (void)twz_rt_futex_wait(&nobody_wakes, 0, nap_until(until));
    }
    return 0;
}

int64_t linux_nanosleep(const struct timespec *request, struct timespec *left)
{
    return linux_clock_nanosleep(CLOCK_MONOTONIC, 0, request, left);
}

int64_t linux_sched_yield(void)
{
    twz_rt_thread_yield();
    return 0;
}

enum {
    WAIT = 0,
    WAKE = 1,
    REQUEUE = 3,
    WAIT_BITSET = 9,
    WAKE_BITSET = 10,
    PRIVATE = 128,
    REALTIME = 256
};

static int64_t wait_for(const uint32_t *word, uint32_t value, const struct timespec *timeout,
                        int64_t from)
{
    int64_t until = INT64_MAX;
    if (timeout != NULL) {
        if (!is_user(timeout, sizeof *timeout))
            return -EFAULT;
        struct timespec time = *timeout;
        if (!is_time(&time))
            return -EINVAL;
        until = nanoseconds_of(&time) + from;
    }
    for (;;) {
        int64_t status = twz_rt_futex_wait(word, value, nap_until(until));
        if (status != -TWZ_ETIMEDOUT)
            return status == -TWZ_EAGAIN ? -EAGAIN : status < 0 ? -EFAULT : 0;
        if (now() >= until)
            return -ETIMEDOUT;
        if (signal_waits())
            return -EINTR;
    }
}

int64_t linux_futex(const uint32_t *word, int operation, uint32_t value,
                    const struct timespec *timeout)
{
    if ((uintptr_t)word % sizeof *word != 0)
        return -EINVAL;
    if (!is_user(word, sizeof *word))
        return -EFAULT;
    switch (operation & ~(PRIVATE | REALTIME)) {
    case WAIT:
        return wait_for(word, value, timeout, now());
    case WAIT_BITSET:
        return wait_for(word, value, timeout, operation & REALTIME ? now() - calendar() : 0);
    case WAKE:
    case WAKE_BITSET:
        return twz_rt_futex_wake(word, value);
    case REQUEUE: /* all of them try again: more than was asked for, but allowed */
        return twz_rt_futex_wake(word, UINT32_MAX);
    default:
        return -ENOSYS;
    }
}

/* ---- The alarm: one, for ITIMER_REAL, in time that passes ---- */

static int64_t alarm_at, alarm_again; /* of now(), 0: none; nanoseconds, 0: once */

bool time_alarm(void)
{
    if (alarm_at == 0 || now() < alarm_at)
        return false;
    alarm_at = alarm_again == 0 ? 0 : now() + alarm_again;
    return true;
}

static struct timeval value_of(int64_t nanoseconds)
{
    return (struct timeval){.tv_sec = nanoseconds / NANOSECONDS,
                            .tv_usec = nanoseconds % NANOSECONDS / 1000};
}

static bool is_value(const struct timeval *value)
{
    return value->tv_sec >= 0 && value->tv_sec < INT32_MAX && value->tv_usec >= 0 &&
           value->tv_usec < 1000000;
}

static int64_t length_of(const struct timeval *value)
{
    return value->tv_sec * NANOSECONDS + value->tv_usec * 1000;
}

int64_t linux_getitimer(int which, struct itimerval *out)
{
    if (which != ITIMER_REAL)
        return -EINVAL;
    if (!is_user(out, sizeof *out))
        return -EFAULT;
    int64_t left = alarm_at == 0 ? 0 : alarm_at - now();
    if (alarm_at != 0 && left < 1000)
        left = 1000;
    *out = (struct itimerval){.it_interval = value_of(alarm_again), .it_value = value_of(left)};
    return 0;
}

int64_t linux_setitimer(int which, const struct itimerval *new_value, struct itimerval *old)
{
    if (which != ITIMER_REAL)
        return -EINVAL;
    if (!is_user(new_value, sizeof *new_value))
        return -EFAULT;
    struct itimerval value = *new_value;
    if (!is_value(&value.it_value) || !is_value(&value.it_interval))
        return -EINVAL;
    int64_t status = old == NULL ? 0 : linux_getitimer(which, old);
    if (status < 0)
        return status;
    int64_t first = length_of(&value.it_value);
    alarm_at = first == 0 ? 0 : now() + first;
    alarm_again = length_of(&value.it_interval);
    return 0;
}
