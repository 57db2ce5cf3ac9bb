/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Allocations that fail: linked into kernel-fail.elf alone, a kernel for tests. `fail=N` on the
 * command line makes the N-th allocation fail, of a frame or of a part of one, and no other;
 * `fail=0` only counts them, and says how many there were when the machine ends.
 *
 * A system call with MAGIC in the upper 16 bits of rbx has its own count: the lowest 16 bits say
 * which of the allocations that it makes fails. The bits between tell such calls from each other.
 */
#include "hooks.h"
#include "log.h"
#include "thread.h"
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

#define MAGIC 0xfa11u

static bool fails_in_call(void)
{
    static uint64_t last, count;
    struct k_thread *thread = k_thread_current();
    uint64_t asked = thread == NULL ? 0 : k_thread_trap(thread)->kept.rbx;
    if (asked >> 48 != MAGIC)
        return false;
    count = asked == last ? count + 1 : 1;
    last = asked;
    return count == (asked & 0xffff);
}

bool k_fail_now(void)
{
    return ++allocations == victim || fails_in_call();
}

void k_fail_report(void)
{
    k_log(K_INFO, "allocations: %lu", allocations);
}
