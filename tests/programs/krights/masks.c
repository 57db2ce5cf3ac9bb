/* SPDX-License-Identifier: BSD-2-Clause */
/* Masks: what a context may do with an object is capability & mask & (global mask | override), at
 * every access, and from the moment in which the call that changed it returns. */
#include "krights.h"

static int64_t set_mask(const struct compartment *c, struct twz_id object, uint64_t mask,
                        uint64_t override)
{
    return twz_syscall6(TWZ_SYS_CONTEXT_MASK, c->context.hi, c->context.lo, object.hi, object.lo,
                        mask, override);
}

static int64_t set_global(const struct compartment *c, uint64_t mask)
{
    return sys_id(TWZ_SYS_CONTEXT_GLOBAL_MASK, c->context, mask, 0);
}

/* Whether exactly these rights can be exercised on a data object. */
static bool holds(const struct compartment *c, uint64_t address, uint32_t rights)
{
    enum twz_rule read = try(c, address, TWZ_READ), write = try(c, address, TWZ_WRITE);
    bool reads = (rights & TWZ_READ) != 0;
    return (read == TWZ_RULE_NONE) == reads &&
           (write == TWZ_RULE_NONE) == (reads && (rights & TWZ_WRITE) != 0);
}

static void test_object_mask(void)
{
    struct compartment c = caller_create();
    struct twz_id object = object_create();
    uint64_t address = map(object, 1, 1, RW) + TWZ_OBJECT_BASE;
    bool all = true, told = true;
    for (uint32_t held = 0; held <= ALL; held++) {
        hold(&c, object, held);
        for (uint32_t mask = 0; mask <= ALL; mask++) {
            all = all && set_mask(&c, object, mask, 0) == 0 && holds(&c, address, held & mask);
            told = told && rights_of(&c, object).effective == (held & mask);
        }
    }
    hold(&c, object, 0);
    check(all, "P23 P29 a mask leaves of a capability what both have, for all of both");
    check(told, "P23 CONTEXT_RIGHTS tells what is left");
    check(set_mask(&c, object, TWZ_READ, 0) == 0, "a mask without a capability");
    grant(&c, object, RW);
    check(holds(&c, address, TWZ_READ), "P23 holds for the capability that is granted later");
    revoke(&c, object);
    check(try(&c, address, TWZ_READ) == TWZ_RULE_NO_CAPABILITY,
          "P23 a mask gives nothing by itself");
    grant(&c, object, RW);
    check(set_mask(&c, object, ALL, 0) == 0 && holds(&c, address, RW),
          "P23 a mask is lifted by whoever may write the context");
    struct compartment other = caller_create();
    grant(&other, object, RW);
    set_mask(&c, object, 0, 0);
    check(holds(&other, address, RW) && holds(&c, address, 0),
          "P23 other contexts keep their rights");
}

static void test_global_mask(void)
{
    struct compartment c = caller_create();
    struct twz_id object = object_create();
    uint64_t address = map(object, 1, 1, RW) + TWZ_OBJECT_BASE;
    grant(&c, object, RW);
    /* What the compartment runs with must survive the global mask. */
    const struct twz_id needed[] = {text_object, c.stack, shared, TWZ_ID_STUBS};
    for (unsigned i = 0; i < COUNT(needed); i++)
        set_mask(&c, needed[i], ALL, ALL);
    bool all = true, told = true;
    for (uint32_t global = 0; global < 4; global++) {
        for (uint32_t override = 0; override < 4; override++) {
            for (uint32_t mask = 0; mask < 4; mask++) {
                uint32_t rights = RW & mask & (global | override);
                all = all && set_global(&c, global) == 0 &&
                      set_mask(&c, object, mask, override) == 0 && holds(&c, address, rights);
                told = told && rights_of(&c, object).effective == rights &&
                       rights_of(&c, object).global_mask == global;
            }
        }
    }
    check(all, "P24 P29 global mask, override and mask: the whole truth table, by access");
    check(told, "P24 and as CONTEXT_RIGHTS tells it");
    set_global(&c, 0);
    check(call(&c, f_identity, 5) == 5, "P24 what is overridden goes on under a global mask of 0");
    set_mask(&c, object, ALL, 0);
    check(holds(&c, address, 0), "P24 without an override nothing is left");
    set_global(&c, ALL);
    check(holds(&c, address, RW), "P24 until the global mask is lifted");
}

/* Translations that are in use when the change comes. */
static void test_stale(void)
{
    struct compartment c = caller_create(), other = caller_create();
    struct twz_id object = object_create();
    uint64_t slot = map(object, 1, 8, RW), second = map(object, 1, 8, RW);
    grant(&c, object, RW);
    grant(&other, object, RW);
    for (unsigned i = 1; i <= 8; i++) {
        call(&c, f_write, slot + i * TWZ_PAGE_SIZE);
        call(&c, f_write, second + i * TWZ_PAGE_SIZE);
        call(&other, f_write, slot + i * TWZ_PAGE_SIZE);
    }
    set_mask(&c, object, TWZ_READ, 0);
    bool all = true;
    for (unsigned i = 1; i <= 8; i++)
        all = all && try(&c, slot + i * TWZ_PAGE_SIZE, TWZ_WRITE) == TWZ_RULE_NO_WRITE &&
              try(&c, second + i * TWZ_PAGE_SIZE, TWZ_WRITE) == TWZ_RULE_NO_WRITE;
    check(all, "P30 masked: no page can be written any more, through any slot");
    check(try(&other, slot + TWZ_PAGE_SIZE, TWZ_WRITE) == TWZ_RULE_NONE, "another context's can");

    set_mask(&c, object, ALL, 0);
    call(&c, f_write, slot + TWZ_PAGE_SIZE);
    set_mask(&c, text_object, ALL, ALL);
    set_mask(&c, c.stack, ALL, ALL);
    set_mask(&c, TWZ_ID_STUBS, ALL, ALL);
    set_global(&c, TWZ_READ);
    check(try(&c, slot + TWZ_PAGE_SIZE, TWZ_WRITE) == TWZ_RULE_NO_WRITE,
          "P30 a global mask is in force when its call returns");
    set_global(&c, ALL);

    /* The context that changes itself is the one whose tables the processor uses. */
    grant(&c, c.context, RW);
    call(&c, f_write, slot + TWZ_PAGE_SIZE);
    words[0] = TWZ_SYS_CONTEXT_MASK;
    words[1] = c.context.hi;
    words[2] = c.context.lo;
    words[3] = object.hi;
    words[4] = object.lo;
    words[5] = TWZ_READ;
    words[6] = 0;
    words[7] = slot + TWZ_PAGE_SIZE;
    uint64_t before = upcalls;
    call(&c, f_syscall_write, page);
    check(upcalls == before + 1 && upcall.rule == TWZ_RULE_NO_WRITE,
          "P30 a context that masks itself cannot write with its next instruction");
    set_mask(&c, object, ALL, 0);
    words[0] = TWZ_SYS_CONTEXT_GLOBAL_MASK;
    words[3] = 0;
    words[7] = slot + TWZ_PAGE_SIZE;
    set_mask(&c, shared, ALL, ALL);
    before = upcalls;
    call(&c, f_syscall_write, page);
    check(upcalls == before + 1 && upcall.rule == TWZ_RULE_NO_WRITE,
          "P30 nor after it has masked all that it has");

    /* Narrowing a slot takes the page from every context that shares the object. */
    set_global(&c, ALL);
    call(&c, f_write, slot + 2 * TWZ_PAGE_SIZE);
    call(&other, f_write, slot + 2 * TWZ_PAGE_SIZE);
    check(twz_syscall4(TWZ_SYS_VIEW_NARROW, slot_of(slot), 2, 1, TWZ_READ) == 0,
          "a slot is narrowed");
    check(try(&c, slot + 2 * TWZ_PAGE_SIZE, TWZ_WRITE) == TWZ_RULE_NO_WRITE &&
              try(&other, slot + 2 * TWZ_PAGE_SIZE, TWZ_WRITE) == TWZ_RULE_NO_WRITE,
          "P30 narrowed: no context that shares the object can write");
}

/* Changing a mask needs write on the context, and what it restricts cannot be passed on. */
static void test_authority(void)
{
    struct compartment c = caller_create(), target = caller_create();
    struct twz_id object = object_create();
    grant(&c, object, ALL);
    bool all = true;
    for (uint32_t held = 0; held <= ALL; held++) {
        hold(&c, target.context, held);
        int64_t expected = held & TWZ_WRITE ? 0 : -TWZ_EPERM;
        all = all &&
              by(&c, TWZ_SYS_CONTEXT_MASK, target.context.hi, target.context.lo, object.hi,
                 object.lo, ALL, 0) == expected &&
              by(&c, TWZ_SYS_CONTEXT_GLOBAL_MASK, target.context.hi, target.context.lo, ALL, 0, 0,
                 0) == expected;
    }
    check(all, "P23 P24 changing masks needs write on the context, and nothing else will do");
    grant(&c, target.context, TWZ_WRITE);
    set_mask(&c, object, TWZ_READ, 0);
    check(by(&c, TWZ_SYS_CONTEXT_GRANT, target.context.hi, target.context.lo, object.hi, object.lo,
             TWZ_WRITE, 0) == -TWZ_EPERM,
          "P23 a right that is masked cannot be passed on");
    check(by(&c, TWZ_SYS_CONTEXT_GRANT, target.context.hi, target.context.lo, object.hi, object.lo,
             TWZ_READ, 0) == 0,
          "what is left can");
    set_mask(&c, target.context, ALL & ~(uint32_t)TWZ_WRITE, 0);
    check(by(&c, TWZ_SYS_CONTEXT_GLOBAL_MASK, target.context.hi, target.context.lo, 0, 0, 0, 0) ==
              -TWZ_EPERM,
          "P23 write on a context can be masked like any other right");
    check(set_mask(&c, object, ALL + 1, 0) == -TWZ_EINVAL &&
              set_mask(&c, object, 0, UINT64_MAX) == -TWZ_EINVAL &&
              set_global(&c, ALL + 1) == -TWZ_EINVAL,
          "bits that are no rights are refused");
    check(set_mask(&c, (struct twz_id){1, 2}, 0, 0) == -TWZ_ENOENT &&
              sys_id(TWZ_SYS_CONTEXT_GLOBAL_MASK, object, 0, 0) == -TWZ_EINVAL,
          "and so are IDs of nothing, and of what is no context");
    bool all_refused = true;
    for (unsigned i = 0; i < hostile_count; i++)
        all_refused = all_refused && sys_ids(TWZ_SYS_CONTEXT_RIGHTS, c.context, object,
                                             hostile_addresses[i]) == -TWZ_EFAULT;
    check(all_refused, "P127 CONTEXT_RIGHTS refuses hostile pointers");
    struct twz_context_info before = info_of(c.context);
    struct twz_id gone = object_create();
    set_mask(&c, gone, TWZ_READ, 0);
    object_delete(gone);
    check(info_of(c.context).capability_count == before.capability_count,
          "the mask of a deleted object goes with it");
}

void test_masks(void)
{
    test_object_mask();
    test_global_mask();
    test_stale();
    test_authority();
}
