/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls about the machine. */
#include "hooks.h"
#include "log.h"
#include "syscall.h"

struct twz_system_info k_system;

#define LOG_MAX   4096u
#define LOG_CHUNK 256u

int64_t k_sys_NULL(struct k_call *call)
{
    (void)call;
    return 0;
}

int64_t k_sys_LOG(struct k_call *call)
{
    uint64_t from = call->a[0], length = call->a[1];
    if (length > LOG_MAX)
        return -TWZ_EINVAL;
    while (length > 0) {
        char bytes[LOG_CHUNK];
        size_t step = length < LOG_CHUNK ? length : LOG_CHUNK;
        if (!k_copy_from_user(bytes, from, step))
            return -TWZ_EFAULT;
        k_print_bytes(bytes, step);
        from += step;
        length -= step;
    }
    return 0;
}

int64_t k_sys_LOG_READ(struct k_call *call)
{
    uint64_t to = call->a[0], length = call->a[1], count = 0;
    if (length > LOG_MAX)
        return -TWZ_EINVAL;
    for (int byte; count < length && (byte = k_console_get()) >= 0; count++) {
        char c = (char)byte;
        if (!k_copy_to_user(to + count, &c, sizeof c))
            return -TWZ_EFAULT;
    }
    return (int64_t)count;
}

int64_t k_sys_SYSTEM_INFO(struct k_call *call)
{
    k_thread_bury();
    k_objects_reap(true);
    return k_copy_to_user(call->a[0], &k_system, sizeof k_system) ? 0 : -TWZ_EFAULT;
}

int64_t k_sys_SHUTDOWN(struct k_call *call)
{
    if (call->a[0] > 127)
        return -TWZ_EINVAL;
    if (k_fail_report != NULL)
        k_fail_report();
    k_shutdown((int)call->a[0]);
}

int64_t k_sys_CLOCK(struct k_call *call)
{
    (void)call;
    return (int64_t)k_clock();
}
