/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls about the machine. */
#include "log.h"
#include "syscall.h"

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
    if (!k_call_is_system(call))
        return -TWZ_EPERM;
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

int64_t k_sys_SHUTDOWN(struct k_call *call)
{
    if (!k_call_is_system(call))
        return -TWZ_EPERM;
    if (call->a[0] > 127)
        return -TWZ_EINVAL;
    k_shutdown((int)call->a[0]);
}

int64_t k_sys_CLOCK(struct k_call *call)
{
    (void)call;
    return (int64_t)k_clock();
}
