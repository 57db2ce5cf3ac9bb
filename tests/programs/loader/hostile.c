/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A loader that an attacker has taken over. It is the project's own, and changes what that one
 * answers: HOSTILE says how. Most of them wait for the request to load libbait.so; those of which
 * the name begins with START do it when the program starts.
 */
#include "../../../ld-twz/loader/loader.h"
#include <twz/sys/call.h>

enum hostile {
    OUTSIDE,       /* a write behind the data of the new library */
    TEXT,          /* a write before it: into its text */
    RUNNING,       /* a write into the data of the program, which is running */
    COPIES,        /* a relocation that copies data of another compartment */
    LOOP,          /* never comes back */
    CRASH,         /* follows a null pointer */
    GARBAGE,       /* an answer of other bytes */
    TABLE,         /* a table that ends outside the arena */
    WIDE,          /* a table of pages that nobody has touched: as much memory as there is */
    HOARD,         /* takes memory without end */
    READS,         /* reads data of the program */
    JUMPS,         /* runs code of the program */
    CALLS,         /* calls a gate of the monitor */
    ROOT,          /* a load that went well, of nothing */
    AGAIN,         /* a library that the program has, a second time */
    FLOOD,         /* the same grant, millions of times */
    COPYING,       /* the data of the new library copied onto itself, without end */
    MAPS,          /* asks the kernel to put an object into a slot */
    START_GRANT,   /* the gate of the vault for who must not import it */
    START_ENTRY,   /* an entry into the vault that no library declares */
    START_PLACE,   /* the vault's library in the program's compartment */
    START_STORAGE, /* thread-local storage without end */
    START_CRASH,
    START_NUMBER, /* a library twice under one number */
    START_DEMAND, /* the vault for callers with another demand than the program has */
    START_OWNER   /* the vault as the program's own, with all of its gates */
};

/* What main.c calls itself in this build. */
int64_t honest_run(uint64_t address);

static bool baited;

static void *at(const struct loader_request *r, const struct loader_table *table, uint32_t index)
{
    return (void *)(r->arena + table->offset + index * table->size);
}

static uint64_t data_of_vault(const struct loader_request *r)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < loader.program->instance_count; i++)
        if (strcmp(loader.program->instances[i]->name, "libvault.so") == 0)
            found = i;
    return ((uint64_t)r->slots[found] + 1) * TWZ_SLOT_SIZE + TWZ_OBJECT_BASE;
}

/* As many records as fit into what the monitor looks at; each copies a megabyte. */
static void copy_without_end(const struct loader_request *r, struct loader_answer *answer)
{
    const struct ld_write first = *(struct ld_write *)at(r, &answer->writes, 0);
    struct ld_memory memory = loader_memory();
    uint64_t count = (16u << 20) / sizeof first;
    struct ld_write *writes = memory.allocate(memory.context, count * sizeof *writes, 16);
    for (uint64_t i = 0; i < count; i++)
        writes[i] = (struct ld_write){
            .instance = first.instance,
            .kind = LD_WRITE_COPY,
            .offset = first.offset,
            .value = ((uint64_t)r->slots[first.instance] + 1) * TWZ_SLOT_SIZE + first.offset,
            .width = 1u << 20,
        };
    loader_table_at(&answer->writes, writes, count, sizeof *writes);
}

static void spoil_writes(const struct loader_request *r, struct loader_answer *answer)
{
    struct ld_write *write = at(r, &answer->writes, 0);
    switch (HOSTILE) {
    case OUTSIDE:
        write->offset = 0x3000000;
        break;
    case TEXT:
        write->offset = 0x2000 - TWZ_SLOT_SIZE;
        break;
    case RUNNING:
        write->instance = 0;
        break;
    case COPIES:
        *write = (struct ld_write){.instance = write->instance,
                                   .kind = LD_WRITE_COPY,
                                   .offset = write->offset,
                                   .value = data_of_vault(r),
                                   .width = 8};
        break;
    case COPYING:
        copy_without_end(r, answer);
        break;
    default:
        break;
    }
}

/* What would need rights. */
static void reach_out(const struct loader_request *r)
{
    const struct twz_range range = {.first_page = 1, .page_count = 1, .rights = TWZ_READ};
    if (HOSTILE == READS) {
        uint64_t data = ((uint64_t)r->slots[0] + 1) * TWZ_SLOT_SIZE + TWZ_OBJECT_BASE;
        (void)*(const volatile char *)data;
    }
    if (HOSTILE == JUMPS)
        ((void (*)(void))((uint64_t)r->slots[0] * TWZ_SLOT_SIZE + 2 * TWZ_PAGE_SIZE))();
    if (HOSTILE == CALLS)
        (void)twz_syscall0(TWZ_SYS_GATE_BASE + 1);
    if (HOSTILE == MAPS &&
        twz_syscall5(TWZ_SYS_VIEW_MAP, 40, r->arena, 0, (uintptr_t)&range, 1) != -TWZ_EPERM)
        for (;;) /* got through: a deadline is not what the test expects */
            ;
}

static void spoil_tables(const struct loader_request *r, struct loader_answer *answer)
{
    struct loader_instance *instance = at(r, &answer->instances, 0);
    if (HOSTILE == ROOT)
        answer->root = LOADER_NONE;
    if (HOSTILE == AGAIN)
        instance->file =
            (uint32_t)(obj_image_find(&loader.image, LOADER_RUNTIME) - loader.image.entries);
    if (HOSTILE == FLOOD)
        answer->grants = (struct loader_table){
            .offset = LOADER_MEMORY, .count = 8u << 20, .size = sizeof(struct ld_grant)};
}

static void spoil_load(const struct loader_request *r, struct loader_answer *answer)
{
    spoil_tables(r, answer);
    if (HOSTILE == LOOP)
        for (volatile unsigned i = 0;; i++)
            ;
    if (HOSTILE == CRASH) { /* with nothing left to go on with */
        loader.program = NULL;
        *(volatile char *)NULL = 1;
    }
    if (HOSTILE == GARBAGE)
        memset(answer, 0xa5, sizeof *answer);
    if (HOSTILE == TABLE)
        answer->instances.count = 0x7fffffff;
    if (HOSTILE == WIDE)
        answer->instances =
            (struct loader_table){.offset = LOADER_MEMORY, .count = (240u << 20) / 32, .size = 32};
    for (uint64_t at = r->arena_size; HOSTILE == HOARD && at > 0; at -= TWZ_PAGE_SIZE)
        *(volatile char *)(r->arena + at - 1) = 1;
    reach_out(r);
    if (HOSTILE == MAPS)
        answer->error = LD_ENOTFOUND;
}

static uint32_t instance_named(const struct loader_answer *answer, const struct loader_request *r,
                               const char *name)
{
    for (uint32_t i = 0; i < answer->instances.count; i++) {
        const struct loader_instance *instance = at(r, &answer->instances, i);
        if (strcmp(loader.image.entries[instance->file].name, name) == 0)
            return i;
    }
    return 0;
}

static void spoil_start(const struct loader_request *r, struct loader_answer *answer)
{
    uint32_t vault = instance_named(answer, r, "libvault.so");
    struct loader_instance *instance = at(r, &answer->instances, vault);
    struct loader_compartment *compartment = at(r, &answer->compartments, 0);
    struct loader_gate *gate = at(r, &answer->gates, 0);
    struct ld_grant *grant = at(r, &answer->grants, answer->grants.count - 1);
    switch (HOSTILE) {
    case START_GRANT:
        *grant = (struct ld_grant){.compartment = 0, .gate = gate[1].gate};
        break;
    case START_ENTRY:
        gate->descriptor += 8;
        break;
    case START_PLACE:
        instance->compartment = 0;
        break;
    case START_STORAGE:
        compartment->tls_size = 1ull << 40;
        break;
    case START_CRASH:
        *(volatile char *)NULL = 1;
        break;
    case START_NUMBER:
        instance->instance = 0;
        break;
    case START_DEMAND:
        compartment[1].demand = TWZ_ISOLATE_CALLER;
        break;
    case START_OWNER:
        compartment[1].policy = LOADER_NONE;
        compartment[1].owner = 0;
        compartment[1].file = instance->file;
        break;
    default:
        break;
    }
}

int64_t twz_loader_run_impl(uint64_t address)
{
    const struct loader_request *r = (const struct loader_request *)address;
    int64_t result = honest_run(address);
    struct loader_answer *answer = (struct loader_answer *)r->arena;
    if (r->operation == LOADER_START)
        spoil_start(r, answer);
    if (r->operation == LOADER_LOAD) {
        baited = strcmp(r->name, "libbait.so") == 0;
        if (baited)
            spoil_load(r, answer);
    }
    if (r->operation == LOADER_WRITE && baited)
        spoil_writes(r, answer);
    return result;
}
