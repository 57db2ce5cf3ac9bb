/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runtime ABI, the personality: Linux's system calls for x86_64 as a plain function, so that a C
 * library made for Linux runs in a compartment. All state (memory, files, descriptors, signals) is
 * the compartment's own; the kernel is entered only for the console, names of the image, time and
 * waiting. twz-libc(7) has the table of what is supported.
 */
#ifndef TWZ_RT_LINUX_H
#define TWZ_RT_LINUX_H

#include <twz/rt/abi.h>

/* System call `number` with its arguments; the result or a negated errno value, -ENOSYS for what is
 * not supported. */
TWZ_RT_API long twz_rt_linux_syscall(long number, long a, long b, long c, long d, long e, long f);

/* Ends the calling thread, whose thread block lies in this memory of mmap(), and gives that back.
 */
TWZ_RT_API __attribute__((noreturn)) void twz_rt_linux_thread_end(void *memory, size_t size);

#endif
