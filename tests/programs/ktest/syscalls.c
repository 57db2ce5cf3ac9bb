/* SPDX-License-Identifier: BSD-2-Clause */
/* The table itself: unknown numbers, kept registers, and every call that takes a pointer with every
 * pointer that it must refuse. */
#include "functions.h"
#include <string.h>

static void test_numbers(void)
{
    bool all = true;
    for (uint64_t n = 4; n < 0x1000; n++) {
        bool known = false;
#define X(name, number, ...) known = known || n == number;
        TWZ_SYSCALLS(X)
#undef X
        all = all && (known || twz_syscall0(n) == -TWZ_ENOSYS);
    }
    check(all, "P127 every number that is in no table is refused");
    check(twz_syscall0(TWZ_SYS_NULL) == 0, "null system call");
    check(f_kept(TWZ_SYS_NULL) == 0, "a system call keeps every register but rax, rcx and r11");
    check(f_kept(TWZ_SYS_THREAD_YIELD) == 0, "a system call that schedules keeps them as well");
    check(f_kept(TWZ_SYS_OBJECT_INFO) == 0, "a system call that fails keeps them as well");
}

/* A call with one pointer argument, the others valid. */
struct pointer_call {
    const char *name;
    uint64_t number;
    unsigned pointer; /* which argument */
    uint64_t a[6];
};

static void test_pointers(void)
{
    static struct twz_object_spec object_spec = {.medium = TWZ_VOLATILE};
    const struct pointer_call calls[] = {
        {"LOG refuses hostile pointers", TWZ_SYS_LOG, 0, {0, 16}},
        {"OBJECT_CREATE refuses hostile pointers", TWZ_SYS_OBJECT_CREATE, 0, {0}},
        {"OBJECT_CREATE refuses hostile result pointers",
         TWZ_SYS_OBJECT_CREATE,
         1,
         {(uint64_t)&object_spec}},
        {"OBJECT_COPY refuses hostile pointers", TWZ_SYS_OBJECT_COPY, 0, {0}},
        {"OBJECT_INFO refuses hostile pointers",
         TWZ_SYS_OBJECT_INFO,
         2,
         {text_object.hi, text_object.lo}},
        {"CONTEXT_CREATE refuses hostile pointers", TWZ_SYS_CONTEXT_CREATE, 0, {0}},
        {"CONTEXT_INFO refuses hostile pointers",
         TWZ_SYS_CONTEXT_INFO,
         2,
         {boot.context.hi, boot.context.lo}},
        {"VIEW_MAP refuses hostile pointers",
         TWZ_SYS_VIEW_MAP,
         3,
         {40, text_object.hi, text_object.lo, 0, 1}},
        {"VIEW_INFO refuses hostile pointers", TWZ_SYS_VIEW_INFO, 1, {boot.text_slot}},
        {"THREAD_CREATE refuses hostile pointers", TWZ_SYS_THREAD_CREATE, 0, {0}},
        {"THREAD_BIND refuses hostile pointers", TWZ_SYS_THREAD_BIND, 0, {0}},
        {"GATE_PUBLISH refuses hostile pointers", TWZ_SYS_GATE_PUBLISH, 0, {0}},
        {"CONTEXT_CALL refuses hostile pointers", TWZ_SYS_CONTEXT_CALL, 0, {0}},
    };
    for (unsigned i = 0; i < COUNT(calls); i++) {
        bool all = true;
        for (unsigned j = 0; j < hostile_count; j++) {
            uint64_t a[6];
            for (unsigned k = 0; k < 6; k++)
                a[k] = calls[i].a[k];
            a[calls[i].pointer] = hostile_addresses[j];
            int64_t r = twz_syscall6(calls[i].number, a[0], a[1], a[2], a[3], a[4], a[5]);
            all = all && r == -TWZ_EFAULT;
        }
        check(all, calls[i].name);
    }
}

static void test_arguments(void)
{
    char text[1] = {0};
    equal((uint64_t)twz_syscall2(TWZ_SYS_LOG, (uint64_t)text, 4097), (uint64_t)-TWZ_EINVAL,
          "LOG refuses more than 4096 bytes");
    equal((uint64_t)twz_syscall2(TWZ_SYS_LOG, (uint64_t)text, UINT64_MAX), (uint64_t)-TWZ_EINVAL,
          "LOG refuses a length that wraps");
    check(twz_syscall1(TWZ_SYS_SHUTDOWN, 128) == -TWZ_EINVAL, "SHUTDOWN refuses status 128");
    uint64_t before = (uint64_t)twz_syscall0(TWZ_SYS_CLOCK);
    check((uint64_t)twz_syscall0(TWZ_SYS_CLOCK) >= before, "CLOCK does not go back");
    check(twz_syscall2(TWZ_SYS_UPCALL_RETURN, TWZ_UPCALL_RESUME, 0) == -TWZ_EINVAL,
          "UPCALL_RETURN outside an upcall is refused");
    check(twz_syscall2(TWZ_SYS_GATE_UNWIND, TWZ_EEXITED, 0) == -TWZ_EINVAL,
          "GATE_UNWIND outside a gate is refused");
    check(twz_syscall2(TWZ_SYS_GATE_RETURN, 0, 0) == -TWZ_EINVAL,
          "the monitor's return without an activation is an error");
    struct twz_id caller;
    check(twz_syscall1(TWZ_SYS_GATE_CALLER, (uint64_t)&caller) == -TWZ_ENOENT,
          "there is no caller outside a gate");
    check(twz_syscall4(TWZ_SYS_GATE_COPY_IN, 0, (uint64_t)text, 0, 1) == -TWZ_EINVAL,
          "there is no buffer outside a gate");
    check(twz_syscall0(0x1000 + TWZ_GATES_MAX + 5) == -TWZ_ENOENT &&
              twz_syscall0(UINT64_MAX) == -TWZ_ENOENT && twz_syscall0(1ull << 63) == -TWZ_ENOENT,
          "gate numbers out of bounds are refused");
}

/* All that needs TWZ_USE on the system object, or write on what it changes, from a compartment. */
static void test_privileges(void)
{
    struct compartment c = compartment_create();
    struct twz_id shared = object_create();
    uint64_t page = map(shared, 1, 1, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    grant(&c, shared, TWZ_READ);
    struct twz_id foreign = object_create();
    const struct {
        const char *name;
        uint64_t a[7];
    } calls[] = {
        {"P127 LOG needs the system", {TWZ_SYS_LOG, page, 0}},
        {"P31 P127 OBJECT_DELETE needs delete", {TWZ_SYS_OBJECT_DELETE, foreign.hi, foreign.lo}},
        {"P31 P127 OBJECT_INFO needs a right",
         {TWZ_SYS_OBJECT_INFO, foreign.hi, foreign.lo, c.stack_low}},
        {"P127 CONTEXT_CREATE needs the system", {TWZ_SYS_CONTEXT_CREATE, c.stack_low}},
        {"P127 CONTEXT_GRANT needs write on the context",
         {TWZ_SYS_CONTEXT_GRANT, c.context.hi, c.context.lo, shared.hi, shared.lo, TWZ_READ}},
        {"P127 CONTEXT_REVOKE needs write on the context",
         {TWZ_SYS_CONTEXT_REVOKE, boot.context.hi, boot.context.lo, shared.hi, shared.lo}},
        {"P127 CONTEXT_GRANT_GATE needs the system",
         {TWZ_SYS_CONTEXT_GRANT_GATE, c.context.hi, c.context.lo, 0}},
        {"P127 CONTEXT_REVOKE_GATE needs write on the context",
         {TWZ_SYS_CONTEXT_REVOKE_GATE, c.context.hi, c.context.lo, 0}},
        {"P127 CONTEXT_LIMIT needs sys",
         {TWZ_SYS_CONTEXT_LIMIT, boot.context.hi, boot.context.lo, 1}},
        {"P127 CONTEXT_STATUS needs write on the context",
         {TWZ_SYS_CONTEXT_STATUS, boot.context.hi, boot.context.lo, TWZ_CONTEXT_DEAD}},
        {"P127 CONTEXT_INFO needs read on the context",
         {TWZ_SYS_CONTEXT_INFO, c.context.hi, c.context.lo, c.stack_low}},
        {"P127 VIEW_MAP needs write on the view",
         {TWZ_SYS_VIEW_MAP, 45, shared.hi, shared.lo, page, 1}},
        {"P127 VIEW_UNMAP needs write on the view", {TWZ_SYS_VIEW_UNMAP, boot.text_slot}},
        {"P127 VIEW_NARROW needs write on object or view",
         {TWZ_SYS_VIEW_NARROW, boot.text_slot, 1, 1, 0}},
        {"P127 VIEW_INFO needs read on the view", {TWZ_SYS_VIEW_INFO, boot.text_slot, c.stack_low}},
        {"P127 THREAD_CREATE needs the system", {TWZ_SYS_THREAD_CREATE, page, c.stack_low}},
        {"P90 THREAD_UPCALL needs write on the thread",
         {TWZ_SYS_THREAD_UPCALL, boot.thread.hi, boot.thread.lo, 0x1000}},
        {"P127 GATE_PUBLISH needs the system", {TWZ_SYS_GATE_PUBLISH, page}},
        {"P127 GATE_INFO needs the system", {TWZ_SYS_GATE_INFO, 0, c.stack_low}},
        {"P127 CONTEXT_CALL needs the system", {TWZ_SYS_CONTEXT_CALL, page}},
        {"P127 UPCALL_RETURN needs the system", {TWZ_SYS_UPCALL_RETURN, 0, 0}},
        {"P127 GATE_UNWIND needs the system", {TWZ_SYS_GATE_UNWIND, 0, 0}},
        {"P127 SHUTDOWN needs the system",
         {TWZ_SYS_SHUTDOWN, 1}}, /* last: nothing comes after it */
    };
    uint64_t *words = (uint64_t *)page;
    for (unsigned i = 0; i < COUNT(calls); i++) {
        for (unsigned j = 0; j < 7; j++)
            words[j] = calls[i].a[j];
        equal((uint64_t)call(&c, f_syscall_with, page), (uint64_t)-TWZ_EPERM, calls[i].name);
    }
    /* The calls that only need a pointer: another compartment's memory is not the caller's. */
    uint64_t secret = map(foreign, 1, 1, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    *(volatile uint64_t *)secret = 0;
    words[0] = TWZ_SYS_OBJECT_CREATE;
    words[1] = secret;
    words[2] = c.stack_low;
    equal((uint64_t)call(&c, f_syscall_with, page), (uint64_t)-TWZ_EFAULT,
          "P127 a compartment cannot have the kernel read for it");
    words[0] = TWZ_SYS_OBJECT_INFO;
    words[1] = shared.hi;
    words[2] = shared.lo;
    words[3] = secret;
    equal((uint64_t)call(&c, f_syscall_with, page), (uint64_t)-TWZ_EFAULT,
          "P127 a compartment cannot have the kernel write for it");
    words[3] = page;
    equal((uint64_t)call(&c, f_syscall_with, page), (uint64_t)-TWZ_EFAULT,
          "P127 nor to where it may only read");
    words[3] = boot.text_slot * TWZ_SLOT_SIZE + TWZ_OBJECT_BASE;
    equal((uint64_t)call(&c, f_syscall_with, page), (uint64_t)-TWZ_EFAULT,
          "P127 nor to its own code");
}

static bool says_sys(const char *rights)
{
    while (*rights != '\0' && strncmp(rights, "sys", 3) != 0)
        rights++;
    return *rights != '\0';
}

/* The table says which calls are the monitor's; this goes by the table. */
static void test_system_calls(void)
{
    static const struct {
        uint64_t number;
        const char *name, *rights;
    } rows[] = {
#define X(name, number, arguments, rights, errors) {number, #name, rights},
        TWZ_SYSCALLS(X)
#undef X
    };
    struct compartment c = compartment_create();
    struct twz_id shared = object_create();
    uint64_t page = map(shared, 1, 1, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    uint64_t *words = (uint64_t *)page;
    grant(&c, shared, TWZ_READ);
    unsigned refused = 0, listed = 0;
    for (unsigned i = 0; i < COUNT(rows); i++) {
        if (!says_sys(rows[i].rights))
            continue;
        listed++;
        words[0] = rows[i].number;
        bool good = call(&c, f_syscall_with, page) == -TWZ_EPERM;
        refused += good;
        if (good)
            continue;
        print("# not refused: ");
        print(rows[i].name);
        print("\n");
    }
    check(listed > 10 && refused == listed,
          "P127 a compartment makes none of the calls that the table keeps for the system");
    unmap(page);
}

void test_syscalls(void)
{
    test_numbers();
    test_pointers();
    test_arguments();
    test_privileges();
    test_system_calls();
}
