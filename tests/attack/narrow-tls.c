/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes its thread-local image away, then asks the monitor for a thread, whose block begins with
 * it. */
#include "attack.h"
#include <twz/monitor_gates.h>
#include <twz/rt/thread.h>
#include <twz/sys/call.h>

static __thread volatile int64_t image = 42;
static char anything[1] = {1};

static void end_at_once(void)
{
    (void)twz_syscall0(TWZ_SYS_THREAD_EXIT);
}

ATTACK
{
    const struct twz_mon_thread_spec spec = {.entry = (uintptr_t)end_at_once};
    int64_t (*volatile spawn)(const void *, size_t) = twz_mon_thread_spawn;
    uint64_t slot = (uintptr_t)anything / TWZ_SLOT_SIZE;
    if (image++ != 42 || twz_syscall4(TWZ_SYS_VIEW_NARROW, slot, 1, 1, 0) != 0)
        return 1;
    return spawn(&spec, sizeof spec) < 0;
}
