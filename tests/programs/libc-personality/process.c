/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "check.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

void check_pipes(void)
{
    int p[2];
    char text[16] = {0};
    ok(pipe(p) == 0 && write(p[1], "through", 7) == 7 && read(p[0], text, 16) == 7 &&
           strcmp(text, "through") == 0,
       "pipe");
    struct pollfd fds[2] = {{p[0], POLLIN, 0}, {p[1], POLLOUT, 0}};
    ok(poll(fds, 2, 0) == 1 && fds[0].revents == 0 && fds[1].revents == POLLOUT, "poll: writable");
    ok(poll(fds, 1, 5) == 0, "poll: nothing within 5 ms");
    ok(write(p[1], "x", 1) == 1 && poll(fds, 2, -1) == 2 && fds[0].revents == POLLIN,
       "poll: readable");
    fd_set in;
    FD_ZERO(&in);
    FD_SET(p[0], &in);
    struct timeval zero = {0, 0};
    ok(select(p[0] + 1, &in, NULL, NULL, &zero) == 1 && FD_ISSET(p[0], &in), "select: readable");
    ok(fcntl(p[0], F_SETFL, O_NONBLOCK) == 0 && read(p[0], text, 1) == 1, "pipe: the last byte");
    fails(read(p[0], text, 1), EAGAIN, "pipe: empty, O_NONBLOCK");
    fcntl(p[1], F_SETFL, O_NONBLOCK);
    static char big[70000];
    ok(write(p[1], big, sizeof big) == 65536, "pipe: full after 65,536 bytes");
    fails(write(p[1], big, 1), EAGAIN, "pipe: full, O_NONBLOCK");
    ssize_t got = 0;
    for (ssize_t n; (n = read(p[0], big, 3333)) > 0;)
        got += n;
    ok(got == 65536, "pipe: all of it comes out");
    close(p[1]);
    ok(read(p[0], text, 1) == 0, "pipe: the end when the writer closes");
    fds[0].events = POLLIN;
    ok(poll(fds, 1, 0) == 1 && (fds[0].revents & POLLHUP), "poll: POLLHUP");
    close(p[0]);
    signal(SIGPIPE, SIG_IGN);
    (void)!pipe(p);
    close(p[0]);
    fails(write(p[1], "x", 1), EPIPE, "pipe: no reader");
    close(p[1]);
    fails(lseek(pipe(p) == 0 ? p[0] : -1, 0, SEEK_SET), ESPIPE, "lseek: a pipe");
    close(p[0]);
    close(p[1]);
    fds[0] = (struct pollfd){99, POLLIN, 0};
    ok(poll(fds, 1, 0) == 1 && fds[0].revents == POLLNVAL, "poll: POLLNVAL");
}

static int64_t nanoseconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

void check_time(void)
{
    int64_t before = nanoseconds(CLOCK_MONOTONIC);
    ok(before > 0 && nanoseconds(CLOCK_MONOTONIC) >= before, "clock_gettime: never back");
    struct timespec rest = {0, 3000000};
    before = nanoseconds(CLOCK_MONOTONIC);
    ok(nanosleep(&rest, NULL) == 0 && nanoseconds(CLOCK_MONOTONIC) - before >= 3000000,
       "nanosleep: 3 ms");
    rest.tv_nsec = 1000000000;
    fails(nanosleep(&rest, NULL), EINVAL, "nanosleep: no time");
    ok(usleep(1000) == 0, "usleep");
    struct timeval t;
    ok(gettimeofday(&t, NULL) == 0 && t.tv_usec >= 0 && t.tv_usec < 1000000, "gettimeofday");
    ok(time(NULL) != -1 && clock() >= 0, "time, clock");
    time_t then = 951786000;
    struct tm tm;
    char text[64];
    ok(gmtime_r(&then, &tm) && strftime(text, sizeof text, "%F %T %j", &tm) > 0 &&
           strcmp(text, "2000-02-29 01:00:00 060") == 0,
       "gmtime, strftime");
    fails(clock_gettime(1234, &rest), EINVAL, "clock_gettime: no such clock");
    ok(time(NULL) > 1767225600, "time: the year is 2026 at least");
    clock_gettime(CLOCK_REALTIME, &rest);
    rest.tv_nsec += 3000000;
    if (rest.tv_nsec >= 1000000000)
        rest = (struct timespec){rest.tv_sec + 1, rest.tv_nsec - 1000000000};
    before = nanoseconds(CLOCK_MONOTONIC);
    ok(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &rest, NULL) == 0 &&
           nanoseconds(CLOCK_MONOTONIC) - before < 60000000000,
       "clock_nanosleep: until a time of the calendar");
}

static volatile int caught, order;
static void on_signal(int number)
{
    caught = number;
}
static void on_info(int number, siginfo_t *info, void *context)
{
    (void)context;
    caught = info->si_signo == number ? number * 100 : -1;
}
static void on_nested(int number)
{
    order = order * 10 + 1;
    if (number == SIGUSR1)
        raise(SIGUSR2); /* blocked by sa_mask: comes when this one is done */
    order = order * 10 + 2;
}

void check_signals(void)
{
    signal(SIGUSR1, on_signal);
    ok(raise(SIGUSR1) == 0 && caught == SIGUSR1, "raise: the handler has run");
    struct sigaction action = {.sa_flags = SA_SIGINFO}, old;
    action.sa_sigaction = on_info;
    ok(sigaction(SIGUSR1, &action, &old) == 0 && old.sa_handler == on_signal &&
           kill(getpid(), SIGUSR1) == 0 && caught == SIGUSR1 * 100,
       "sigaction, kill: SA_SIGINFO");
    sigset_t set, before;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    signal(SIGUSR2, on_signal);
    caught = 0;
    ok(sigprocmask(SIG_BLOCK, &set, &before) == 0 && raise(SIGUSR2) == 0 && caught == 0,
       "sigprocmask: blocked");
    ok(sigpending(&set) == 0 && sigismember(&set, SIGUSR2), "sigpending");
    ok(sigprocmask(SIG_SETMASK, &before, NULL) == 0 && caught == SIGUSR2,
       "sigprocmask: delivered when unblocked");
    action = (struct sigaction){.sa_handler = on_nested};
    sigaddset(&action.sa_mask, SIGUSR2);
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    order = 0;
    ok(raise(SIGUSR1) == 0 && order == 1212, "sigaction: sa_mask holds the other one back");
    ok(raise(SIGCHLD) == 0 && (signal(SIGTERM, SIG_IGN), raise(SIGTERM)) == 0, "ignored signals");
    fails(kill(getpid(), 99), EINVAL, "kill: no such signal");
    fails(sigaction(SIGKILL, &action, NULL), EINVAL, "sigaction: SIGKILL");
    sigjmp_buf jump;
    volatile int came = 0;
    if (sigsetjmp(jump, 1) == 0)
        siglongjmp(jump, 5);
    else
        came = 1;
    ok(came, "sigsetjmp, siglongjmp");
    signal(SIGTERM, SIG_DFL);
    signal(SIGUSR1, SIG_DFL);
    signal(SIGUSR2, SIG_DFL);
}

static int ring_pipe[2];
static volatile int rings;

static void on_ring(int number)
{
    caught = number;
    if (++rings == 3)
        (void)!write(ring_pipe[1], "!", 1);
}

/* While the alarm rings again and again. */
static void check_interruptions(void)
{
    char byte = 0;
    fails(poll(NULL, 0, 1000000), EINTR, "poll: ends with a signal");
    fails(select(0, NULL, NULL, NULL, &(struct timeval){1000, 0}), EINTR,
          "select: ends with a signal");
    struct sigaction action = {.sa_handler = on_ring};
    sigaction(SIGALRM, &action, NULL);
    ok(pipe(ring_pipe) == 0 && read(ring_pipe[0], &byte, 1) == -1 && errno == EINTR,
       "read: ends with a signal");
    action.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &action, NULL);
    rings = 0;
    ok(read(ring_pipe[0], &byte, 1) == 1 && byte == '!',
       "read: goes on after a signal, SA_RESTART");
    close(ring_pipe[0]);
    close(ring_pipe[1]);
    signal(SIGALRM, on_signal);
}

/* What may ring at any time is asked for again and again, so that a slow machine is no error. */
static void check_alarms(void)
{
    const struct timeval short_time = {.tv_usec = 20000};
    struct itimerval late = {.it_value = {.tv_sec = 1000}}, left;
    struct itimerval once = {.it_value = short_time};
    struct itimerval often = {.it_value = short_time, .it_interval = short_time};
    signal(SIGALRM, on_signal);
    caught = 0;
    ok(setitimer(ITIMER_REAL, &late, NULL) == 0 && getitimer(ITIMER_REAL, &left) == 0 &&
           left.it_value.tv_sec > 0 && caught == 0,
       "setitimer, getitimer");
    setitimer(ITIMER_REAL, &often, NULL);
    fails(pause(), EINTR, "pause: ends with the signal");
    ok(caught == SIGALRM && getitimer(ITIMER_REAL, &left) == 0 && left.it_interval.tv_usec == 20000,
       "SIGALRM has come, and will again");
    struct timespec long_time = {1000, 0};
    struct timespec rest = {0, 0};
    fails(nanosleep(&long_time, &rest), EINTR, "nanosleep: ends with SIGALRM");
    ok(rest.tv_sec > 900 && rest.tv_sec < 1000, "nanosleep: what is left");
    check_interruptions();
    setitimer(ITIMER_REAL, &(struct itimerval){0}, &left);
    ok(left.it_interval.tv_usec == 20000 && getitimer(ITIMER_REAL, &left) == 0 &&
           left.it_value.tv_sec == 0 && left.it_value.tv_usec == 0,
       "setitimer: none any more");
    ok(alarm(1000) == 0 && alarm(0) > 900, "alarm");
    sigset_t set, none;
    sigemptyset(&none);
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    caught = 0;
    setitimer(ITIMER_REAL, &once, NULL);
    fails(sigsuspend(&none), EINTR, "sigsuspend");
    setitimer(ITIMER_REAL, &once, NULL);
    int number = 0;
    ok(caught == SIGALRM && (caught = 0) == 0 && sigwait(&set, &number) == 0 && number == SIGALRM &&
           caught == 0,
       "sigwait: takes the signal, no handler runs");
    struct timespec nothing = {0, 20000000};
    fails(sigtimedwait(&set, NULL, &nothing), EAGAIN, "sigtimedwait: none came");
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    signal(SIGALRM, SIG_DFL);
}

void check_process(void)
{
    check_alarms();
    struct utsname name;
    ok(uname(&name) == 0 && strcmp(name.machine, "x86_64") == 0, "uname");
    ok(getpid() > 0 && getpid() == syscall(SYS_gettid) && getuid() == geteuid(), "getpid & co");
    char title[16] = "";
    ok(prctl(PR_SET_NAME, "a long name") == 0 && prctl(PR_SET_NAME, "short") == 0 &&
           prctl(PR_GET_NAME, title) == 0 && strcmp(title, "short") == 0,
       "prctl: a short name after a long one");
    struct rlimit limit;
    ok(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= 256, "getrlimit");
    ok(sysconf(_SC_PAGESIZE) == 4096 && sysconf(_SC_NPROCESSORS_ONLN) >= 1, "sysconf");
    char a[32] = {0}, b[32] = {0};
    ok(getrandom(a, 32, 0) == 32 && getrandom(b, 32, 0) == 32 && memcmp(a, b, 32) != 0,
       "getrandom");
    struct rusage usage;
    ok(getrusage(RUSAGE_SELF, &usage) == 0, "getrusage");
    ok(setenv("NAME", "value", 1) == 0 && strcmp(getenv("NAME"), "value") == 0, "setenv, getenv");
    char *end;
    ok(strtod("0x1.8p3", &end) == 12 && strtol("777", NULL, 8) == 511 && *end == '\0',
       "strtod, strtol");
#ifndef __GLIBC__ /* what the man page says is missing */
    fails(fork(), ENOSYS, "fork: ENOSYS");
    ok(dlopen("libnothing.so", RTLD_NOW) == NULL && dlerror() != NULL, "dlopen: an error");
    fails(syscall(SYS_socket, 1, 1, 0), ENOSYS, "socket: ENOSYS");
    fails(syscall(SYS_epoll_create1, 0), ENOSYS, "epoll_create1: ENOSYS");
    fails(syscall(SYS_execve, "/x", NULL, NULL), ENOSYS, "execve: ENOSYS");
    fails(syscall(12345), ENOSYS, "a number that Linux does not know: ENOSYS");
    fails(syscall(-1), ENOSYS, "a negative number: ENOSYS");
    fails(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), EACCES,
          "mmap: executable: EACCES");
#endif
}

void check_hostile(void)
{
    int fd = open("/tmp/hostile", O_RDWR | O_CREAT, 0600);
    ok(write(fd, "x", 1) == 1, "write");
    fails(pread(fd, (char *)1, 1, 0), EFAULT, "read: into the null page");
    fails(write(fd, (char *)-4096, 8192), EFAULT, "write: from an address that overflows");
    fails(pwrite(fd, "x", 1, INT64_MAX), EINVAL, "pwrite: at the end of all numbers");
    fails(pread(fd, "x", 1, -1), EINVAL, "pread: negative");
    struct iovec parts[2] = {{"x", SIZE_MAX / 2}, {"y", SIZE_MAX / 2 + 2}};
    fails(writev(fd, parts, 2), EINVAL, "writev: lengths that overflow");
    fails(writev(fd, parts, -1), EINVAL, "writev: a negative count");
    fails(writev(fd, parts, IOV_MAX + 1), EINVAL, "writev: too many");
    fails(open(NULL, O_RDONLY), EFAULT, "open: NULL");
    fails(open("", O_RDONLY), ENOENT, "open: an empty path");
    char path[9000];
    memset(path, 'a', sizeof path);
    path[sizeof path - 1] = '\0';
    path[0] = '/';
    fails(open(path, O_RDONLY), ENAMETOOLONG, "open: 9,000 characters");
    path[300] = '\0';
    fails(open(path, O_RDONLY), ENAMETOOLONG, "open: a part of 299");
    for (size_t i = 0; i + 1 < sizeof path; i += 3)
        memcpy(path + i, "../", 3);
    path[900] = '\0';
    struct stat st;
    ok(chdir("/") == 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode), "stat: above the root");
    fails(syscall(SYS_stat, "/tmp", NULL), EFAULT, "stat: into NULL");
    fails(poll(NULL, 1, 0), EFAULT, "poll: NULL");
    fails(select(-1, NULL, NULL, NULL, NULL), EINVAL, "select: a negative count");
    fails(pipe(NULL), EFAULT, "pipe: NULL");
    fails(syscall(SYS_mmap, 0x1001, 4096, 3, 0x32, -1, 0), EINVAL, "mmap: fixed, not on a page");
    fails(syscall(SYS_futex, 4, 0, 0, NULL), EFAULT, "futex: in the null page");
    fails(dup2(fd, INT_MAX), EBADF, "dup2: a descriptor that is too large");
    fails(dup2(fd, -1), EBADF, "dup2: a negative one");
    fails(fcntl(fd, F_DUPFD, INT_MAX), EINVAL, "fcntl: F_DUPFD too large");
    close(fd);
    unlink("/tmp/hostile");
    int count = 0;
    while (count < 5000 && open("/dev/null", O_RDONLY) >= 0)
        count++;
    ok(errno == EMFILE, "open: EMFILE in the end");
    for (int i = 3; i < 5000; i++)
        close(i);
}
