/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects: IDs, copies, lives. */
#include "functions.h"
#include <string.h>
#include <twzelf/object.h>

#define PAGE  TWZ_PAGE_SIZE
#define MANY  1000000u
#define TABLE 2097152u /* power of two > MANY */

static struct twz_object_info info_of(struct twz_id id)
{
    struct twz_object_info info = {0};
    sys_id(TWZ_SYS_OBJECT_INFO, id, (uint64_t)&info, 0);
    return info;
}

static bool equal_ids(struct twz_id a, struct twz_id b)
{
    return a.hi == b.hi && a.lo == b.lo;
}

/* Open addressing; returns false if the ID is there already. */
static struct twz_id seen[TABLE];
static bool is_new(struct twz_id id)
{
    uint32_t at = (uint32_t)id.lo % TABLE;
    for (; seen[at].hi != 0; at = (at + 1) % TABLE) {
        if (equal_ids(seen[at], id))
            return false;
    }
    seen[at] = id;
    return true;
}

void test_creations(void)
{
    bool distinct = true, reserved = false;
    for (unsigned i = 0; i < MANY; i++) {
        struct twz_id id = object_create();
        distinct = distinct && is_new(id);
        reserved = reserved || id.hi == 0;
        object_delete(id);
    }
    check(distinct, "P4 1,000,000 creations give 1,000,000 IDs");
    check(!reserved, "P4 no ID of the kernel's own is drawn");
}

static void test_ids(void)
{
    struct twz_id id = object_create();
    struct twz_object_info info = info_of(id);
    check(equal_ids(info.id, id), "OBJECT_INFO names the object");
    check(equal_ids(obj_id_nonce(info.nonce, NULL, info.flags, 0), id),
          "P5 the ID is the hash of nonce and attributes, as the tools compute it");
    struct twz_id other = info.nonce;
    other.lo ^= 1;
    check(!equal_ids(obj_id_nonce(other, NULL, info.flags, 0), id),
          "P5 another nonce gives another ID");
    object_delete(id);
    check(sys_id(TWZ_SYS_OBJECT_INFO, id, (uint64_t)&info, 0) == -TWZ_ENOENT,
          "a deleted ID is unknown");

    struct twz_id a = object_copy(text_object, TWZ_OBJECT_BASE, PAGE);
    struct twz_id b = object_copy(text_object, TWZ_OBJECT_BASE, PAGE);
    check(!equal_ids(a, b), "P6 two copies of the same bytes have two IDs");
    object_delete(a);
    object_delete(b);
}

static void test_medium(void)
{
    struct twz_object_spec spec = {.medium = TWZ_PERSISTENT};
    struct twz_id id;
    check(twz_syscall2(TWZ_SYS_OBJECT_CREATE, (uint64_t)&spec, (uint64_t)&id) == -TWZ_ENOTSUP,
          "P2 a persistent object is refused with a reason");
    spec.medium = 2;
    check(twz_syscall2(TWZ_SYS_OBJECT_CREATE, (uint64_t)&spec, (uint64_t)&id) == -TWZ_EINVAL,
          "P2 an unknown medium is refused");
    spec.medium = TWZ_VOLATILE;
    check(twz_syscall2(TWZ_SYS_OBJECT_CREATE, (uint64_t)&spec, (uint64_t)&id) == 0 &&
              info_of(id).medium == TWZ_VOLATILE,
          "P2 a volatile object says that it is");
    object_delete(id);
    spec.flags = 1;
    check(twz_syscall2(TWZ_SYS_OBJECT_CREATE, (uint64_t)&spec, (uint64_t)&id) == -TWZ_EINVAL,
          "unknown flags are refused");
}

static volatile uint64_t *words(uint64_t address)
{
    return (volatile uint64_t *)(address + TWZ_OBJECT_BASE);
}

static void test_copies(void)
{
    struct twz_id source = object_create();
    volatile uint64_t *s = words(map(source, 1, 4, TWZ_READ | TWZ_WRITE));
    check(s[0] == 0 && s[4 * 512 - 1] == 0, "a new object is zero");
    s[0] = 1;
    s[512] = 2;
    struct twz_id copy = object_copy(source, TWZ_OBJECT_BASE, 4 * PAGE);
    volatile uint64_t *c = words(map(copy, 1, 4, TWZ_READ | TWZ_WRITE));
    struct twz_object_info info = info_of(copy);
    check(info.pages_resident == 2 + 1 && info.pages_shared == 2 + 1,
          "P3 a copy shares every page of the source that exists");
    check(c[0] == 1 && c[512] == 2 && c[1024] == 0, "P3 a copy has the source's bytes");
    s[0] = 11;
    check(c[0] == 1, "P3 a write to the source does not show in the copy");
    c[512] = 22;
    check(s[512] == 2, "P3 a write to the copy does not show in the source");
    check(s[0] == 11 && c[512] == 22, "P3 and each side sees its own");
    check(info_of(copy).pages_shared == 1 && info_of(source).pages_shared == 1,
          "P3 a written page is no longer shared");

    /* Copies of a copy, written in every order. */
    struct twz_id second = object_copy(copy, TWZ_OBJECT_BASE, 4 * PAGE);
    struct twz_id third = object_copy(second, TWZ_OBJECT_BASE, 4 * PAGE);
    volatile uint64_t *d = words(map(second, 1, 4, TWZ_READ | TWZ_WRITE));
    volatile uint64_t *e = words(map(third, 1, 4, TWZ_READ | TWZ_WRITE));
    d[0] = 100;
    c[0] = 101;
    e[512] = 102;
    check(c[0] == 101 && d[0] == 100 && e[0] == 1 && c[512] == 22 && d[512] == 22 && e[512] == 102,
          "P3 copies of copies are independent");

    /* One object in two slots: both show a write, before and after the page is shared. */
    volatile uint64_t *alias = words(map(copy, 1, 4, TWZ_READ | TWZ_WRITE));
    check(alias[0] == 101, "two slots show the same object");
    struct twz_id fourth = object_copy(copy, TWZ_OBJECT_BASE, 4 * PAGE);
    check(alias[0] == 101 && c[0] == 101, "copying changes neither slot");
    c[0] = 5;
    check(alias[0] == 5, "P3 a slot that had the shared page sees the write through another slot");
    alias[1] = 6;
    check(c[1] == 6, "and the other way round");
    object_delete(fourth);
}

static void test_copy_into(void)
{
    struct twz_id target = object_create();
    volatile uint64_t *t = words(map(target, 1, 4, TWZ_READ | TWZ_WRITE));
    struct twz_id source = object_create();
    volatile uint64_t *s = words(map(source, 1, 4, TWZ_READ | TWZ_WRITE));
    t[0] = 1;
    t[512] = 2;
    s[0] = 3;
    struct twz_copy_spec spec = {.source = source,
                                 .target = target,
                                 .source_offset = PAGE,
                                 .target_offset = PAGE,
                                 .length = 2 * PAGE};
    check(twz_syscall1(TWZ_SYS_OBJECT_COPY, (uint64_t)&spec) == 0 && t[0] == 3,
          "P3 OBJECT_COPY replaces pages, also where they are mapped");
    check(t[512] == 0, "P3 absent pages of the source become zero in the target");
    t[0] = 4;
    check(s[0] == 3, "P3 and the source keeps its bytes");

    static const struct {
        uint64_t from, to, length;
    } bad[] = {{0, PAGE, PAGE},
               {PAGE, 0, PAGE},
               {PAGE + 1, PAGE, PAGE},
               {PAGE, PAGE, 1},
               {TWZ_SLOT_SIZE, PAGE, PAGE},
               {PAGE, TWZ_SLOT_SIZE - PAGE, 2 * PAGE},
               {UINT64_MAX - PAGE + 1, PAGE, PAGE},
               {PAGE, PAGE, UINT64_MAX - PAGE + 1}};
    bool all = true;
    for (unsigned i = 0; i < COUNT(bad); i++) {
        spec.source_offset = bad[i].from;
        spec.target_offset = bad[i].to;
        spec.length = bad[i].length;
        all = all && twz_syscall1(TWZ_SYS_OBJECT_COPY, (uint64_t)&spec) == -TWZ_EINVAL;
    }
    check(all, "copies that are not whole pages inside an object are refused");
    spec = (struct twz_copy_spec){.source = source,
                                  .target = source,
                                  .source_offset = PAGE,
                                  .target_offset = 2 * PAGE,
                                  .length = 2 * PAGE};
    check(twz_syscall1(TWZ_SYS_OBJECT_COPY, (uint64_t)&spec) == -TWZ_EINVAL,
          "a copy onto itself is refused");
    spec.target = text_object;
    check(twz_syscall1(TWZ_SYS_OBJECT_COPY, (uint64_t)&spec) == -TWZ_EPERM,
          "P7 nothing is copied into an immutable object");
    spec.target = boot.context;
    check(twz_syscall1(TWZ_SYS_OBJECT_COPY, (uint64_t)&spec) == -TWZ_EINVAL,
          "nor into kernel state");
    spec.length = TWZ_SLOT_SIZE - PAGE;
    spec.target = target;
    spec.target_offset = spec.source_offset = PAGE;
    check(twz_syscall1(TWZ_SYS_OBJECT_COPY, (uint64_t)&spec) == 0, "a whole object can be copied");
}

static void test_deletion(void)
{
    struct twz_id id = object_create();
    uint64_t slot = map(id, 1, 1, TWZ_READ | TWZ_WRITE);
    struct compartment c = compartment_create();
    grant(&c, id, TWZ_READ | TWZ_WRITE);
    words(slot)[0] = 42;
    object_delete(id);
    equal((uint64_t)call(&c, f_read, slot + TWZ_OBJECT_BASE), 42,
          "P8 an object lives while a slot shows it, also after it was deleted");
    call(&c, f_write, slot + TWZ_OBJECT_BASE);
    equal((uint64_t)call(&c, f_read, slot + TWZ_OBJECT_BASE), 0x5a, "P8 and keeps its rights");
    struct twz_range range = {.first_page = 1, .page_count = 1, .rights = TWZ_READ};
    check(twz_syscall5(TWZ_SYS_VIEW_MAP, fresh_slot(), id.hi, id.lo, (uint64_t)&range, 1) ==
              -TWZ_ENOENT,
          "P8 but it cannot be mapped again");
    unmap(slot);
    check(sys_id(TWZ_SYS_OBJECT_DELETE, TWZ_ID_SYSTEM, 0, 0) == -TWZ_ENOTSUP,
          "the system object cannot be deleted");
    check(sys_id(TWZ_SYS_OBJECT_DELETE, boot.view, 0, 0) == -TWZ_EBUSY,
          "a view that contexts have cannot be deleted");
    check(sys_id(TWZ_SYS_OBJECT_DELETE, text_object, 0, 0) == -TWZ_EPERM,
          "an image object cannot be deleted");
    check(sys_id(TWZ_SYS_OBJECT_DELETE, boot.context, 0, 0) == -TWZ_EBUSY,
          "a context in use cannot be deleted");
    check(sys_id(TWZ_SYS_OBJECT_DELETE, boot.thread, 0, 0) == -TWZ_EBUSY,
          "the running thread cannot be deleted");
}

/* "remember" makes an object and prints its ID; "recall ID", in another boot, looks for it. */
void test_power_cycle(const char *command_line)
{
    struct twz_id id;
    char text[OBJ_ID_TEXT];
    if (command_line[2] == 'c') {
        struct twz_object_info info;
        struct twz_range range = {1, 1, TWZ_READ, 0};
        check(obj_id_parse(command_line + sizeof "recall", &id), "P4 an ID is parsed");
        check(sys_id(TWZ_SYS_OBJECT_INFO, id, (uint64_t)&info, 0) == -TWZ_ENOENT &&
                  twz_syscall5(TWZ_SYS_VIEW_MAP, fresh_slot(), id.hi, id.lo, (uint64_t)&range, 1) ==
                      -TWZ_ENOENT,
              "P9 a volatile object is gone after a power cycle");
        return;
    }
    id = object_create();
    uint64_t address = map(id, 1, 1, TWZ_READ | TWZ_WRITE);
    words(address)[0] = 0x7265636f7665;
    obj_id_format(id, text);
    print("# object ");
    print(text);
    obj_id_format(info_of(id).nonce, text);
    print("\n# nonce ");
    print(text);
    print("\n");
    obj_id_format(id, text);
    struct twz_id again;
    check(obj_id_parse(text, &again) && equal_ids(again, id) && words(address)[0] != 0,
          "P4 an ID is printed and parsed again");
}

void test_objects(void)
{
    test_ids();
    test_medium();
    test_copies();
    test_copy_into();
    test_deletion();
}
