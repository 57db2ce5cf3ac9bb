/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Allocations that fail: linked into kernel-fail.elf alone, a kernel for tests. `fail=N` on the
 * command line makes the N-th allocation of a frame fail, and no other; `fail=0` only counts them,
 * and says how many there were when the machine ends. All of the kernel's memory comes from frames.
 */
#include "hooks.h"
#include "log.h"
#include <string.h>

static uint64_t victim, allocations;

void k_fail_start(const char *command_line)
{
    for (const char *at = command_line; *at != '\0'; at++) {
        if (memcmp(at, "fail=", 5) != 0) /* there is room behind the line */
            continue;
        for (at += 5; *at >= '0' && *at <= '9'; at++)
            victim = victim * 10 + (uint64_t)(*at - '0');
        return;
    }
}

bool k_fail_frame(void)
{
    return ++allocations == victim;
}

void k_fail_report(void)
{
    k_log(K_INFO, "frames asked for: %lu", allocations);
}
