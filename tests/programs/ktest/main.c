/* SPDX-License-Identifier: BSD-2-Clause */
#include "ktest.h"
#include <string.h>
#include <twzelf/image.h>

bool quiet;
struct twz_boot_info boot;
struct twz_id text_object;
uint64_t stubs;
struct twz_upcall upcall;
uint64_t upcalls, first_touches, answer, answer_value;
void (*on_upcall)(void);

static unsigned done, failed;
static uint32_t next_slot = 64;

const uint64_t hostile_addresses[] = {
    0,                  /* page 0 of slot 0 */
    8,                  /* the same, misaligned for some */
    0x1003,             /* empty slot, misaligned */
    0x7fffffffffff,     /* last byte of the lower half */
    0x7fffbffffffc,     /* runs into the last slot, which is always empty */
    0x800000000000,     /* first non-canonical address */
    0x8000000000000000, /* non-canonical */
    0xffff7fffffffffff, /* last non-canonical address */
    0xffff800000001000, /* the kernel's direct map */
    0xffff900000001000, /* a kernel stack */
    0xffffffff80100000, /* the kernel's text */
    0xffffffffffffffff, /* wraps around */
    0x4000000000001000, /* a persistent pointer */
};
const unsigned hostile_count = COUNT(hostile_addresses);

/* ---- Results ---- */

void print(const char *text)
{
    size_t length = strlen(text);
    twz_syscall2(TWZ_SYS_LOG, (uint64_t)text, length);
}

void print_number(uint64_t value)
{
    char digits[24];
    unsigned at = sizeof digits;
    digits[--at] = '\0';
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    print(digits + at);
}

void check(bool good, const char *name)
{
    failed += !good;
    done++;
    if (good && quiet)
        return;
    print(good ? "ok " : "not ok ");
    print_number(done);
    print(" - ");
    print(name);
    print("\n");
}

void equal(uint64_t found, uint64_t expected, const char *name)
{
    check(found == expected, name);
    if (found == expected)
        return;
    print("# found ");
    print_number((int64_t)found < 0 ? -found : found);
    print((int64_t)found < 0 ? " (negative), expected " : ", expected ");
    print_number((int64_t)expected < 0 ? -expected : expected);
    print((int64_t)expected < 0 ? " (negative)\n" : "\n");
}

static void must(int64_t result, const char *what)
{
    if (result >= 0)
        return;
    print("Bail out! ");
    print(what);
    print(" failed with error ");
    print_number((uint64_t)-result);
    print("\n");
    twz_syscall1(TWZ_SYS_SHUTDOWN, 2);
}

/* ---- Objects and slots ---- */

struct twz_id object_create(void)
{
    struct twz_object_spec spec = {.medium = TWZ_VOLATILE};
    struct twz_id id;
    must(twz_syscall2(TWZ_SYS_OBJECT_CREATE, (uint64_t)&spec, (uint64_t)&id), "OBJECT_CREATE");
    return id;
}

struct twz_id object_copy(struct twz_id source, uint64_t offset, uint64_t length)
{
    struct twz_object_spec spec = {
        .medium = TWZ_VOLATILE,
        .copy = {.source = source,
                 .source_offset = offset,
                 .target_offset = offset,
                 .length = length},
    };
    struct twz_id id;
    must(twz_syscall2(TWZ_SYS_OBJECT_CREATE, (uint64_t)&spec, (uint64_t)&id), "OBJECT_CREATE");
    return id;
}

void object_delete(struct twz_id id)
{
    must(sys_id(TWZ_SYS_OBJECT_DELETE, id, 0, 0), "OBJECT_DELETE");
}

uint32_t fresh_slot(void)
{
    return next_slot++;
}

uint64_t map(struct twz_id object, uint32_t first, uint32_t count, uint32_t rights)
{
    struct twz_range range = {.first_page = first, .page_count = count, .rights = rights};
    uint32_t slot = fresh_slot();
    must(twz_syscall5(TWZ_SYS_VIEW_MAP, slot, object.hi, object.lo, (uint64_t)&range, 1),
         "VIEW_MAP");
    return slot * TWZ_SLOT_SIZE;
}

void unmap(uint64_t address)
{
    must(twz_syscall1(TWZ_SYS_VIEW_UNMAP, slot_of(address)), "VIEW_UNMAP");
}

/* ---- Compartments ---- */

void grant(const struct compartment *c, struct twz_id object, uint32_t rights)
{
    must(sys_ids(TWZ_SYS_CONTEXT_GRANT, c->context, object, rights), "CONTEXT_GRANT");
}

void revoke(const struct compartment *c, struct twz_id object)
{
    must(sys_ids(TWZ_SYS_CONTEXT_REVOKE, c->context, object, 0), "CONTEXT_REVOKE");
}

void compartment_stack(struct compartment *c)
{
    c->stack = object_create();
    uint32_t slot = fresh_slot();
    struct twz_range ranges[] = {
        {.first_page = 1, .page_count = 1, .rights = TWZ_READ},
        {.first_page = 3, .page_count = STACK_PAGES, .rights = TWZ_READ | TWZ_WRITE},
    };
    must(twz_syscall5(TWZ_SYS_VIEW_MAP, slot, c->stack.hi, c->stack.lo, (uint64_t)ranges, 2),
         "VIEW_MAP");
    c->locator = slot * TWZ_SLOT_SIZE + 1 * TWZ_PAGE_SIZE;
    c->stack_low = slot * TWZ_SLOT_SIZE + 3 * TWZ_PAGE_SIZE;
    c->stack_high = c->stack_low + STACK_PAGES * TWZ_PAGE_SIZE;
    grant(c, c->stack, TWZ_READ | TWZ_WRITE);
}

struct compartment compartment_create(void)
{
    struct compartment c;
    must(twz_syscall1(TWZ_SYS_CONTEXT_CREATE, (uint64_t)&c.context), "CONTEXT_CREATE");
    compartment_stack(&c);
    grant(&c, text_object, TWZ_READ | TWZ_EXECUTE);
    grant(&c, TWZ_ID_STUBS, TWZ_READ | TWZ_EXECUTE);
    compartment_bind(&c, boot.thread);
    return c;
}

void compartment_bind(const struct compartment *c, struct twz_id thread)
{
    struct twz_bind_spec bind = {.thread = thread,
                                 .context = c->context,
                                 .stack_low = c->stack_low,
                                 .stack_high = c->stack_high,
                                 .locator = c->locator};
    must(twz_syscall1(TWZ_SYS_THREAD_BIND, (uint64_t)&bind), "THREAD_BIND");
}

int64_t call(const struct compartment *c, compartment_function *function, uint64_t argument)
{
    struct twz_call_spec spec = {
        .context = c->context, .entry = (uint64_t)function, .argument = argument};
    return twz_syscall1(TWZ_SYS_CONTEXT_CALL, (uint64_t)&spec);
}

int64_t status(void)
{
    return twz_syscall0(TWZ_SYS_GATE_STATUS);
}

struct twz_gate_spec gate_spec(const struct compartment *c, void (*entry)(void))
{
    return (struct twz_gate_spec){.context = c->context,
                                  .entry = (uint64_t)entry,
                                  .isolation = TWZ_ISOLATE_BOTH,
                                  .returns = 1};
}

int64_t publish(const struct twz_gate_spec *spec)
{
    int64_t gate = twz_syscall1(TWZ_SYS_GATE_PUBLISH, (uint64_t)spec);
    must(gate, "GATE_PUBLISH");
    return gate;
}

void grant_gate(const struct compartment *c, int64_t gate)
{
    must(sys_id(TWZ_SYS_CONTEXT_GRANT_GATE, c->context, (uint64_t)gate, 0), "CONTEXT_GRANT_GATE");
}

int64_t publish_for(const struct compartment *caller, const struct twz_gate_spec *spec)
{
    const int64_t gate = publish(spec);
    grant_gate(caller, gate);
    return gate;
}

gate_function *stub(int64_t gate)
{
    return (gate_function *)(stubs + TWZ_OBJECT_BASE + (uint64_t)gate * TWZ_STUB_SIZE);
}

/* ---- Upcalls ---- */

__attribute__((used, noreturn, visibility("hidden"))) void upcall_main(const struct twz_upcall *u);

void upcall_main(const struct twz_upcall *u)
{
    upcall = *u;
    upcalls++;
    if (on_upcall != NULL)
        on_upcall();
    uint64_t action = answer, value = answer_value;
    answer = TWZ_UPCALL_UNWIND;
    answer_value = TWZ_ECALLEE;
    twz_syscall2(TWZ_SYS_UPCALL_RETURN, action, value);
    print("Bail out! UPCALL_RETURN came back\n");
    twz_syscall1(TWZ_SYS_SHUTDOWN, 2);
    for (;;)
        ;
}

void show_frames(void)
{
    if (upcall.rule != TWZ_RULE_CALLER_STACK)
        return;
    first_touches++;
    struct twz_id object = object_create();
    if (sys_id(TWZ_SYS_GATE_OVERLAY, object, 0, 0) == 0)
        answer = TWZ_UPCALL_RESUME;
    object_delete(object);
}

void stopped(const struct compartment *c, compartment_function *function, uint64_t argument,
             enum twz_rule rule, const char *name)
{
    uint64_t before = upcalls;
    int64_t result = call(c, function, argument);
    if (upcalls != before + 1)
        equal(upcalls - before, 1, name);
    else if (upcall.rule != (uint32_t)rule)
        equal(upcall.rule, rule, name);
    else
        equal((uint64_t)result, (uint64_t)-TWZ_ECALLEE, name);
}

/* ---- Start ---- */

static const struct obj_image_header *index_at(void)
{
    return (const void *)(boot.index_slot * TWZ_SLOT_SIZE + TWZ_OBJECT_BASE);
}

struct twz_id image_object(const char *name)
{
    struct obj_image image;
    struct obj_diag diag;
    must(-(int64_t)obj_index_open(index_at(), boot.index_length, &image, &diag), "the index");
    const struct obj_image_entry *entry = obj_image_find(&image, name);
    must(entry == NULL ? -TWZ_ENOENT : 0, "an object of the image");
    return entry->id;
}

static void map_stubs(void)
{
    stubs = map(TWZ_ID_STUBS, 1, TWZ_STUB_RETURN / TWZ_PAGE_SIZE, TWZ_READ | TWZ_EXECUTE);
}

extern char upcall_entry[];

__attribute__((used, noreturn, visibility("hidden"))) void
ktest_main(const struct twz_boot_info *info);

void ktest_main(const struct twz_boot_info *info)
{
    boot = *info;
    text_object = image_object("monitor");
    map_stubs();
    answer = TWZ_UPCALL_UNWIND;
    answer_value = TWZ_ECALLEE;
    must(sys_id(TWZ_SYS_THREAD_UPCALL, boot.thread, (uint64_t)upcall_entry, 0), "THREAD_UPCALL");
    run();
    if (!quiet) {
        print("1..");
        print_number(done);
        print("\n");
    }
    twz_syscall1(TWZ_SYS_SHUTDOWN, failed == 0 ? 0 : 1);
    for (;;)
        ;
}
