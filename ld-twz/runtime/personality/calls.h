/* SPDX-License-Identifier: BSD-2-Clause */
/* The handlers of system calls, by file. Arguments are Linux's; those that are ignored are left
 * out. */
#ifndef TWZ_PERSONALITY_CALLS_H
#define TWZ_PERSONALITY_CALLS_H

#include "personality.h"
#include <signal.h>
#include <sys/select.h>

struct iovec;
struct itimerval;
struct pollfd;
struct rlimit;
struct rusage;
struct statfs;
struct sysinfo;
struct timeval;
struct tms;
struct utsname;

/* open.c */
extern mode_t file_mask; /* umask */
int64_t linux_close(int fd);
int64_t linux_openat(int directory, const char *path, int flags, mode_t mode);
int64_t linux_open(const char *path, int flags, mode_t mode);
int64_t linux_creat(const char *path, mode_t mode);
int64_t linux_dup(int fd);
int64_t linux_dup2(int fd, int copy);
int64_t linux_dup3(int fd, int copy, int flags);
int64_t linux_fcntl(int fd, int command, long argument);
int64_t linux_flock(int fd, int operation);
int64_t linux_lseek(int fd, int64_t offset, int whence);
int64_t linux_ioctl(int fd, unsigned long request, void *argument);

/* path.c */
int64_t linux_chdir(const char *path);
int64_t linux_fchdir(int fd);
int64_t linux_getcwd(char *buffer, size_t size);

/* io.c */
int64_t linux_read(int fd, void *to, size_t size);
int64_t linux_write(int fd, const void *from, size_t size);
int64_t linux_readv(int fd, const struct iovec *parts, int count);
int64_t linux_writev(int fd, const struct iovec *parts, int count);
int64_t linux_pread(int fd, void *to, size_t size, int64_t offset);
int64_t linux_pwrite(int fd, const void *from, size_t size, int64_t offset);
int64_t linux_preadv(int fd, const struct iovec *parts, int count, int64_t offset);
int64_t linux_pwritev(int fd, const struct iovec *parts, int count, int64_t offset);
int64_t linux_ftruncate(int fd, int64_t size);
int64_t linux_truncate(const char *path, int64_t size);
int64_t linux_fallocate(int fd, int mode, int64_t offset, int64_t length);
int64_t linux_fsync(int fd);

/* names.c */
int64_t linux_fstat(int fd, struct stat *out);
int64_t linux_stat(const char *path, struct stat *out);
int64_t linux_lstat(const char *path, struct stat *out);
int64_t linux_newfstatat(int directory, const char *path, struct stat *out, int flags);
int64_t linux_access(const char *path, int mode);
int64_t linux_faccessat(int directory, const char *path, int mode);
int64_t linux_mkdir(const char *path, mode_t mode);
int64_t linux_mkdirat(int directory, const char *path, mode_t mode);
int64_t linux_unlink(const char *path);
int64_t linux_rmdir(const char *path);
int64_t linux_unlinkat(int directory, const char *path, int flags);
int64_t linux_rename(const char *from, const char *to);
int64_t linux_renameat(int from_directory, const char *from_path, int to_directory,
                       const char *to_path);
int64_t linux_link(const char *from, const char *to);
int64_t linux_linkat(int from_directory, const char *from_path, int to_directory,
                     const char *to_path, int flags);
int64_t linux_symlink(const char *target, const char *path);
int64_t linux_symlinkat(const char *target, int directory, const char *path);
int64_t linux_readlinkat(int directory, const char *path, char *buffer, size_t size);
int64_t linux_fchmodat(int directory, const char *path, mode_t mode);
int64_t linux_fchmod(int fd, mode_t mode);
int64_t linux_fchownat(int directory, const char *path, uint32_t user, uint32_t group, int flags);
int64_t linux_fchown(int fd, uint32_t user, uint32_t group);
int64_t linux_utimensat(int directory, const char *path, const struct timespec times[2], int flags);
int64_t linux_getdents64(int fd, void *buffer, size_t size);
int64_t linux_statfs(const char *path, struct statfs *out);
int64_t linux_fstatfs(int fd, struct statfs *out);
int64_t linux_umask(mode_t mask);

/* pipe.c */
int64_t linux_pipe(int fds[2]);
int64_t linux_pipe2(int fds[2], int flags);
int64_t linux_poll(struct pollfd *fds, uint64_t count, int milliseconds);
int64_t linux_ppoll(struct pollfd *fds, uint64_t count, const struct timespec *timeout);
int64_t linux_select(int count, fd_set *in, fd_set *out, fd_set *except,
                     const struct timeval *timeout);
int64_t linux_pselect(int count, fd_set *in, fd_set *out, fd_set *except,
                      const struct timespec *timeout);

/* memory.c */
int64_t linux_mmap(uint64_t address, uint64_t length, int protection, int flags, int fd,
                   uint64_t offset);
int64_t linux_munmap(uint64_t address, uint64_t length);
int64_t linux_mremap(uint64_t address, uint64_t old_length, uint64_t new_length, int flags);
int64_t linux_mprotect(uint64_t address, uint64_t length, int protection);
int64_t linux_madvise(uint64_t address, uint64_t length, int advice);
int64_t linux_msync(uint64_t address, uint64_t length);
int64_t linux_brk(uint64_t address);

/* time.c */
int64_t linux_clock_gettime(int clock, struct timespec *out);
int64_t linux_clock_getres(int clock, struct timespec *out);
int64_t linux_gettimeofday(struct timeval *out);
int64_t linux_time(time_t *out);
int64_t linux_times(struct tms *out);
int64_t linux_getrusage(int who, struct rusage *out);
int64_t linux_clock_nanosleep(int clock, int flags, const struct timespec *request,
                              struct timespec *left);
int64_t linux_nanosleep(const struct timespec *request, struct timespec *left);
int64_t linux_getitimer(int which, struct itimerval *out);
int64_t linux_setitimer(int which, const struct itimerval *new_value, struct itimerval *old);
/* Whether the alarm has rung, once each time. */
bool time_alarm(void);
int64_t linux_sched_yield(void);
int64_t linux_futex(const uint32_t *word, int operation, uint32_t value,
                    const struct timespec *timeout);

/* process.c */
_Noreturn void linux_exit_thread(void);
_Noreturn void linux_exit_group(int status);
int64_t linux_uname(struct utsname *out);
int64_t linux_prlimit64(int process, int resource, const struct rlimit *limit, struct rlimit *old);
int64_t linux_sysinfo(struct sysinfo *out);
int64_t linux_sched_getaffinity(int process, size_t size, uint64_t *mask);
int64_t linux_getcpu(uint32_t *processor, uint32_t *node);
int64_t linux_prctl(int option, char *name);

/* random.c */
int64_t linux_getrandom(void *to, size_t size, uint32_t flags);

/* signal.c */
struct signal_action { /* the kernel's struct sigaction */
    uintptr_t handler;
    uint64_t flags;
    uintptr_t restorer;
    uint64_t mask;
};
int64_t linux_gettid(void);
int64_t linux_set_tid_address(void);
int64_t linux_kill(int process, int number);
int64_t linux_tkill(int thread, int number);
int64_t linux_rt_sigaction(int number, const struct signal_action *new_action,
                           struct signal_action *old, size_t size);
int64_t linux_rt_sigprocmask(int how, const uint64_t *set, uint64_t *old, size_t size);
int64_t linux_rt_sigpending(uint64_t *out, size_t size);
int64_t linux_rt_sigsuspend(const uint64_t *set, size_t size);
int64_t linux_rt_sigtimedwait(const uint64_t *set, siginfo_t *info, const struct timespec *timeout,
                              size_t size);
int64_t linux_pause(void);
int64_t linux_sigaltstack(const stack_t *stack, stack_t *old);

#endif
