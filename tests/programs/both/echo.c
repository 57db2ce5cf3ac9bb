/* SPDX-License-Identifier: BSD-2-Clause */
/* The classic: its arguments on one line. */
#include <twz/rt/exec.h>
#include <twz/rt/io.h>

int cli_main(struct twz_rt_arguments arguments)
{
    for (size_t i = 1; i < arguments.count; i++)
        twz_rt_print("%s%s", i > 1 ? " " : "", arguments.list[i]);
    twz_rt_print("\n");
    return twz_rt_arguments().count == arguments.count ? (int)arguments.count : -1;
}
