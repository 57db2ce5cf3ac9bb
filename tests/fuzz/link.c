/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: the whole road of the link core over one hostile file, which is the program, every
 * library that it asks for, and its own runtime set. Whatever comes out must hold: bindings lead to
 * symbols that exist, writes stay in their data slots, slots do not collide.
 */
#include <ld/plan.h>
#include <ld/resolve.h>
#include <stdlib.h>
#include <string.h>

#define LINK_MEMORY ((size_t)8 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

struct hostile {
    const uint8_t *bytes;
    size_t size;
    unsigned found;
};

static bool find(void *context, struct ld_request *request, struct ld_file *file)
{
    struct hostile *hostile = context;
    ld_place_tried(request, request->name, "the fuzzer", "found");
    if (hostile->found >= 8) /* then the same files again */
        hostile->found = 0;
    *file = (struct ld_file){.bytes = hostile->bytes,
                             .size = hostile->size,
                             .path = "hostile",
                             .identity = {2, hostile->found++}};
    return true;
}

static bool on_report(void *context, const struct ld_report *report)
{
    unsigned *count = context;
    require(report->message && *report->message);
    require(report->severity == LD_REFUSED ? report->error != LD_OK : true);
    return ++*count < 1000;
}

static void check_bindings(struct ld_program *program)
{
    struct ld_binding binding;
    struct ld_symbol_name name;
    for (uint64_t cursor = 0; ld_binding_next(program, &cursor, &binding);) {
        require(binding.referrer < program->instance_count);
        if (binding.kind == LD_BOUND_SYMBOL) {
            require(binding.definer < program->instance_count);
            require(program->instances[binding.definer]->compartment ==
                    program->instances[binding.referrer]->compartment);
            require(ld_symbol_name(program->instances[binding.definer], binding.symbol, &name));
        } else if (binding.kind == LD_BOUND_GATE) {
            require(binding.gate < program->gate_count);
            require(program->gates[binding.gate].exported);
        }
    }
}

static void check_plan(struct ld_program *program)
{
    struct ld_plan *plan;
    if (ld_plan_make(program, &plan) != LD_OK)
        return;
    for (uint32_t i = 0; i < program->gate_count; i++)
        program->gates[i].number = i;
    if (ld_plan_writes(plan, (uint64_t)1 << 40) != LD_OK)
        return;
    for (uint64_t i = 0; i < plan->write_count; i++) {
        require(plan->writes[i].instance < plan->mapping_count);
        require(ld_check_write(&plan->mappings[plan->writes[i].instance], &plan->writes[i]));
    }
}

static void link_with(const uint8_t *bytes, size_t size, const struct ld_policy *policy)
{
    static const char *const runtime[] = {"libtwzrt.so"};
    static const struct ld_known_gate gates[] = {{"twz_mon_*", NULL, LD_NONE}};
    static void *memory;
    struct ld_arena arena;
    unsigned reports = 0;
    struct ld_diag diag = {.context = &reports, .report = on_report};
    struct hostile hostile = {.bytes = bytes, .size = size};
    if (!memory && !(memory = malloc(LINK_MEMORY)))
        return;
    struct ld_options options = {.memory = ld_arena_memory(&arena, memory, LINK_MEMORY),
                                 .diag = &diag,
                                 .load = {.context = &hostile, .find = find},
                                 .policy = policy,
                                 .runtime = runtime,
                                 .runtime_count = policy != NULL,
                                 .monitor_gates = gates,
                                 .monitor_gate_count = policy != NULL};
    const struct ld_file file = {
        .bytes = bytes, .size = size, .path = "program", .identity = {1, 1}};
    struct ld_program *program;
    struct ld_slots slots;
    struct ld_trace trace;
    if (ld_program_load(&options, &file, &program) != LD_OK && !program)
        return;
    enum ld_error error = ld_program_resolve(program);
    if (error == LD_ENOMEM || error == LD_ESTOPPED)
        return;
    check_bindings(program);
    (void)!ld_why(program, program->instances[0], "malloc", "*", &trace);
    if (ld_slots_init(&slots, options.memory, 2, 256, 0) == LD_OK &&
        ld_program_layout(program, &slots) == LD_OK)
        check_plan(program);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A policy that sends every second library away. */
    static const struct {
        struct ld_policy_header header;
        struct ld_policy_compartment compartment;
        struct ld_policy_library library;
        char strings[24];
    } blob __attribute__((aligned(8))) = {
        .header = {.magic = "TWZPOL\x1a\n",
                   .version = LD_POLICY_VERSION,
                   .size = sizeof(blob),
                   .compartments = {72, 1},
                   .libraries = {144, 1},
                   .imports = {152, 0},
                   .exports = {152, 0},
                   .first_dibs = {152, 0},
                   .strings = {152, 24},
                   .source = 1},
        .compartment = {.name = 1, .libraries = {0, 1}},
        .library = {.pattern = 5},
        .strings = "\0box\0*[aceg13].so",
    };
    struct ld_policy policy;
    uint8_t *bytes = aligned_alloc(16, (size + 16) & ~(size_t)15);
    if (!bytes)
        return 0;
    memcpy(bytes, data, size);
    link_with(bytes, size, NULL);
    if (ld_policy_read(&blob, sizeof blob, &policy, NULL) == LD_OK)
        link_with(bytes, size, &policy);
    free(bytes);
    return 0;
}
