/* SPDX-License-Identifier: BSD-2-Clause */
/* From the boot loader's list to the first thread. */
#include "hooks.h"
#include "image.h"
#include "log.h"
#include "schedule.h"

void k_main(const struct k_boot *boot)
{
    k_log(K_INFO, "%lu MiB free, command line: %s", k_system.frames_free / 256, boot->command_line);
    if (k_fail_start != NULL)
        k_fail_start(boot->command_line);
    k_image_open(boot);
    k_monitor_load(boot->command_line);
    k_schedule_next();
    __builtin_unreachable();
}
