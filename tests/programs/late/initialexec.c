/* SPDX-License-Identifier: BSD-2-Clause */
/* Thread-local data at a fixed distance from the thread pointer. */
#include <twz/rt/abi.h>

TWZ_RT_API int initial_exec(void);
static __thread int value __attribute__((tls_model("initial-exec")));

int initial_exec(void)
{
    return ++value;
}
