/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loader's compartment. It has a context like every other, and in it: its program and its own
 * data, an arena, a stack, and a page to read in which requests stand. It can read the files of the
 * image that it touches, and call no gate. Threads come to it one at a time, all on one stack.
 *
 * After each request whose result stays, copies of its data and its arena are made, which share
 * pages with them until these change. When a request fails, when the loader crashes, does not
 * return or answers nonsense, or when what it wants is refused, the copies take the place of what
 * it had: the next request finds it as after the last one that went well.
 */
#include "monitor.h"
#include <twz/rt/info.h>
#include <twz/rt/io.h>
#include <twzelf/gate.h>
#include <twzelf/layout.h>

#define ARENA_SIZE (256ull << 20) /* addresses; what it can take is limited by FRAMES */
#define FRAMES     (24ull << 20)
#define FRAMES_PER (128ull << 10) /* more of them for each file */
#define STACK_SIZE (256ull << 10)
#define TABLES_MAX (64ull << 20) /* bytes of one answer that are looked at */

/* How long a request may take: there are slow machines, and many files. */
#define TIME          10000000000ull /* nanoseconds */
#define TIME_PER_FILE 250000000ull

/* That a thread waits for another one's request, and for all requests of others; nanoseconds. */
#define WAIT      5000000000ll
#define WAIT_TURN 30000000000ll

/* What is copied and put back. */
struct kept {
    uint32_t slot;
    struct twz_range ranges[TWZ_RANGES_MAX];
    uint32_t range_count;
    struct twz_id copy; /* 0: none yet */
};

static struct {
    struct mon_instance program;
    struct kept kept[2];  /* data, arena */
    struct mon_gate gate; /* the only one that its program declares */
    uint64_t sequence;
    bool busy;            /* it is running */
    bool taken;           /* a thread has more to ask */
    uint32_t taker;       /* for this compartment */
    uint64_t turns;       /* that were asked for */
    bool damaged;         /* it has failed since it was taken */
    bool lost;            /* there was no memory to put it back */
    struct twz_id holder; /* that has taken it */
    struct twz_id runner; /* that is in it, when it is busy */
} loader;

static uint32_t own(void)
{
    return mon.compartment_room;
}

static struct mon_compartment *compartment(void)
{
    return &mon.compartments[own()];
}

/* ---- Making it ---- */

const struct mon_gate *mon_loader_gate(void)
{
    return &loader.gate;
}

static int64_t publish(void)
{
    struct twz_elf_bytes bytes;
    struct twz_elf_file file;
    struct twz_elf_abi abi;
    struct twz_elf_gate gate;
    struct twz_elf_gate_cursor cursor = {0};
    const struct mon_file *source = &mon.files[loader.program.file];
    twz_elf_bytes_memory(&bytes, source->bytes, source->length);
    if (twz_elf_file_open(&file, &bytes, TWZ_ELF_VIEW_FILE, NULL) != TWZ_ELF_OK ||
        twz_elf_abi_open(&abi, &file, NULL) != TWZ_ELF_OK ||
        twz_elf_gate_next(&file, &abi, &cursor, &gate, NULL) != TWZ_ELF_OK)
        return -TWZ_EINVAL;
    const struct twz_gate_spec spec = {
        .context = compartment()->context,
        .entry = mon_instance_address(&loader.program, gate.entry),
        .isolation = TWZ_ISOLATE_BOTH,
        .register_args = 1,
        .returns = 1,
        .deadline = TIME + mon.image.header->count * TIME_PER_FILE,
    };
    int64_t number = twz_syscall1(TWZ_SYS_GATE_PUBLISH, (uintptr_t)&spec);
    loader.gate = (struct mon_gate){
        .number = (uint32_t)number,
        .signature = twz_elf_text_at(&file, gate.signature, NULL, TWZ_ELF_SIGNATURE_MAX),
    };
    if (number >= 0 && loader.gate.signature == NULL)
        return -TWZ_EINVAL;
    return number < 0 ? number
                      : twz_syscall4(TWZ_SYS_CONTEXT_GRANT_GATE, mon.boot.context.hi,
                                     mon.boot.context.lo, loader.gate.number, 0);
}

static void keep(struct kept *kept, uint32_t slot)
{
    struct twz_slot_info info;
    kept->slot = slot;
    if (twz_syscall2(TWZ_SYS_VIEW_INFO, slot, (uintptr_t)&info) < 0 ||
        info.range_count > TWZ_RANGES_MAX)
        mon_stop(MON_STATUS_BROKEN, "the loader has no slot 0x%x", slot);
    memcpy(kept->ranges, info.ranges, sizeof kept->ranges);
    kept->range_count = info.range_count;
}

void mon_loader_create(void)
{
    uint32_t file = mon_file_need("loader");
    if (file == LD_NONE)
        mon_stop(MON_STATUS_REFUSED, "the image has no loader: add loader.obj to it");
    struct mon_compartment *c = compartment();
    *c = (struct mon_compartment){.name = "loader",
                                  .policy = LD_NONE,
                                  .after_fault = LD_AFTER_FAULT_CONTINUE,
                                  .heap_size = ARENA_SIZE,
                                  .stack_size = STACK_SIZE};
    int64_t status = mon_compartment_furnish(own());
    uint64_t bytes = FRAMES + mon.image.header->count * FRAMES_PER;
    (void)twz_syscall4(TWZ_SYS_CONTEXT_LIMIT, c->context.hi, c->context.lo, bytes / TWZ_PAGE_SIZE,
                       TWZ_LIMIT_DEADLINES);
    loader.program = (struct mon_instance){.used = true, .compartment = own(), .file = file};
    uint32_t slot = ld_slots_take(&mon.slots, 2);
    loader.program.mapping.text_slot = slot;
    loader.program.mapping.data_slot = slot + 1;
    if (status == 0)
        status = slot == LD_NONE || !mon_examine(&loader.program) ||
                         loader.program.mapping.data_count == 0
                     ? -TWZ_EINVAL
                     : mon_map_mapping(&loader.program, LD_NONE);
    if (status == 0)
        status = mon_try_grant(c->context, TWZ_ID_INDEX, TWZ_READ);
    if (status == 0)
        status = publish();
    if (status < 0)
        mon_stop(MON_STATUS_REFUSED, "the image's loader cannot be started: %s",
                 twz_rt_error_text(status));
    keep(&loader.kept[0], loader.program.mapping.data_slot);
    keep(&loader.kept[1], c->heap_slot);
    mon_loader_rollback();
}

/* ---- Copies ---- */

static bool copy_object(struct twz_id from, const struct kept *kept, struct twz_id *to)
{
    const struct twz_range *last = &kept->ranges[kept->range_count - 1];
    const struct twz_copy_spec copy = {
        .source = from,
        .source_offset = TWZ_OBJECT_BASE,
        .target_offset = TWZ_OBJECT_BASE,
        .length = (last->first_page + last->page_count - 1) * TWZ_PAGE_SIZE,
    };
    return mon_try_object_create(&copy, to) == 0;
}

static bool object_in(uint32_t slot, struct twz_id *id)
{
    struct twz_slot_info info;
    bool there = twz_syscall2(TWZ_SYS_VIEW_INFO, slot, (uintptr_t)&info) == 0;
    if (there)
        *id = info.object;
    return there;
}

static void delete (struct twz_id id)
{
    (void)twz_syscall4(TWZ_SYS_CONTEXT_REVOKE, compartment()->context.hi, compartment()->context.lo,
                       id.hi, id.lo);
    (void)twz_syscall2(TWZ_SYS_OBJECT_DELETE, id.hi, id.lo);
}

/* Both copies or none: they belong together. */
int64_t mon_loader_commit(void)
{
    struct twz_id copies[2], now;
    if (loader.damaged)
        return -TWZ_ECALLEE;
    for (unsigned i = 0; i < 2; i++) {
        const struct kept *kept = &loader.kept[i];
        if (object_in(kept->slot, &now) && copy_object(now, kept, &copies[i]))
            continue;
        if (i > 0)
            delete (copies[0]);
        return -TWZ_ENOMEM;
    }
    for (unsigned i = 0; i < 2; i++) {
        if (loader.kept[i].copy.hi != 0)
            delete (loader.kept[i].copy);
        loader.kept[i].copy = copies[i];
    }
    return 0;
}

static bool put_back(const struct kept *kept)
{
    struct twz_id copy;
    if (!copy_object(kept->copy, kept, &copy))
        return false;
    if (mon_try_grant(compartment()->context, copy, TWZ_READ | TWZ_WRITE) == 0 &&
        mon_try_replace(kept->slot, copy, kept->ranges, kept->range_count) == 0)
        return true;
    delete (copy);
    return false;
}

void mon_loader_rollback(void)
{
    loader.damaged = false;
    if (loader.kept[0].copy.hi == 0) { /* there is nothing to go back to: this is how it begins */
        if (mon_loader_commit() < 0)
            mon_stop(MON_STATUS_BROKEN, "no memory for the loader");
        return;
    }
    loader.lost = false;
    for (unsigned i = 0; i < 2; i++)
        loader.lost |= !put_back(&loader.kept[i]);
}

/* ---- Asking it ---- */

/* Waits until no other thread is in the loader, or has it. */
static int64_t wait_while(const bool *flag, int64_t most)
{
    int64_t begin = twz_syscall0(TWZ_SYS_CLOCK);
    while (*flag) {
        if (twz_syscall0(TWZ_SYS_CLOCK) - begin > most)
            return -TWZ_EBUSY;
        (void)twz_syscall0(TWZ_SYS_THREAD_YIELD);
    }
    return 0;
}

/* Nobody has come before it who still waits. */
static bool is_next(const struct mon_compartment *c)
{
    for (uint32_t i = 0; i < mon.compartment_count; i++)
        if (mon.compartments[i].asks && mon.compartments[i].turn < c->turn)
            return false;
    return true;
}

int64_t mon_loader_take(uint32_t index)
{
    struct mon_compartment *c = &mon.compartments[index];
    struct twz_id self;
    int64_t status = twz_syscall1(TWZ_SYS_THREAD_SELF, (uintptr_t)&self);
    if (status < 0)
        return status;
    if (loader.taken && mon_same(loader.holder, self))
        return -TWZ_EBUSY; /* a resolver that loads: of the load that waits for it */
    status = wait_while(&c->asks, WAIT_TURN);
    if (status < 0)
        return status;
    c->asks = true;
    c->turn = ++loader.turns;
    int64_t begin = twz_syscall0(TWZ_SYS_CLOCK);
    while (loader.taken || !is_next(c)) {
        if (twz_syscall0(TWZ_SYS_CLOCK) - begin > WAIT_TURN) {
            c->asks = false;
            return -TWZ_EBUSY;
        }
        (void)twz_syscall0(TWZ_SYS_THREAD_YIELD);
    }
    loader.taken = true;
    loader.taker = index;
    loader.holder = self;
    return 0;
}

void mon_loader_leave(void)
{
    if (loader.damaged)
        mon_loader_rollback();
    mon.compartments[loader.taker].asks = false;
    loader.taken = false;
}

struct loader_request *mon_loader_request(enum loader_operation operation)
{
    while (loader.busy) /* it has a deadline */
        (void)twz_syscall0(TWZ_SYS_THREAD_YIELD);
    const struct mon_compartment *c = compartment();
    struct loader_request *r =
        (struct loader_request *)(mon_slot_address(c->record_slot) + TWZ_OBJECT_BASE);
    r->version = LOADER_VERSION;
    r->operation = operation;
    r->sequence = ++loader.sequence;
    r->arena = mon_slot_address(c->heap_slot) + TWZ_OBJECT_BASE;
    r->arena_size = ARENA_SIZE;
    r->index = mon_slot_address(mon.boot.index_slot) + TWZ_OBJECT_BASE;
    r->index_length = mon.boot.index_length;
    r->files = mon_slot_address(MON_SLOTS_END);
    r->stubs = mon_slot_address(mon.stubs_slot) + TWZ_OBJECT_BASE;
    r->file = r->policy = r->compartment = r->into = r->from = r->instance = LOADER_NONE;
    r->where = r->flags = 0;
    r->address = 0;
    r->name[0] = r->version_name[0] = '\0';
    return r;
}

bool mon_loader_may_ask(void)
{
    struct twz_id self;
    if (twz_syscall1(TWZ_SYS_THREAD_SELF, (uintptr_t)&self) < 0)
        return false;
    return !(loader.busy && mon_same(loader.runner, self)) && wait_while(&loader.busy, WAIT) == 0;
}

/* A gate call like any other. What the callee may change is zero afterwards. */
static int64_t enter(uint64_t request)
{
    int64_t result;
    uint64_t number = TWZ_SYS_GATE_BASE + loader.gate.number;
    __asm__ volatile("syscall"
                     : "=a"(result), "+D"(request)
                     : "a"(number)
                     : "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "memory", "cc");
    return result;
}

/* Adds the table's bytes to *total. */
static bool is_inside(const struct loader_table *table, uint64_t most, uint64_t *total)
{
    uint64_t bytes, end;
    if (table->count == 0)
        return true;
    if (table->count > most || table->size == 0 || table->offset < LOADER_MEMORY ||
        table->offset % 4 != 0 ||
        __builtin_mul_overflow((uint64_t)table->count, table->size, &bytes) ||
        __builtin_add_overflow(table->offset, bytes, &end) || end > ARENA_SIZE)
        return false;
    *total += bytes; /* of ten tables, each smaller than the arena */
    return true;
}

/* Copies the answer, once, and looks at what every answer has. */
static bool take_answer(struct loader_answer *answer, const struct loader_request *request)
{
    uint64_t at = request->operation == LOADER_DESCRIBE ? LOADER_ASIDE : LOADER_ANSWER;
    memcpy(answer, (const void *)(request->arena + at), sizeof *answer);
    answer->message[sizeof answer->message - 1] = '\0';
    uint64_t total = 0, compartments = mon.compartment_room;
    const struct {
        const struct loader_table *table;
        uint64_t most; /* records that there can be */
    } tables[] = {
        {&answer->instances, LD_INSTANCES_MAX},
        {&answer->compartments, compartments},
        {&answer->init, LD_INSTANCES_MAX},
        {&answer->gates, LD_GATES_MAX},
        {&answer->grants, compartments * LD_GATES_MAX},
        {&answer->starts, compartments},
        {&answer->writes, UINT32_MAX},
        {&answer->calls, LD_INSTANCES_MAX},
        {&answer->entries, compartments},
        {&answer->reports, LOADER_REPORTS_MAX},
    };
    bool valid = answer->version == LOADER_VERSION && answer->operation == request->operation &&
                 answer->sequence == request->sequence;
    for (unsigned i = 0; i < sizeof tables / sizeof tables[0] && valid; i++)
        valid = is_inside(tables[i].table, tables[i].most, &total);
    /* Pages that the loader has never touched come when they are read. */
    return valid && total <= TABLES_MAX && mon_enough_memory(total);
}

bool mon_fetch(const struct loader_table *table, uint32_t index, void *record, size_t size)
{
    if (index >= table->count || table->size != size)
        return false;
    uint64_t arena = mon_slot_address(compartment()->heap_slot) + TWZ_OBJECT_BASE;
    memcpy(record, (const void *)(arena + table->offset + (uint64_t)index * size), size);
    return true;
}

static int64_t status_of(uint32_t error)
{
    return error == LD_OK                             ? 0
           : error == LD_ENOMEM                       ? -TWZ_ENOMEM
           : error == LD_ESLOTS || error == LD_ELIMIT ? -TWZ_ELIMIT
                                                      : -TWZ_ENOENT;
}

static int64_t fail(struct loader_answer *answer, int64_t status, const char *what)
{
    *answer = (struct loader_answer){.error = LD_ESTOPPED};
    twz_rt_format(answer->message, sizeof answer->message, "%s: %s", what,
                  twz_rt_error_text(status));
    mon_print("monitor: %s\n", answer->message);
    loader.damaged = loader.taken; /* then who has it puts it back */
    if (!loader.taken)
        mon_loader_rollback();
    return status;
}

int64_t mon_loader_ask(struct loader_answer *answer)
{
    const struct mon_compartment *c = compartment();
    const struct loader_request *request =
        (const struct loader_request *)(mon_slot_address(c->record_slot) + TWZ_OBJECT_BASE);
    struct twz_id self;
    if (loader.lost)
        mon_loader_rollback(); /* there may be memory again */
    if (loader.lost)
        return fail(answer, -TWZ_ENOMEM, "the loader could not be put back");
    int64_t status = twz_syscall1(TWZ_SYS_THREAD_SELF, (uintptr_t)&self);
    if (status == 0 && !mon_is_bound(own(), self))
        status = mon_bind(own(), self);
    if (status < 0)
        return fail(answer, status, "the loader cannot be called");
    loader.runner = self;
    loader.busy = true;
    int64_t result = enter((uintptr_t)request);
    loader.busy = false;
    status = twz_syscall0(TWZ_SYS_GATE_STATUS);
    if (status < 0 || result != 0)
        return fail(answer, status < 0 ? status : -TWZ_EINVAL, "the loader failed");
    if (!take_answer(answer, request))
        return fail(answer, -TWZ_EINVAL, "the loader's answer makes no sense");
    return status_of(answer->error);
}
