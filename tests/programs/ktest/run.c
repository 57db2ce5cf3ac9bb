/* SPDX-License-Identifier: BSD-2-Clause */
#include "functions.h"

void run(void)
{
    if (boot.command_line[0] == 'f') /* "fault": how the kernel ends when the monitor is broken */
        f_write(0x1234);
    if (boot.command_line[0] == 'r') { /* "remember", "recall ID" */
        test_power_cycle(boot.command_line);
        return;
    }
    if (boot.command_line[0] == 'c') { /* "creations" */
        test_creations();
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
