/* SPDX-License-Identifier: BSD-2-Clause */
/* Knows the ID of its own thread, and holds no right on it. */
#include "attack.h"
#include <twz/sys/call.h>

ATTACK
{
    struct twz_id self;
    if (twz_syscall1(TWZ_SYS_THREAD_SELF, (uintptr_t)&self) < 0)
        return 100;
    static uint64_t locator[512] __attribute__((aligned(4096)));
    const uint64_t page = (uintptr_t)locator;
    const struct twz_bind_spec bind = {.thread = self,
                                       .context = self,
                                       .stack_low = page,
                                       .stack_high = page + 4096,
                                       .locator = page};
    int64_t got = 0;
    /* An upcall entry, a thread pointer, a priority, an end of its own choice. */
    got += twz_syscall3(TWZ_SYS_THREAD_UPCALL, self.hi, self.lo, text) >= 0;
    got += twz_syscall1(TWZ_SYS_THREAD_BIND, (uintptr_t)&bind) >= 0;
    got += twz_syscall4(TWZ_SYS_THREAD_SCHEDULE, self.hi, self.lo, TWZ_PRIORITIES - 1,
                        TWZ_SLICE_MAX) >= 0;
    got += twz_syscall2(TWZ_SYS_OBJECT_DELETE, self.hi, self.lo) >= 0;
    got += twz_syscall5(TWZ_SYS_THREAD_SLEEP, self.hi, self.lo, TWZ_OBJECT_BASE, 0, 0) >= 0;
    got +=
        twz_syscall4(TWZ_SYS_OBJECT_TIE, attack_object.hi, attack_object.lo, self.hi, self.lo) >= 0;
    return got;
}
