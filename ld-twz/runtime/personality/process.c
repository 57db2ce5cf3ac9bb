/* SPDX-License-Identifier: BSD-2-Clause */
/* The process that the program believes to be: number 1, one thread, one user, one processor. */
#include "../runtime.h"
#include "calls.h"
#include "personality.h"
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <twz/monitor_gates.h>
#include <twz/rt/linux.h>
#include <twz/rt/string.h>
#include <twz/rt/thread.h>
#include <twz/sys/call.h>

_Noreturn void linux_exit_group(int status)
{
    twz_mon_exit(status & 0xff);
    __builtin_trap();
}

/* The first thread stays until another one ends the program: its end would be that of main. */
_Noreturn void linux_exit_thread(void)
{
    static uint32_t forever;
    signal_leave();
    while (twz_rt_thread_number() == 0)
        (void)twz_rt_futex_wait(&forever, 0, UINT64_MAX);
    twz_rt_thread_exit();
}

void twz_rt_linux_thread_end(void *memory, size_t size)
{
    signal_leave();
    twz_rt_thread_forget_all();
    linux_end(memory, size);
    /* From here on there is no thread block, and nothing may look for it. */
    (void)twz_syscall0(TWZ_SYS_THREAD_EXIT);
    __builtin_trap();
}

int64_t linux_uname(struct utsname *out)
{
    if (!is_user(out, sizeof *out))
        return -EFAULT;
    memset(out, 0, sizeof *out);
    strcpy(out->sysname, "Twizzler");
    strcpy(out->nodename, "localhost");
    strcpy(out->release, "1.0");
    strcpy(out->version, "1");
    strcpy(out->machine, "x86_64");
    return 0;
}

static uint64_t limit_of(int resource)
{
    switch (resource) {
    case RLIMIT_NOFILE:
        return FILES_MAX;
    case RLIMIT_AS:
    case RLIMIT_DATA:
        return twz_rt_own_state->heap_high - twz_rt_own_state->heap_low;
    case RLIMIT_FSIZE:
        return FILE_MAX;
    case RLIMIT_CORE:
        return 0;
    case RLIMIT_NPROC:
        return 1;
    default:
        return RLIM_INFINITY;
    }
}

int64_t linux_prlimit64(int process, int resource, const struct rlimit *limit, struct rlimit *old)
{
    if (process != 0 && process != 1)
        return -ESRCH;
    if (resource < 0 || resource >= RLIM_NLIMITS)
        return -EINVAL;
    uint64_t value = limit_of(resource);
    if (limit != NULL) {
        if (!is_user(limit, sizeof *limit))
            return -EFAULT;
        if (limit->rlim_cur > limit->rlim_max)
            return -EINVAL;
        if (limit->rlim_cur != value)
            return -EPERM; /* they are what they are */
    }
    if (old != NULL) {
        if (!is_user(old, sizeof *old))
            return -EFAULT;
        *old = (struct rlimit){.rlim_cur = value, .rlim_max = value};
    }
    return 0;
}

int64_t linux_sysinfo(struct sysinfo *out)
{
    size_t size = offsetof(struct sysinfo, __reserved); /* the kernel's struct ends there */
    if (!is_user(out, size))
        return -EFAULT;
    memset(out, 0, size);
    out->uptime = (unsigned long)(now() / NANOSECONDS);
    out->totalram = out->freeram = twz_rt_own_state->heap_high - twz_rt_own_state->heap_low;
    out->procs = 1;
    out->mem_unit = 1;
    return 0;
}

int64_t linux_sched_getaffinity(int process, size_t size, uint64_t *mask)
{
    if (process != 0 && process != 1)
        return -ESRCH;
    if (size < sizeof *mask)
        return -EINVAL;
    if (!is_user(mask, sizeof *mask))
        return -EFAULT;
    *mask = 1;
    return sizeof *mask;
}

int64_t linux_getcpu(uint32_t *processor, uint32_t *node)
{
    if ((processor != NULL && !is_user(processor, sizeof *processor)) ||
        (node != NULL && !is_user(node, sizeof *node)))
        return -EFAULT;
    if (processor != NULL)
        *processor = 0;
    if (node != NULL)
        *node = 0;
    return 0;
}

int64_t linux_prctl(int option, char *name)
{
    static char own_name[16];
    if (option != PR_SET_NAME && option != PR_GET_NAME)
        return -EINVAL;
    if (!is_user(name, sizeof own_name))
        return -EFAULT;
    if (option == PR_GET_NAME)
        memcpy(name, own_name, sizeof own_name);
    else {
        size_t length = strnlen(name, sizeof own_name - 1);
        memcpy(own_name, name, length);
        memset(own_name + length, 0, sizeof own_name - length);
    }
    return 0;
}
