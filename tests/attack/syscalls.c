/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes every system call that needs a right which it does not have. */
#include "attack.h"
#include <twz/monitor_gates.h>
#include <twz/sys/call.h>

static struct twz_id out;

/* 1 when the call succeeded. */
static int64_t try(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
    return twz_syscall6(number, a, b, c, d, e, 0) >= 0;
}

ATTACK
{
    static union {
        struct twz_copy_spec copy;
        struct twz_object_spec object;
        struct twz_thread_spec thread;
        struct twz_bind_spec bind;
        struct twz_gate_spec gate;
        struct twz_call_spec call;
        struct twz_view_entry entry;
        struct twz_become_spec become;
        struct twz_range range;
        struct twz_object_info info;
        struct twz_context_info context;
        char room[512];
    } u;
    const uint64_t hi = attack_object.hi, lo = attack_object.lo;
    const uint64_t spec = (uintptr_t)&u, result = (uintptr_t)&out;
    int64_t got = 0;

    got += try(TWZ_SYS_LOG, spec, 1, 0, 0, 0);
    got += try(TWZ_SYS_SHUTDOWN, 0, 0, 0, 0, 0);
    got += try(TWZ_SYS_OBJECT_DELETE, hi, lo, 0, 0, 0);
    got += try(TWZ_SYS_OBJECT_INFO, hi, lo, spec, 0, 0);
    got += try(TWZ_SYS_CONTEXT_CREATE, result, 0, 0, 0, 0);
    got += try(TWZ_SYS_CONTEXT_GRANT, hi, lo, hi, lo, TWZ_READ);
    got += try(TWZ_SYS_CONTEXT_REVOKE, hi, lo, hi, lo, 0);
    got += try(TWZ_SYS_CONTEXT_GRANT_GATE, hi, lo, TWZ_MON_GATES, 0, 0);
    got += try(TWZ_SYS_CONTEXT_LIMIT, hi, lo, 0, 0, 0);
    got += try(TWZ_SYS_CONTEXT_STATUS, hi, lo, TWZ_CONTEXT_DEAD, 0, 0);
    got += try(TWZ_SYS_CONTEXT_INFO, hi, lo, spec, 0, 0);
    u.range = (struct twz_range){1, 1, TWZ_READ, 0};
    got += try(TWZ_SYS_VIEW_MAP, 1000, hi, lo, spec, 1);
    got += try(TWZ_SYS_VIEW_MAP, data / TWZ_SLOT_SIZE, hi, lo, spec, 1);
    got += try(TWZ_SYS_VIEW_UNMAP, data / TWZ_SLOT_SIZE, 0, 0, 0, 0);
    got += try(TWZ_SYS_VIEW_NARROW, data / TWZ_SLOT_SIZE, 1, 1, 0, 0);
    got += try(TWZ_SYS_OBJECT_PAGES, data & -TWZ_PAGE_SIZE, 1, 0, TWZ_PAGES_DROP, 0);
    u.object = (struct twz_object_spec){
        .copy = {attack_object, {0, 0}, TWZ_OBJECT_BASE, TWZ_OBJECT_BASE, TWZ_PAGE_SIZE}};
    got += try(TWZ_SYS_OBJECT_CREATE, spec, result, 0, 0, 0);
    u.copy = (struct twz_copy_spec){attack_object, attack_object, TWZ_OBJECT_BASE, TWZ_OBJECT_BASE,
                                    TWZ_PAGE_SIZE};
    got += try(TWZ_SYS_OBJECT_COPY, spec, 0, 0, 0, 0);
    u.thread = (struct twz_thread_spec){.context = attack_object, .entry = text};
    got += try(TWZ_SYS_THREAD_CREATE, spec, result, 0, 0, 0);
    u.bind = (struct twz_bind_spec){attack_object, attack_object, data & ~0xfffull,
                                    (data & ~0xfffull) + 0x1000, data & ~0xfffull};
    got += try(TWZ_SYS_THREAD_BIND, spec, 0, 0, 0, 0);
    got += try(TWZ_SYS_THREAD_UPCALL, hi, lo, text, 0, 0);
    u.gate = (struct twz_gate_spec){.context = attack_object, .entry = text, .isolation = 3};
    got += try(TWZ_SYS_GATE_PUBLISH, spec, 0, 0, 0, 0);
    got += try(TWZ_SYS_GATE_INFO, TWZ_MON_GATES, spec, 0, 0, 0);
    got += try(TWZ_SYS_GATE_UNWIND, TWZ_EEXITED, 0, 0, 0, 0);
    got += try(TWZ_SYS_UPCALL_RETURN, 0, 0, 0, 0, 0);
    u.call = (struct twz_call_spec){attack_object, text, 0};
    got += try(TWZ_SYS_CONTEXT_CALL, spec, 0, 0, 0, 0);
    got += try(TWZ_SYS_SYSTEM_INFO, spec, 0, 0, 0, 0);
    got += try(TWZ_SYS_OBJECT_TIE, hi, lo, hi, lo, 0);
    got += try(TWZ_SYS_VIEW_CREATE, 0, 0, result, 0, 0);
    u.entry = (struct twz_view_entry){.view = attack_object, .object = attack_object, .slot = 1000};
    got += try(TWZ_SYS_VIEW_SET, spec, 0, 0, 0, 0);
    u.become = (struct twz_become_spec){attack_object, text, 0};
    got += try(TWZ_SYS_VIEW_BECOME, spec, 0, 0, 0, 0);
    got += try(TWZ_SYS_THREAD_SLEEP, hi, lo, TWZ_OBJECT_BASE, 0, 0);
    got += try(TWZ_SYS_THREAD_WAKE, hi, lo, TWZ_OBJECT_BASE, 1, 0);
    got += try(TWZ_SYS_THREAD_SCHEDULE, hi, lo, 0, 1, 0);
    return got;
}
