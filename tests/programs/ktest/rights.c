/* SPDX-License-Identifier: BSD-2-Clause */
/* Effective rights = capability & range & what the object's nature allows, at every access, and
 * stale translations never survive the call that takes a right away. */
#include "functions.h"

#define RW  (TWZ_READ | TWZ_WRITE)
#define RX  (TWZ_READ | TWZ_EXECUTE)
#define RWX (TWZ_READ | TWZ_WRITE | TWZ_EXECUTE)

static enum twz_rule expected_rule(uint32_t rights, uint32_t access)
{
    if ((rights & TWZ_READ) == 0)
        rights = 0;
    if (rights & access)
        return TWZ_RULE_NONE;
    return access == TWZ_READ    ? TWZ_RULE_NO_READ
           : access == TWZ_WRITE ? TWZ_RULE_NO_WRITE
                                 : TWZ_RULE_NO_EXECUTE;
}

/* What happens in truth when the compartment tries the access. */
static enum twz_rule try(const struct compartment *c, uint64_t address, uint32_t access)
{
    uint64_t before = upcalls;
    call(c, access == TWZ_READ ? f_read : access == TWZ_WRITE ? f_write : f_jump, address);
    return upcalls == before ? TWZ_RULE_NONE : (enum twz_rule)upcall.rule;
}

static void compartment_delete(struct compartment *c)
{
    sys_id(TWZ_SYS_OBJECT_DELETE, c->context, 0, 0);
    unmap(c->locator - TWZ_PAGE_SIZE);
    object_delete(c->stack);
}

/* The object's first byte is a `ret`: executing it only returns. `ours`: what this program holds
 * and so can grant. */
static void matrix(struct twz_id object, uint32_t nature, uint32_t ours, const char *name)
{
    static const uint32_t accesses[] = {TWZ_READ, TWZ_WRITE, TWZ_EXECUTE};
    bool all = true;
    for (uint32_t range = 1; range < 8; range++) {
        if ((range & (TWZ_WRITE | TWZ_EXECUTE)) == (TWZ_WRITE | TWZ_EXECUTE))
            continue; /* refused by VIEW_MAP */
        uint64_t slot = map(object, 1, 1, range);
        for (uint32_t held = 1; held <= TWZ_RIGHTS_ALL; held++) {
            struct compartment c = compartment_create();
            bool can = (held & ~ours) == 0;
            all = all &&
                  sys_ids(TWZ_SYS_CONTEXT_GRANT, c.context, object, held) == (can ? 0 : -TWZ_EPERM);
            for (unsigned i = 0; can && i < 3; i++)
                all = all && try(&c, slot + TWZ_OBJECT_BASE, accesses[i]) ==
                                 expected_rule(range & held & nature, accesses[i]);
            compartment_delete(&c);
        }
        unmap(slot);
    }
    check(all, name);
}

static void test_matrix(void)
{
    struct twz_id data = object_create();
    uint64_t own = map(data, 1, 1, RW);
    *(volatile uint8_t *)(own + TWZ_OBJECT_BASE) = 0xc3; /* ret */
    matrix(data, RW, TWZ_RIGHTS_ALL,
           "P21 P29 every set of rights on a data object, held and mapped");
    check(*(volatile uint8_t *)(own + TWZ_OBJECT_BASE) == 0x5a,
          "the writes that were allowed have happened");
    struct twz_id code = image_object("code");
    matrix(code, RX, RX, "P21 P29 every set of rights on an image object, held and mapped");
    unmap(own);
    object_delete(data);
}

static void test_capability(void)
{
    struct compartment c = compartment_create();
    struct twz_id object = object_create();
    uint64_t address = map(object, 1, 1, RW) + TWZ_OBJECT_BASE;
    stopped(&c, f_read, address, TWZ_RULE_NO_CAPABILITY,
            "P31 a mapped object without a capability cannot be read");
    check(upcall.target.hi == object.hi && upcall.target.lo == object.lo &&
              upcall.address == address && upcall.access == TWZ_READ,
          "the upcall names object, address and access");
    stopped(&c, f_write, address, TWZ_RULE_NO_CAPABILITY, "P31 nor written");
    stopped(&c, f_jump, address, TWZ_RULE_NO_CAPABILITY, "P31 nor executed");
    stopped(&c, f_read, fresh_slot() * TWZ_SLOT_SIZE + 0x5000, TWZ_RULE_UNMAPPED,
            "an empty slot cannot be read");
    stopped(&c, f_read, address + TWZ_PAGE_SIZE, TWZ_RULE_NO_PAGE,
            "a page outside the ranges cannot be read");
    stopped(&c, f_read, address - TWZ_PAGE_SIZE, TWZ_RULE_NO_PAGE, "nor page 0 of an object");
    grant(&c, object, TWZ_READ);
    check(call(&c, f_read, address) == 0, "P38 a capability grants access");
    stopped(&c, f_write, address, TWZ_RULE_NO_WRITE,
            "P29 a page mapped read-write cannot be written with a read capability");
    grant(&c, object, TWZ_WRITE);
    check(call(&c, f_write, address) == 0, "P38 rights are added by further grants");
}

static void test_stale(void)
{
    struct compartment c = compartment_create();
    struct twz_id object = object_create();
    uint64_t slot = map(object, 1, 4, RW), address = slot + TWZ_OBJECT_BASE;
    grant(&c, object, RW);

    check(call(&c, f_write, address) == 0 && call(&c, f_write, address + 4096) == 0,
          "the compartment has the pages in its tables");
    revoke(&c, object);
    stopped(&c, f_read, address, TWZ_RULE_NO_CAPABILITY, "P30 revoked: the translation is gone");
    stopped(&c, f_write, address + 4096, TWZ_RULE_NO_CAPABILITY, "P30 of every page");

    grant(&c, object, RW);
    call(&c, f_write, address);
    call(&c, f_write, address + 4096);
    check(twz_syscall4(TWZ_SYS_VIEW_NARROW, slot_of(slot), 1, 1, TWZ_READ) == 0, "narrow a page");
    stopped(&c, f_write, address, TWZ_RULE_NO_WRITE, "P30 narrowed: no write any more");
    check(call(&c, f_read, address) == 0x5a, "but reading is still allowed");
    check(call(&c, f_write, address + 4096) == 0, "and the next page is not narrowed");
    check(twz_syscall4(TWZ_SYS_VIEW_NARROW, slot_of(slot), 1, 1, RW) == 0, "narrow with more");
    stopped(&c, f_write, address, TWZ_RULE_NO_WRITE, "narrowing never adds rights");
    twz_syscall4(TWZ_SYS_VIEW_NARROW, slot_of(slot), 2, 2, 0);
    stopped(&c, f_read, address + 4096, TWZ_RULE_NO_PAGE, "P30 narrowed to nothing");

    struct twz_slot_info info;
    check(twz_syscall2(TWZ_SYS_VIEW_INFO, slot_of(slot), (uint64_t)&info) == 0 &&
              info.object.lo == object.lo && info.range_count == 2 &&
              info.ranges[0].first_page == 1 && info.ranges[0].page_count == 1 &&
              info.ranges[0].rights == TWZ_READ && info.ranges[1].first_page == 4 &&
              info.ranges[1].rights == RW,
          "VIEW_INFO shows what is left");

    call(&c, f_read, address);
    unmap(slot);
    stopped(&c, f_read, address, TWZ_RULE_UNMAPPED, "P34 unmapped: the old pointer faults");

    /* Another object in the same slot: the compartment must see that one. */
    struct twz_range range = {.first_page = 1, .page_count = 1, .rights = RW};
    struct twz_id other = object_create();
    grant(&c, other, TWZ_READ);
    twz_syscall5(TWZ_SYS_VIEW_MAP, slot_of(slot), other.hi, other.lo, (uint64_t)&range, 1);
    check(call(&c, f_read, address) == 0, "P34 a new object in the slot is seen");
    stopped(&c, f_write, address, TWZ_RULE_NO_WRITE, "with the rights on the new object");
}

static void test_narrow_compartment(void)
{
    struct compartment c = compartment_create();
    struct twz_id shared = object_create(), own = object_create();
    uint64_t page = map(shared, 1, 1, RW) + TWZ_OBJECT_BASE;
    uint64_t slot = map(own, 1, 8, RW);
    grant(&c, shared, TWZ_READ);
    grant(&c, own, RW);
    uint64_t *w = (uint64_t *)page;
    w[0] = TWZ_SYS_VIEW_NARROW;
    w[1] = slot_of(slot);
    w[2] = 2;
    w[3] = 1;
    w[4] = TWZ_READ;
    check(call(&c, f_syscall_with, page) == 0, "a compartment can narrow what it may write");
    stopped(&c, f_write, slot + 2 * TWZ_PAGE_SIZE, TWZ_RULE_NO_WRITE, "and then cannot write it");
    w[4] = RW;
    call(&c, f_syscall_with, page);
    stopped(&c, f_write, slot + 2 * TWZ_PAGE_SIZE, TWZ_RULE_NO_WRITE,
            "what is narrowed cannot be widened again");
    w[1] = slot_of(page);
    w[2] = 1;
    w[4] = 0;
    equal((uint64_t)call(&c, f_syscall_with, page), (uint64_t)-TWZ_EPERM,
          "a compartment cannot narrow what it may only read: others use it");
    bool limit = false;
    for (uint64_t p = 1; p < 32 && !limit; p += 2)
        limit = twz_syscall4(TWZ_SYS_VIEW_NARROW, slot_of(slot), p < 8 ? p : 7, 1, TWZ_READ) ==
                -TWZ_ELIMIT;
    check(!limit, "narrowing 8 pages needs no more than 8 ranges");
}

static int64_t set_pages(uint64_t address, uint64_t count, uint64_t rights, uint64_t flags)
{
    return twz_syscall4(TWZ_SYS_OBJECT_PAGES, address, count, rights, flags);
}

static void test_pages(void)
{
    struct compartment c = compartment_create();
    struct twz_id own = object_create(), shared = object_create();
    uint64_t slot = map(own, 1, 1024, RW), at = slot + 2 * TWZ_PAGE_SIZE;
    uint64_t page = map(shared, 1, 1, RW) + TWZ_OBJECT_BASE;
    uint64_t *w = (uint64_t *)page;
    grant(&c, own, RW);
    grant(&c, shared, TWZ_READ);
    w[0] = TWZ_SYS_OBJECT_PAGES;
    w[1] = at;
    w[2] = 600;
    w[3] = TWZ_READ;
    call(&c, f_write, at);
    check(call(&c, f_syscall_with, page) == 0, "a compartment takes rights from its own pages");
    stopped(&c, f_write, at, TWZ_RULE_NO_WRITE, "P29 which holds at once");
    stopped(&c, f_write, at + 599 * TWZ_PAGE_SIZE, TWZ_RULE_NO_WRITE, "P29 for each of them");
    check(call(&c, f_read, at) == 0x5a && call(&c, f_write, at - TWZ_PAGE_SIZE) == 0 &&
              call(&c, f_write, at + 600 * TWZ_PAGE_SIZE) == 0,
          "and leaves the rest alone");
    w[3] = 0;
    call(&c, f_syscall_with, page);
    stopped(&c, f_read, at, TWZ_RULE_NO_READ, "P29 or all of them");
    check(*(volatile unsigned char *)at == 0x5a, "but nothing from the monitor");
    w[3] = RW;
    check(call(&c, f_syscall_with, page) == 0 && call(&c, f_read, at) == 0x5a &&
              call(&c, f_write, at + 599 * TWZ_PAGE_SIZE) == 0,
          "it gets them back, and the bytes are as they were");
    struct twz_object_info before, after;
    sys_id(TWZ_SYS_OBJECT_INFO, own, (uint64_t)&before, 0);
    w[4] = TWZ_PAGES_DROP;
    call(&c, f_syscall_with, page);
    sys_id(TWZ_SYS_OBJECT_INFO, own, (uint64_t)&after, 0);
    check(before.pages_resident == 4 && after.pages_resident == 2,
          "pages that are dropped have no frames");
    check(call(&c, f_read, at) == 0, "they are zero then");
    w[1] = page;
    w[2] = 1;
    equal((uint64_t)call(&c, f_syscall_with, page), (uint64_t)-TWZ_EPERM,
          "what a compartment may only read is not its to change");
    struct compartment other = compartment_create();
    grant(&other, own, TWZ_READ);
    w[1] = at;
    equal((uint64_t)call(&c, f_syscall_with, page), (uint64_t)-TWZ_EPERM,
          "nor what it shares with another compartment");
    w[0] = TWZ_SYS_VIEW_NARROW;
    w[1] = slot_of(slot);
    w[2] = w[3] = 1;
    w[4] = 0;
    equal((uint64_t)call(&c, f_syscall_with, page), (uint64_t)-TWZ_EPERM,
          "which it cannot narrow for good either");
    revoke(&other, own);
    equal((uint64_t)call(&c, f_syscall_with, page), 0, "until it has that alone again");
    check(set_pages(at + 1, 1, RW, 0) == -TWZ_EINVAL && set_pages(at, 0, RW, 0) == -TWZ_EINVAL &&
              set_pages(at, UINT64_MAX, RW, 0) == -TWZ_EINVAL &&
              set_pages(at, TWZ_OBJECT_PAGES, RW, 0) == -TWZ_EINVAL &&
              set_pages(at, TWZ_PAGES_MAX + 1, RW, 0) == -TWZ_EINVAL &&
              set_pages(at, 1, TWZ_EXECUTE, 0) == -TWZ_EINVAL &&
              set_pages(at, 1, RW, 2) == -TWZ_EINVAL,
          "other arguments are refused");
    check(set_pages(slot, 1, RW, 0) == -TWZ_EPERM && set_pages(at, 1024, RW, 0) == -TWZ_EPERM &&
              set_pages(boot.text_slot * TWZ_SLOT_SIZE + TWZ_PAGE_SIZE, 1, 0, 0) == -TWZ_EPERM &&
              set_pages(fresh_slot() * TWZ_SLOT_SIZE, 1, 0, 0) == -TWZ_ENOENT &&
              set_pages(UINT64_MAX - TWZ_PAGE_SIZE + 1, 1, 0, 0) == -TWZ_ENOENT,
          "and pages that nobody may write, or that are nowhere");
}

/* What the owner of pages has taken away, nobody gets in another way: with whom it shares the
 * object from then on, by copies and by sleeping on words; and what was read-only when it became a
 * locator does not become writable. */
static void test_taken_away(void)
{
    struct compartment c = compartment_create(), other = compartment_create();
    struct twz_id own = object_create(), shared = object_create(), theirs = object_create();
    uint64_t slot = map(own, 1, 4, RW), page = map(shared, 1, 1, RW) + TWZ_OBJECT_BASE;
    uint64_t *w = (uint64_t *)page;
    struct twz_copy_spec *copy = (struct twz_copy_spec *)(page + 256);
    grant(&c, own, RW);
    grant(&c, shared, TWZ_READ);
    *(volatile uint64_t *)(slot + 2 * TWZ_PAGE_SIZE) = 0x5ec2e7;
    w[0] = TWZ_SYS_OBJECT_PAGES;
    w[1] = slot + 2 * TWZ_PAGE_SIZE;
    w[2] = 1;
    w[3] = 0;
    check(call(&c, f_syscall_with, page) == 0, "a compartment takes all rights from a page");
    grant(&other, own, RW);
    grant(&other, theirs, RW);
    grant(&other, shared, TWZ_READ);
    w[0] = TWZ_SYS_OBJECT_COPY;
    w[1] = (uint64_t)copy;
    *copy = (struct twz_copy_spec){own, theirs, TWZ_PAGE_SIZE, TWZ_PAGE_SIZE, 2 * TWZ_PAGE_SIZE};
    equal((uint64_t)call(&other, f_syscall_with, page), (uint64_t)-TWZ_EPERM,
          "P29 OBJECT_COPY does not read it");
    *copy = (struct twz_copy_spec){theirs, own, TWZ_PAGE_SIZE, TWZ_PAGE_SIZE, 2 * TWZ_PAGE_SIZE};
    equal((uint64_t)call(&other, f_syscall_with, page), (uint64_t)-TWZ_EPERM,
          "P29 nor write to it");
    w[0] = TWZ_SYS_THREAD_SLEEP;
    w[1] = own.hi;
    w[2] = own.lo;
    w[3] = 2 * TWZ_PAGE_SIZE;
    w[4] = 1;
    equal((uint64_t)call(&other, f_syscall_with, page), (uint64_t)-TWZ_EPERM,
          "P29 nor does THREAD_SLEEP compare a word of it");
    check(*(volatile uint64_t *)(slot + 2 * TWZ_PAGE_SIZE) == 0x5ec2e7, "it is as it was");
    w[3] = TWZ_PAGE_SIZE;
    equal((uint64_t)call(&other, f_syscall_with, page), (uint64_t)-TWZ_EAGAIN,
          "of the page beside it it does");

    revoke(&other, own);
    w[0] = TWZ_SYS_OBJECT_PAGES;
    w[1] = slot + TWZ_PAGE_SIZE;
    w[2] = 1;
    w[3] = TWZ_READ;
    check(call(&c, f_syscall_with, page) == 0, "a page is made read-only by its owner");
    struct twz_thread_spec spec = {.context = c.context, .entry = (uint64_t)f_exit};
    struct twz_id thread;
    twz_syscall2(TWZ_SYS_THREAD_CREATE, (uint64_t)&spec, (uint64_t)&thread);
    struct twz_bind_spec bind = {thread, c.context, c.stack_low, c.stack_high,
                                 slot + TWZ_OBJECT_BASE};
    check(twz_syscall1(TWZ_SYS_THREAD_BIND, (uint64_t)&bind) == -TWZ_EPERM,
          "P47 which can take that back, so it is no locator");
    object_delete(thread);
}

/* A page that the monitor has sealed stays as it is, whichever way somebody who has write on the
 * object, and knows its ID, takes. */
static void test_sealed(void)
{
    struct compartment c = compartment_create();
    struct twz_id own = object_create(), shared = object_create();
    uint64_t slot = map(own, 1, 4, RW), sealed = slot + TWZ_OBJECT_BASE;
    uint64_t page = map(shared, 1, 1, RW) + TWZ_OBJECT_BASE;
    uint64_t *w = (uint64_t *)page;
    struct twz_copy_spec *copy = (struct twz_copy_spec *)(page + 256);
    grant(&c, own, RW);
    grant(&c, shared, RW);
    *(volatile uint64_t *)sealed = 0x5ea1;
    twz_syscall4(TWZ_SYS_VIEW_NARROW, slot_of(slot), 1, 1, TWZ_READ);
    w[0] = TWZ_SYS_OBJECT_COPY;
    w[1] = (uint64_t)copy;
    *copy = (struct twz_copy_spec){shared, own, TWZ_OBJECT_BASE, TWZ_OBJECT_BASE, TWZ_PAGE_SIZE};
    equal((uint64_t)call(&c, f_syscall_with, page), (uint64_t)-TWZ_EPERM,
          "P68 OBJECT_COPY does not write to a sealed page");
    *copy = (struct twz_copy_spec){own, own, 3 * TWZ_PAGE_SIZE, TWZ_PAGE_SIZE, 2 * TWZ_PAGE_SIZE};
    equal((uint64_t)call(&c, f_syscall_with, page), (uint64_t)-TWZ_EPERM,
          "P68 nor with its neighbours, nor from the object itself");
    *copy = (struct twz_copy_spec){shared, own, TWZ_OBJECT_BASE, 2 * TWZ_PAGE_SIZE, TWZ_PAGE_SIZE};
    check(call(&c, f_syscall_with, page) == 0 && call(&c, f_read, sealed + TWZ_PAGE_SIZE) == 10,
          "to others it does");
    w[0] = TWZ_SYS_OBJECT_PAGES;
    w[1] = sealed;
    w[2] = 1;
    w[3] = RW;
    w[4] = TWZ_PAGES_DROP;
    equal((uint64_t)call(&c, f_syscall_with, page), (uint64_t)-TWZ_EPERM,
          "P68 OBJECT_PAGES does not reopen it, nor drop its bytes");
    w[0] = TWZ_SYS_OBJECT_INFO;
    w[1] = own.hi;
    w[2] = own.lo;
    w[3] = sealed;
    equal((uint64_t)call(&c, f_syscall_with, page), (uint64_t)-TWZ_EFAULT,
          "P68 and the kernel writes no results there");
    check(*(volatile uint64_t *)sealed == 0x5ea1, "P68 it is as it was");
}

/* The header of an object of the image bounds what anyone may do with it. */
static void test_permissions(void)
{
    struct compartment c = compartment_create();
    struct twz_id plain = image_object("plain");
    uint64_t slot = map(plain, 1, 1, TWZ_READ | TWZ_EXECUTE);
    check(sys_ids(TWZ_SYS_CONTEXT_GRANT, c.context, plain, TWZ_READ | TWZ_EXECUTE) == -TWZ_EPERM,
          "P21 what an object's default permissions leave out nobody has to give");
    grant(&c, plain, TWZ_READ);
    check(call(&c, f_read, slot + TWZ_OBJECT_BASE) == 0xc3, "P21 what they name, it has");
    stopped(&c, f_jump, slot + TWZ_OBJECT_BASE, TWZ_RULE_NO_EXECUTE, "P21 and no more");
    uint64_t before = upcalls;
    check(sys_ids(TWZ_SYS_CONTEXT_GRANT, boot.context, plain, TWZ_EXECUTE) == -TWZ_EPERM &&
              upcalls == before,
          "P21 not even the monitor");
}

static int64_t map_ranges(struct twz_id object, const struct twz_range *ranges, uint64_t count)
{
    return twz_syscall5(TWZ_SYS_VIEW_MAP, fresh_slot(), object.hi, object.lo, (uint64_t)ranges,
                        count);
}

static void test_map_arguments(void)
{
    struct twz_id o = object_create();
    static const struct twz_range bad[] = {
        {0, 1, TWZ_READ, 0},          /* page 0 */
        {1, 0, TWZ_READ, 0},          /* empty */
        {1, 1, RWX, 0},               /* writable and executable */
        {1, 1, TWZ_USE, 0},           /* not a right of pages */
        {1, 1, TWZ_READ, 1},          /* reserved */
        {1, 0x40000, TWZ_READ, 0},    /* past the end */
        {0xffffffff, 2, TWZ_READ, 0}, /* wraps */
        {2, 0xffffffff, TWZ_READ, 0}, /* wraps */
    };
    bool all = true;
    for (unsigned i = 0; i < COUNT(bad); i++)
        all = all && map_ranges(o, &bad[i], 1) == -TWZ_EINVAL;
    check(all, "ranges that are not of the documented form are refused");
    const struct twz_range overlap[] = {{1, 4, RW, 0}, {4, 1, TWZ_READ, 0}};
    const struct twz_range order[] = {{4, 1, RW, 0}, {1, 1, TWZ_READ, 0}};
    check(map_ranges(o, overlap, 2) == -TWZ_EINVAL && map_ranges(o, order, 2) == -TWZ_EINVAL,
          "ranges that overlap or descend are refused");
    check(map_ranges(o, overlap, 9) == -TWZ_EINVAL &&
              map_ranges(o, overlap, 1ull << 60) == -TWZ_EINVAL,
          "more than 8 ranges are refused");
    check(map_ranges(TWZ_ID_SYSTEM, overlap, 1) == -TWZ_EINVAL, "the machine cannot be mapped");
    const uint64_t slots[] = {TWZ_SLOT_COUNT - 1, TWZ_SLOT_COUNT, 1ull << 32, UINT64_MAX};
    all = true;
    for (unsigned i = 0; i < COUNT(slots); i++)
        all = all && twz_syscall5(TWZ_SYS_VIEW_MAP, slots[i], o.hi, o.lo, (uint64_t)overlap, 1) ==
                         -TWZ_EINVAL;
    check(all, "the last slot and slots that do not exist are refused");
    check(twz_syscall5(TWZ_SYS_VIEW_MAP, boot.text_slot, o.hi, o.lo, (uint64_t)overlap, 1) ==
              -TWZ_EEXIST,
          "an occupied slot is refused");
    check(twz_syscall5(TWZ_SYS_VIEW_MAP, fresh_slot(), 7, 7, (uint64_t)overlap, 1) == -TWZ_ENOENT,
          "an unknown ID is refused");
}

/* Bytes that were written are never executed: not where they are, not as a copy, not where code was
 * copied to, not through two slots. */
static void test_write_or_execute(void)
{
    struct compartment c = compartment_create();
    struct twz_id data = object_create();
    uint64_t rw = map(data, 1, 1, RW) + TWZ_OBJECT_BASE;
    uint64_t rx = map(data, 1, 1, RX) + TWZ_OBJECT_BASE;
    grant(&c, data, RWX);
    *(volatile uint8_t *)rw = 0xc3;
    stopped(&c, f_jump, rw, TWZ_RULE_NO_EXECUTE, "P68 data cannot be executed where it is written");
    stopped(&c, f_jump, rx, TWZ_RULE_NO_EXECUTE, "P68 nor through a second slot");
    stopped(&c, f_write, rx, TWZ_RULE_NO_WRITE, "the second slot is read-only");
    struct twz_id copy = object_copy(data, TWZ_OBJECT_BASE, TWZ_PAGE_SIZE);
    grant(&c, copy, RWX);
    stopped(&c, f_jump, map(copy, 1, 1, RX) + TWZ_OBJECT_BASE, TWZ_RULE_NO_EXECUTE,
            "P68 nor as a copy");
    struct twz_id code = image_object("code");
    struct twz_id code_copy = object_copy(code, TWZ_OBJECT_BASE, TWZ_PAGE_SIZE);
    grant(&c, code_copy, RWX);
    uint64_t copied = map(code_copy, 1, 1, RX) + TWZ_OBJECT_BASE;
    check(call(&c, f_read, copied) == 0xc3, "code can be copied as data");
    stopped(&c, f_jump, copied, TWZ_RULE_NO_EXECUTE, "P68 but the copy cannot be executed");
    grant(&c, code, RX);
    uint64_t text = map(code, 1, 1, RX) + TWZ_OBJECT_BASE;
    uint64_t text_rw = map(code, 1, 1, RW) + TWZ_OBJECT_BASE;
    check(try(&c, text, TWZ_EXECUTE) == TWZ_RULE_NONE, "code itself can be executed");
    stopped(&c, f_write, text, TWZ_RULE_NO_WRITE, "P68 and not be written");
    stopped(&c, f_write, text_rw, TWZ_RULE_NO_WRITE, "P7 P68 nor through a slot that is mapped so");
    check(sys_ids(TWZ_SYS_CONTEXT_GRANT, c.context, code, TWZ_WRITE) == -TWZ_EPERM,
          "P7 nobody has write on an image object to give away");
}

void test_rights(void)
{
    test_matrix();
    test_capability();
    test_stale();
    test_narrow_compartment();
    test_pages();
    test_taken_away();
    test_sealed();
    test_permissions();
    test_map_arguments();
    test_write_or_execute();
}
