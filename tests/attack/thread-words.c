/* SPDX-License-Identifier: BSD-2-Clause */
/* Sleeps on and wakes words of the victim's. */
#include "attack.h"
#include <twz/rt/thread.h>

ATTACK
{
    const uint64_t places[] = {data, text, stack, heap};
    int64_t got = 0;
    for (unsigned i = 0; i < 4; i++) {
        const uint32_t *word = (const uint32_t *)(places[i] & ~3ull);
        for (uint32_t expected = 0; expected < 2; expected++)
            got += twz_rt_futex_wait(word, expected, 0) != -TWZ_EFAULT;
        got += twz_rt_futex_wake(word, UINT32_MAX) != -TWZ_EFAULT;
    }
    return got;
}
