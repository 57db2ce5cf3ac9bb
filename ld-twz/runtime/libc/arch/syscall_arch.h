/* SPDX-License-Identifier: BSD-2-Clause */
/* Stands in for musl's arch/x86_64/syscall_arch.h: a system call is a plain call into the runtime,
 * whose personality answers it inside the compartment (<twz/rt/linux.h>). */
long twz_rt_linux_syscall(long n, long a, long b, long c, long d, long e, long f);

#define __SYSCALL_LL_E(x) (x)
#define __SYSCALL_LL_O(x) (x)

static __inline long __syscall0(long n)
{
    return twz_rt_linux_syscall(n, 0, 0, 0, 0, 0, 0);
}

static __inline long __syscall1(long n, long a)
{
    return twz_rt_linux_syscall(n, a, 0, 0, 0, 0, 0);
}

static __inline long __syscall2(long n, long a, long b)
{
    return twz_rt_linux_syscall(n, a, b, 0, 0, 0, 0);
}

static __inline long __syscall3(long n, long a, long b, long c)
{
    return twz_rt_linux_syscall(n, a, b, c, 0, 0, 0);
}

static __inline long __syscall4(long n, long a, long b, long c, long d)
{
    return twz_rt_linux_syscall(n, a, b, c, d, 0, 0);
}

static __inline long __syscall5(long n, long a, long b, long c, long d, long e)
{
    return twz_rt_linux_syscall(n, a, b, c, d, e, 0);
}

static __inline long __syscall6(long n, long a, long b, long c, long d, long e, long f)
{
    return twz_rt_linux_syscall(n, a, b, c, d, e, f);
}

#define IPC_64 0
