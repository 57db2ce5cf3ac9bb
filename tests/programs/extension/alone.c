/* SPDX-License-Identifier: BSD-2-Clause */
/* Extensions without a monitor: of the program itself, and of memory. */
#include "checks.h"

static int nothing(void)
{
    return 0;
}

TWZ_RT_API int (*const alone_table[2])(void);
int (*const alone_table[2])(void) = {nothing, answer};

int main(void)
{
    twz_rt_function *found[2];
    check_table((const void *)(uintptr_t)nothing, "P98 minimal: the program's own extension");
    check(twz_rt_extension_find_at((const void *)(uintptr_t)nothing, TAG(1), found, 2) ==
              -TWZ_ENOENT,
          "P98 minimal: and no other");
    check_memory();
    return finish();
}
