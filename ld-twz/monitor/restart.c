/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A compartment of the policy `after-fault = restart` starts again before the next call into it:
 * fresh data, copied and relocated as at the start, an empty heap and none beside it, fresh
 * thread-local storage, and its constructors. That is possible when no thread is in it any more, or
 * will return to it; its own threads are ended. Until then calls into it fail as calls into any
 * other dead compartment.
 *
 * Nothing here may stop the machine, because a compartment chooses when it dies: memory for all of
 * it has to be there before anything is given up.
 */
#include "monitor.h"
#include <twz/rt/info.h>

#define MILLISECONDS     1000000ull /* nanoseconds */
#define RESTART_DEADLINE 10000ull   /* milliseconds, where the policy has none */

static bool is_in_use(const struct mon_compartment *c)
{
    struct twz_context_info info;
    return twz_syscall3(TWZ_SYS_CONTEXT_INFO, c->context.hi, c->context.lo, (uintptr_t)&info) < 0 ||
           info.in_use != 0;
}

static bool enough_memory(uint32_t index)
{
    uint64_t bytes = mon_thread_blocks_bytes(index);
    for (uint32_t i = 0; i < mon.instance_count; i++)
        if (mon.instances[i].used && mon.instances[i].compartment == index)
            bytes += mon.instances[i].mapping.data_length + TWZ_PAGE_SIZE;
    return mon_enough_memory(bytes);
}

static bool set_status(const struct mon_compartment *c, enum twz_context_status status)
{
    return twz_syscall3(TWZ_SYS_CONTEXT_STATUS, c->context.hi, c->context.lo, status) == 0;
}

/* Who calls into it waits, and cannot hurry it itself. */
uint64_t mon_restart_time(const struct mon_compartment *c)
{
    uint64_t deadline = c->policy == LD_NONE ? 0 : mon.policy.compartments[c->policy].deadline;
    return (deadline != 0 ? deadline : RESTART_DEADLINE) * MILLISECONDS;
}

enum twz_error mon_restart(uint32_t index, struct twz_id thread)
{
    struct mon_compartment *c = &mon.compartments[index];
    if (c->starting)
        return TWZ_EDEAD;
    mon_threads_end(index, thread);
    if (is_in_use(c) || !enough_memory(index))
        return TWZ_EDEAD;
    mon_heaps_drop(index);
    if (mon_late_drop(index) < 0 || mon_data_renew(index) < 0 || mon_heap_renew(index) < 0)
        return TWZ_EDEAD;
    mon_thread_blocks_renew(index);
    c->starting = true;
    int64_t result;
    bool started =
        mon_start_compartment(index, thread, &result) && result == 0 && mon_late_again(index);
    c->starting = false;
    if (!started) {
        mon_print("monitor: compartment %s did not start again: %s\n", c->name,
                  twz_rt_error_text(result));
        (void)set_status(c, TWZ_CONTEXT_DEAD);
        return TWZ_EDEAD;
    }
    c->dead = false;
    c->restarts++;
    if (c->faults <= MON_REPORTS_MAX)
        mon_print("monitor: compartment %s has started again\n", c->name);
    return set_status(c, TWZ_CONTEXT_LIVE) ? TWZ_OK : TWZ_EDEAD;
}
