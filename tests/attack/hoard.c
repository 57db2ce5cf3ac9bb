/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes all the memory that the kernel gives it, through an object that it cannot even map, and
 * keeps it: the victim still gets what it needs. */
#include "attack.h"
#include <twz/sys/call.h>

ATTACK
{
    const struct twz_object_spec spec = {.medium = TWZ_VOLATILE};
    struct twz_id object = {0, 0};
    int64_t status = twz_syscall2(TWZ_SYS_OBJECT_CREATE, (uintptr_t)&spec, (uintptr_t)&object);
    /* A page is made when somebody asks for a word of it. */
    for (uint64_t at = TWZ_OBJECT_BASE; at < TWZ_SLOT_SIZE && status != -TWZ_ENOMEM;
         at += TWZ_PAGE_SIZE)
        status = twz_syscall5(TWZ_SYS_THREAD_SLEEP, object.hi, object.lo, at, 1, 0);
    return status != -TWZ_ENOMEM;
}
