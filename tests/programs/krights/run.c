/* SPDX-License-Identifier: BSD-2-Clause */
#include "krights.h"

struct twz_id shared;
uint64_t page;
volatile uint64_t *words;

int64_t by(const struct compartment *c, uint64_t number, uint64_t a, uint64_t b, uint64_t d,
           uint64_t e, uint64_t f, uint64_t g)
{
    const uint64_t values[] = {number, a, b, d, e, f, g};
    for (unsigned i = 0; i < COUNT(values); i++)
        words[i] = values[i];
    return call(c, f_syscall_with, page);
}

enum twz_rule try(const struct compartment *c, uint64_t address, uint32_t access)
{
    uint64_t before = upcalls;
    call(c, access == TWZ_READ ? f_read : access == TWZ_WRITE ? f_write : f_jump, address);
    return upcalls == before ? TWZ_RULE_NONE : (enum twz_rule)upcall.rule;
}

struct compartment caller_create(void)
{
    struct compartment c = compartment_create();
    grant(&c, shared, TWZ_READ);
    return c;
}

void hold(const struct compartment *c, struct twz_id object, uint32_t rights)
{
    sys_ids(TWZ_SYS_CONTEXT_REVOKE, c->context, object, 0);
    if (rights != 0)
        grant(c, object, rights);
}

struct twz_rights_info rights_of(const struct compartment *c, struct twz_id object)
{
    struct twz_rights_info info = {0};
    if (sys_ids(TWZ_SYS_CONTEXT_RIGHTS, c->context, object, (uint64_t)&info) != 0)
        info.effective = UINT32_MAX;
    return info;
}

struct twz_context_info info_of(struct twz_id context)
{
    struct twz_context_info info = {.status = UINT32_MAX};
    sys_id(TWZ_SYS_CONTEXT_INFO, context, (uint64_t)&info, 0);
    return info;
}

int64_t attach(struct twz_id context, uint64_t flags)
{
    return twz_syscall5(TWZ_SYS_CONTEXT_ATTACH, context.hi, context.lo, flags, 0, 0);
}

int64_t detach(struct twz_id context)
{
    return sys_id(TWZ_SYS_CONTEXT_DETACH, context, 0, 0);
}

uint64_t random_number(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15;
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545f4914f6cdd1d;
}

void run(void)
{
    shared = object_create();
    page = map(shared, 1, 1, RW) + TWZ_OBJECT_BASE;
    words = (volatile uint64_t *)page;
    words[0] = 0;
    if (boot.command_line[0] == 'b') { /* "bytes" */
        test_plain_bytes();
        return;
    }
    test_masks();
    test_matrix();
    test_ids();
    test_gate_range();
    test_attach();
    test_raise();
    test_plain();
    test_plain_return();
    test_plain_fuzz();
    test_undetachable();
}
