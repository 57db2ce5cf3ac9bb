/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From numbers to handlers. Numbers are of the x86_64 table. Files and memory are one lock's; what
 * calls the program or waits on its own does not take it. A switch keeps the table in the text that
 * compartments share. What is not here is -ENOSYS; twz-libc(7) lists the same.
 */
#include "../runtime.h"
#include "calls.h"
#include "personality.h"
#include <sys/syscall.h>
#include <twz/rt/linux.h>
#include <twz/rt/thread.h>

static uint32_t lock;

void linux_lock(void)
{
    twz_rt_inside(1);
    twz_rt_lock(&lock);
}

void linux_unlock(void)
{
    twz_rt_unlock(&lock);
    twz_rt_inside(-1);
}

void linux_end(void *memory, size_t size)
{
    linux_lock();
    twz_rt_inside(-1); /* while there is a thread block */
    (void)linux_munmap((uintptr_t)memory, size);
    twz_rt_unlock(&lock);
}

void linux_wait(void)
{
    linux_unlock();
    twz_rt_thread_yield();
    linux_lock();
}

/* Arguments as the handlers take them. */
#define I(x)  ((int)(x))
#define U(x)  ((uint64_t)(x))
#define P(x)  ((void *)(x))
#define M(x)  ((mode_t)(x))
#define ID(x) ((uint32_t)(x))
#define CALL(name, result)                                                                         \
    case SYS_##name:                                                                               \
        return result;

static int64_t files_call(long number, long a, long b, long c, long d, long e)
{
    switch (number) {
        CALL(read, linux_read(I(a), P(b), U(c)))
        CALL(write, linux_write(I(a), P(b), U(c)))
        CALL(open, linux_open(P(a), I(b), M(c)))
        CALL(openat, linux_openat(I(a), P(b), I(c), M(d)))
        CALL(creat, linux_creat(P(a), M(b)))
        CALL(close, linux_close(I(a)))
        CALL(stat, linux_stat(P(a), P(b)))
        CALL(lstat, linux_lstat(P(a), P(b)))
        CALL(fstat, linux_fstat(I(a), P(b)))
        CALL(newfstatat, linux_newfstatat(I(a), P(b), P(c), I(d)))
        CALL(lseek, linux_lseek(I(a), b, I(c)))
        CALL(pread64, linux_pread(I(a), P(b), U(c), d))
        CALL(pwrite64, linux_pwrite(I(a), P(b), U(c), d))
        CALL(readv, linux_readv(I(a), P(b), I(c)))
        CALL(writev, linux_writev(I(a), P(b), I(c)))
        CALL(preadv, linux_preadv(I(a), P(b), I(c), d))
        CALL(pwritev, linux_pwritev(I(a), P(b), I(c), d))
        CALL(access, linux_access(P(a), I(b)))
        CALL(faccessat, linux_faccessat(I(a), P(b), I(c)))
        CALL(faccessat2, linux_faccessat(I(a), P(b), I(c)))
        CALL(dup, linux_dup(I(a)))
        CALL(dup2, linux_dup2(I(a), I(b)))
        CALL(dup3, linux_dup3(I(a), I(b), I(c)))
        CALL(fcntl, linux_fcntl(I(a), I(b), c))
        CALL(flock, linux_flock(I(a), I(b)))
        CALL(fsync, linux_fsync(I(a)))
        CALL(fdatasync, linux_fsync(I(a)))
        CALL(sync, 0)
        CALL(syncfs, linux_fsync(I(a)))
        CALL(fadvise64, linux_fsync(I(a)))
        CALL(truncate, linux_truncate(P(a), b))
        CALL(ftruncate, linux_ftruncate(I(a), b))
        CALL(fallocate, linux_fallocate(I(a), I(b), c, d))
        CALL(getdents64, linux_getdents64(I(a), P(b), U(c)))
        CALL(getcwd, linux_getcwd(P(a), U(b)))
        CALL(chdir, linux_chdir(P(a)))
        CALL(fchdir, linux_fchdir(I(a)))
        CALL(rename, linux_rename(P(a), P(b)))
        CALL(renameat, linux_renameat(I(a), P(b), I(c), P(d)))
        CALL(renameat2, e == 0 ? linux_renameat(I(a), P(b), I(c), P(d)) : -EINVAL)
        CALL(mkdir, linux_mkdir(P(a), M(b)))
        CALL(mkdirat, linux_mkdirat(I(a), P(b), M(c)))
        CALL(rmdir, linux_rmdir(P(a)))
        CALL(link, linux_link(P(a), P(b)))
        CALL(linkat, linux_linkat(I(a), P(b), I(c), P(d), I(e)))
        CALL(symlink, linux_symlink(P(a), P(b)))
        CALL(symlinkat, linux_symlinkat(P(a), I(b), P(c)))
        CALL(unlink, linux_unlink(P(a)))
        CALL(unlinkat, linux_unlinkat(I(a), P(b), I(c)))
        CALL(readlink, linux_readlinkat(AT_FDCWD, P(a), P(b), U(c)))
        CALL(readlinkat, linux_readlinkat(I(a), P(b), P(c), U(d)))
        CALL(chmod, linux_fchmodat(AT_FDCWD, P(a), M(b)))
        CALL(fchmod, linux_fchmod(I(a), M(b)))
        CALL(fchmodat, linux_fchmodat(I(a), P(b), M(c)))
        CALL(chown, linux_fchownat(AT_FDCWD, P(a), ID(b), ID(c), 0))
        CALL(lchown, linux_fchownat(AT_FDCWD, P(a), ID(b), ID(c), AT_SYMLINK_NOFOLLOW))
        CALL(fchown, linux_fchown(I(a), ID(b), ID(c)))
        CALL(fchownat, linux_fchownat(I(a), P(b), ID(c), ID(d), I(e)))
        CALL(utimensat, linux_utimensat(I(a), P(b), P(c), I(d)))
        CALL(statfs, linux_statfs(P(a), P(b)))
        CALL(fstatfs, linux_fstatfs(I(a), P(b)))
        CALL(umask, linux_umask(M(a)))
        CALL(ioctl, linux_ioctl(I(a), U(b), P(c)))
        CALL(pipe, linux_pipe(P(a)))
        CALL(pipe2, linux_pipe2(P(a), I(b)))
        CALL(poll, linux_poll(P(a), U(b), I(c)))
        CALL(ppoll, linux_ppoll(P(a), U(b), P(c)))
        CALL(select, linux_select(I(a), P(b), P(c), P(d), P(e)))
        CALL(pselect6, linux_pselect(I(a), P(b), P(c), P(d), P(e)))
    default:
        return -ENOSYS;
    }
}

static int64_t memory_call(long number, long a, long b, long c, long d, long e, long f)
{
    switch (number) {
        CALL(mmap, linux_mmap(U(a), U(b), I(c), I(d), I(e), U(f)))
        CALL(munmap, linux_munmap(U(a), U(b)))
        CALL(mremap, linux_mremap(U(a), U(b), U(c), I(d)))
        CALL(mprotect, linux_mprotect(U(a), U(b), I(c)))
        CALL(madvise, linux_madvise(U(a), U(b), I(c)))
        CALL(msync, linux_msync(U(a), U(b)))
        CALL(mlock, linux_msync(U(a), U(b)))
        CALL(munlock, linux_msync(U(a), U(b)))
        CALL(brk, linux_brk(U(a)))
    default:
        return files_call(number, a, b, c, d, e);
    }
}

#define PROCESS 1    /* its number, and that of its first thread, group and session */
#define USER    1000 /* user and group */

static bool is_own(long id)
{
    return id == USER || id == -1;
}

/* Without the lock. */
static int64_t process_call(long number, long a, long b, long c, long d)
{
    switch (number) {
        CALL(exit, (linux_exit_thread(), 0))
        CALL(exit_group, (linux_exit_group(I(a)), 0))
        CALL(getpid, PROCESS)
        CALL(gettid, linux_gettid())
        CALL(getpgrp, PROCESS)
        CALL(getpgid, a == 0 || a == PROCESS ? PROCESS : -ESRCH)
        CALL(getsid, a == 0 || a == PROCESS ? PROCESS : -ESRCH)
        CALL(getppid, 0)
        CALL(set_tid_address, linux_set_tid_address())
        CALL(set_robust_list, 0)
        CALL(getuid, USER)
        CALL(geteuid, USER)
        CALL(getgid, USER)
        CALL(getegid, USER)
        CALL(getgroups, 0)
        CALL(setuid, a == USER ? 0 : -EPERM)
        CALL(setgid, a == USER ? 0 : -EPERM)
        CALL(setreuid, is_own(I(a)) && is_own(I(b)) ? 0 : -EPERM)
        CALL(setregid, is_own(I(a)) && is_own(I(b)) ? 0 : -EPERM)
        CALL(wait4, -ECHILD)
        CALL(uname, linux_uname(P(a)))
        CALL(sysinfo, linux_sysinfo(P(a)))
        CALL(prctl, linux_prctl(I(a), P(b)))
        CALL(getrlimit, linux_prlimit64(0, I(a), NULL, P(b)))
        CALL(setrlimit, linux_prlimit64(0, I(a), P(b), NULL))
        CALL(prlimit64, linux_prlimit64(I(a), I(b), P(c), P(d)))
        CALL(getrusage, linux_getrusage(I(a), P(b)))
        CALL(sched_yield, linux_sched_yield())
        CALL(sched_getaffinity, linux_sched_getaffinity(I(a), U(b), P(c)))
        CALL(getcpu, linux_getcpu(P(a), P(b)))
        CALL(getrandom, linux_getrandom(P(a), U(b), ID(c)))
        CALL(clock_gettime, linux_clock_gettime(I(a), P(b)))
        CALL(clock_getres, linux_clock_getres(I(a), P(b)))
        CALL(clock_nanosleep, linux_clock_nanosleep(I(a), I(b), P(c), P(d)))
        CALL(nanosleep, linux_nanosleep(P(a), P(b)))
        CALL(gettimeofday, linux_gettimeofday(P(a)))
        CALL(time, linux_time(P(a)))
        CALL(times, linux_times(P(a)))
        CALL(getitimer, linux_getitimer(I(a), P(b)))
        CALL(setitimer, linux_setitimer(I(a), P(b), P(c)))
        CALL(pause, linux_pause())
        CALL(futex, linux_futex(P(a), I(b), ID(c), P(d)))
        CALL(kill, linux_kill(I(a), I(b)))
        CALL(tkill, linux_tkill(I(a), I(b)))
        CALL(tgkill, a == PROCESS ? linux_tkill(I(b), I(c)) : -ESRCH)
        CALL(rt_sigaction, linux_rt_sigaction(I(a), P(b), P(c), U(d)))
        CALL(rt_sigprocmask, linux_rt_sigprocmask(I(a), P(b), P(c), U(d)))
        CALL(rt_sigpending, linux_rt_sigpending(P(a), U(b)))
        CALL(rt_sigsuspend, linux_rt_sigsuspend(P(a), U(b)))
        CALL(rt_sigtimedwait, linux_rt_sigtimedwait(P(a), P(b), P(c), U(d)))
        CALL(sigaltstack, linux_sigaltstack(P(a), P(b)))
    default:
        return -ENOSYS;
    }
}

long twz_rt_linux_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    int64_t result = process_call(number, a, b, c, d);
    if (result == -ENOSYS) {
        linux_lock();
        result = memory_call(number, a, b, c, d, e, f);
        linux_unlock();
    }
    signal_check();
    return result;
}
