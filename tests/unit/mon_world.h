/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the monitor's border to the loader (ld-twz/monitor/accept.c) looks at, on the host: an image
 * of six files, a policy, and an answer as an honest loader gives it for them, which tests spoil.
 * The rest of the monitor is these few functions.
 *
 *   prog         main                          vault    libvault.so (gate alpha, isolation both)
 *   libplain.so  where it is needed            other    libother.so (the same, exports nothing)
 *   libdemand.so no compartment names it; it demands one of its own
 */
#ifndef MON_WORLD_H
#define MON_WORLD_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "elf_builder.h"
#include "ld-twz/monitor/monitor.h"
#include "ld_world.h"

enum { F_PROG, F_RUNTIME, F_PLAIN, F_VAULT, F_OTHER, F_DEMAND, F_BROKEN, F_COUNT };
enum { C_MAIN, C_MONITOR, C_VAULT, C_OTHER };
enum { I_PROG, I_PLAIN, I_VAULT, I_OTHER };
enum { KNOWN_GATES = 2, GATE = KNOWN_GATES };

struct monitor mon;
const struct ld_known_gate *mon_known_gates;
uint32_t mon_known_gate_count = KNOWN_GATES;

static char said[512]; /* the first line that the monitor printed */
static struct elf_image images[F_COUNT];
static struct mon_file files[F_COUNT];
static struct obj_image_header header = {.count = F_COUNT};
static struct world world;
static uint64_t taken[TWZ_SLOT_COUNT / 64];
static char arena[1 << 20];
static size_t arena_used;
static bool no_memory;

void mon_print(const char *format, ...)
{
    va_list arguments;
    if (said[0] != '\0')
        return;
    va_start(arguments, format);
    vsnprintf(said, sizeof said, format, arguments);
    va_end(arguments);
}

int64_t mon_file_map(uint32_t number)
{
    assert_true(number < F_COUNT);
    return 0;
}

/* Tables are arrays of the test's: offsets are addresses. */
bool mon_fetch(const struct loader_table *table, uint32_t index, void *record, size_t size)
{
    if (index >= table->count || table->size != size)
        return false;
    memcpy(record, (const char *)(uintptr_t)table->offset + (uint64_t)index * size, size);
    return true;
}

static void *allocate(void *context, size_t size, size_t align)
{
    (void)context;
    arena_used = (arena_used + align - 1) / align * align;
    if (no_memory || size > sizeof arena - arena_used)
        return NULL;
    arena_used += size;
    return arena + arena_used - size;
}

/* ---- The world ---- */

static void build_file(uint32_t number, const char *name, bool gates)
{
    build_elf(&images[number], EM_X86_64);
    if (!gates) {
        put_number(&images[number], F_ABI(min_isolation), 0, 4);
        put_number(&images[number], F_ABI(gates_size), 0, 4);
    }
    files[number] =
        (struct mon_file){.name = name, .bytes = images[number].bytes, .length = FILE_SIZE};
}

static int mon_world_open(void **state)
{
    (void)state;
    static const char *const names[F_COUNT] = {"prog",        "libtwzrt.so", "libplain.so",
                                               "libvault.so", "libother.so", "libdemand.so",
                                               "broken"};
    for (uint32_t i = 0; i < F_COUNT; i++)
        build_file(i, names[i], i == F_VAULT || i == F_OTHER || i == F_DEMAND);
    images[F_BROKEN].bytes[0] = 0;
    world_start(&world);
    world_policy(&world, "compartment main { imports = { \"vault:alpha\" } }\n"
                         "compartment vault { libraries = { \"libvault.so\" } }\n"
                         "compartment other { libraries = { \"libother.so\" } exports = { } }\n");
    mon.compartment_room = ld_compartment_room(&world.policy);
    mon.compartments = calloc(mon.compartment_room + 1, sizeof *mon.compartments);
    mon.instances = calloc(LD_INSTANCES_MAX, sizeof *mon.instances);
    mon.gates = calloc(LD_GATES_MAX, sizeof *mon.gates);
    return mon.compartments && mon.instances && mon.gates ? 0 : -1;
}

static int mon_world_close(void **state)
{
    (void)state;
    free(mon.compartments);
    free(mon.instances);
    free(mon.gates);
    world_end(&world);
    world_remove_directory();
    return 0;
}

/* Nothing is loaded. */
static void mon_world_reset(void)
{
    struct mon_compartment *compartments = mon.compartments;
    uint32_t room = mon.compartment_room;
    memset(mon.instances, 0, (mon.instance_count + 1) * sizeof *mon.instances);
    memset(mon.gates, 0, (mon.gate_count + 1) * sizeof *mon.gates);
    memset(compartments, 0, (room + 1) * sizeof *compartments);
    compartments[MON_OWN] = (struct mon_compartment){
        .name = LD_MONITOR, .builtin = true, .policy = LD_NONE, .owner = LD_NONE};
    mon = (struct monitor){.files = files,
                           .image = {.header = &header},
                           .compartments = compartments,
                           .compartment_room = room,
                           .instances = mon.instances,
                           .gates = mon.gates,
                           .policy = world.policy,
                           .has_policy = true,
                           .slots = {.taken = taken, .first = 32, .end = 4096, .next = 32},
                           .memory = {.allocate = allocate}};
    memset(taken, 0, sizeof taken);
    arena_used = 0;
    no_memory = false;
    said[0] = '\0';
}

/* ---- What the loader answers ---- */

#define OFFER_MAX 6u

struct offer {
    struct loader_compartment compartments[OFFER_MAX];
    struct loader_instance instances[OFFER_MAX];
    uint32_t init[OFFER_MAX];
    struct loader_gate gates[OFFER_MAX];
    struct ld_write writes[OFFER_MAX];
    struct ld_calls calls[OFFER_MAX];
    struct loader_entry entries[OFFER_MAX];
    uint32_t compartment_count, instance_count, init_count, gate_count, write_count;
};

static uint32_t policy_index(const char *name)
{
    return ld_policy_compartment(&world.policy, name);
}

static struct loader_compartment compartment_of(uint32_t index, const char *name, uint32_t root,
                                                uint32_t first, uint32_t count)
{
    return (struct loader_compartment){.compartment = index,
                                       .policy = policy_index(name),
                                       .owner = LOADER_NONE,
                                       .file = LOADER_NONE,
                                       .init_first = first,
                                       .init_count = count,
                                       .root = root,
                                       .tls_modules = count,
                                       .tls_size = 0x20 * count,
                                       .tls_align = 8};
}

/* Compartment 4: that of a library which demands isolation, loaded by C_OTHER as instance `root`.
 */
static struct loader_compartment demanded_by_other(uint32_t root)
{
    return (struct loader_compartment){.compartment = 4,
                                       .policy = LOADER_NONE,
                                       .owner = C_OTHER,
                                       .file = F_DEMAND,
                                       .demand = TWZ_ISOLATE_BOTH,
                                       .root = root,
                                       .init_count = 1};
}

static struct loader_instance instance_of(uint32_t index, uint32_t compartment, uint32_t file,
                                          uint32_t module)
{
    return (struct loader_instance){.instance = index,
                                    .compartment = compartment,
                                    .file = file,
                                    .tls_module = module,
                                    .tls_offset = module * 0x20};
}

static struct offer honest(void)
{
    const uint64_t descriptor = TEXT_VADDR(O_GATES);
    struct offer offer = {
        .compartments = {compartment_of(C_MAIN, LD_MAIN, I_PROG, 0, 2),
                         compartment_of(C_VAULT, "vault", I_VAULT, 2, 1),
                         compartment_of(C_OTHER, "other", I_OTHER, 3, 1)},
        .instances = {instance_of(I_PROG, C_MAIN, F_PROG, 1),
                      instance_of(I_PLAIN, C_MAIN, F_PLAIN, 2),
                      instance_of(I_VAULT, C_VAULT, F_VAULT, 1),
                      instance_of(I_OTHER, C_OTHER, F_OTHER, 1)},
        .init = {I_PLAIN, I_PROG, I_VAULT, I_OTHER},
        .gates = {{.gate = GATE, .instance = I_VAULT, .descriptor = descriptor, .isolation = 3},
                  {.gate = GATE + 1, .instance = I_OTHER, .descriptor = descriptor}},
        .compartment_count = 3,
        .instance_count = 4,
        .init_count = 4,
        .gate_count = 2,
        .write_count = OFFER_MAX,
    };
    for (uint32_t i = 0; i < OFFER_MAX; i++)
        offer.writes[i] = (struct ld_write){
            .instance = i % 4, .kind = LD_WRITE_VALUE, .offset = TWZ_PAGE_SIZE + 8 * i, .width = 8};
    return offer;
}

#define TABLE(array, number)                                                                       \
    (struct loader_table)                                                                          \
    {                                                                                              \
        .offset = (uintptr_t)(array), .count = (number), .size = sizeof(array)[0]                  \
    }

static struct loader_answer answer_of(const struct offer *offer)
{
    return (struct loader_answer){
        .compartments = TABLE(offer->compartments, offer->compartment_count),
        .instances = TABLE(offer->instances, offer->instance_count),
        .init = TABLE(offer->init, offer->init_count),
        .gates = TABLE(offer->gates, offer->gate_count),
        .writes = TABLE(offer->writes, offer->write_count),
        .calls = TABLE(offer->calls, OFFER_MAX),
        .entries = TABLE(offer->entries, OFFER_MAX),
    };
}

/* As load.c and late.c do it. */
static bool accept(const struct offer *offer, bool late, uint32_t asked_by)
{
    const struct loader_answer answer = answer_of(offer);
    uint32_t first = late ? mon.compartment_count : 0;
    return mon_accept_compartments(&answer) && mon_accept_instances(&answer, late, asked_by) &&
           mon_accept_inits(&answer, first) && mon_accept_gates(&answer);
}

/* The program runs: everything is relocated. */
static void seal_all(void)
{
    for (uint32_t i = 0; i < mon.instance_count; i++)
        mon.instances[i].sealed = true;
}

#endif
