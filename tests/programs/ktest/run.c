/* SPDX-License-Identifier: BSD-2-Clause */
#include "functions.h"

const uint64_t hostile_addresses[] = {
    0,                  /* page 0 of slot 0 */
    8,                  /* the same, misaligned for some */
    0x1003,             /* empty slot, misaligned */
    0x7fffffffffff,     /* last byte of the lower half */
    0x7fffbffffffc,     /* runs into the last slot, which is always empty */
    0x800000000000,     /* first non-canonical address */
    0x8000000000000000, /* non-canonical */
    0xffff7fffffffffff, /* last non-canonical address */
    0xffff800000001000, /* the kernel's direct map */
    0xffff900000001000, /* a kernel stack */
    0xffffffff80100000, /* the kernel's text */
    0xffffffffffffffff, /* wraps around */
    0x4000000000001000, /* a persistent pointer */
};
const unsigned hostile_count = COUNT(hostile_addresses);

void run(void);

void run(void)
{
    if (boot.command_line[0] == 'f') /* "fault": how the kernel ends when the monitor is broken */
        f_write(0x1234);
    if (boot.command_line[0] == 'r') { /* "remember", "recall ID" */
        test_power_cycle(boot.command_line);
        return;
    }
    test_syscalls();
    test_objects();
    test_rights();
    test_gates();
    test_deadlines();
    test_demands();
    test_levels();
    test_registers();
    test_buffers();
    test_faults();
    test_threads();
    test_ties();
    test_views();
    test_sleep();
    test_exhaustion();
}
