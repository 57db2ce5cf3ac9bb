/* SPDX-License-Identifier: BSD-2-Clause */
#include "runtime.h"
#include <twz/monitor_gates.h>
#include <twz/rt/info.h>
#include <twz/rt/thread.h>
#include <twz/rt/time.h>
#include <twz/sys/call.h>

/* Only where the minimal runtime's own files are linked in. */
extern const struct twz_boot_info *twz_min_boot __attribute__((weak, visibility("hidden")));

void twz_rt_info(struct twz_rt_info *info)
{
    *info = (struct twz_rt_info){
        .abi_major = TWZ_RT_ABI_MAJOR,
        .abi_minor = TWZ_RT_ABI_MINOR,
        .page_size = TWZ_PAGE_SIZE,
        .context = twz_rt_own_state->context,
        .compartment = twz_rt_own_state->name,
        .runtime = &twz_min_boot != NULL ? "minimal" : "reference",
    };
}

uint64_t twz_rt_calendar(void)
{
    return twz_rt_own_state->started + twz_rt_clock();
}

uint64_t twz_rt_clock(void)
{
    return (uint64_t)twz_syscall0(TWZ_SYS_CLOCK);
}

void twz_rt_system(struct twz_rt_system *system)
{
    *system = (struct twz_rt_system){
        .kernel_major = TWZ_ABI_MAJOR,
        .kernel_minor = TWZ_ABI_MINOR,
        .page_size = TWZ_PAGE_SIZE,
        .object_size = TWZ_SLOT_SIZE,
        .processors = 1,
        .gate_depth = TWZ_GATE_DEPTH,
        .address_limit = TWZ_SLOT_COUNT * TWZ_SLOT_SIZE,
        .machine = "x86_64",
    };
}

uint64_t twz_rt_clock_tick(void)
{
    return TWZ_TICK_NS;
}

void twz_rt_sleep_until(uint64_t deadline)
{
    const uint32_t word = 0; /* that nobody wakes */
    while (twz_rt_clock() < deadline)
        (void)twz_rt_futex_wait(&word, 0, deadline);
}

int64_t twz_rt_report(void)
{
    return twz_mon_report();
}
