/* SPDX-License-Identifier: BSD-2-Clause */
/* Ends the thread that it was called on. */
#include "attack.h"
#include <twz/sys/call.h>

ATTACK
{
    return 1 + twz_syscall0(TWZ_SYS_THREAD_EXIT);
}
