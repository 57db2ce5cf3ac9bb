/* SPDX-License-Identifier: BSD-2-Clause */
/* Random bytes from the processor: RDRAND (Intel SDM, volume 1, 7.3.17). */
#include "calls.h"
#include "personality.h"
#include <cpuid.h>
#include <twz/rt/string.h>

#define TRIES 16 /* the SDM suggests 10 */

static bool draw(uint64_t *value)
{
    for (int i = 0; i < TRIES; i++) {
        bool done;
        __asm__ volatile("rdrand %0" : "=r"(*value), "=@ccc"(done));
        if (done)
            return true;
    }
    return false;
}

bool random_bytes(void *to, size_t size)
{
    uint32_t a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_RDRND))
        return false;
    unsigned char *at = to;
    while (size > 0) {
        uint64_t value;
        if (!draw(&value))
            return false;
        size_t part = size < sizeof value ? size : sizeof value;
        memcpy(at, &value, part);
        at += part;
        size -= part;
    }
    return true;
}

int64_t linux_getrandom(void *to, size_t size, uint32_t flags)
{
    if (flags & ~7u)
        return -EINVAL;
    if (size > INT32_MAX)
        size = INT32_MAX;
    if (size > 0 && !is_user(to, size))
        return -EFAULT;
    return random_bytes(to, size) ? (int64_t)size : -ENOSYS;
}
