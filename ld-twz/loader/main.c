/* SPDX-License-Identifier: BSD-2-Clause */
/* What the loader is asked for, by operation. */
#include "loader.h"

struct loader loader;

/* ---- Before anything else: the loader relocates itself ---- */

struct dynamic {
    uint64_t tag, value;
};
extern const struct dynamic _DYNAMIC[] __attribute__((visibility("hidden")));
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

enum { TAG_RELRSZ = 35, TAG_RELR = 36 };

/* RELR (gABI, "Relocation"): an even word is an address, an odd one a bitmap of the 63 words that
 * follow. The linker leaves nothing else in a static program that is compiled with -fPIE. */
static void relocate(void)
{
    uint64_t base = (uintptr_t)__ehdr_start - TWZ_OBJECT_BASE, table = 0, size = 0;
    for (const struct dynamic *d = _DYNAMIC; d->tag != 0; d++) {
        if (d->tag == TAG_RELR)
            table = base + d->value;
        if (d->tag == TAG_RELRSZ)
            size = d->value;
    }
    uint64_t *where = NULL;
    for (const uint64_t *word = (const uint64_t *)table; (uintptr_t)word < table + size; word++) {
        if ((*word & 1) == 0) {
            where = (uint64_t *)(base + *word);
            *where++ += base;
            continue;
        }
        for (uint64_t bits = *word >> 1, i = 0; bits != 0; bits >>= 1, i++)
            if (bits & 1)
                where[i] += base;
        where += 63;
    }
}

/* ---- Operations ---- */

static const char *const runtime_set[] = {LOADER_RUNTIME};

static const char *copy(struct ld_memory memory, const char *text)
{
    size_t size = strlen(text) + 1;
    char *to = memory.allocate(memory.context, size, 1);
    return to == NULL ? NULL : memcpy(to, text, size);
}

/* The monitor's gates outlive the request that speaks of them. */
static enum ld_error keep_known(struct ld_options *options)
{
    const struct loader_request *r = loader.request;
    struct ld_memory memory = loader_memory();
    struct ld_known_gate *known = memory.allocate(NULL, (r->known_count + 1) * sizeof *known, 16);
    if (known == NULL)
        return LD_ENOMEM;
    for (uint32_t i = 0; i < r->known_count; i++) {
        known[i] = (struct ld_known_gate){.name = copy(memory, r->known[i].name),
                                          .signature = copy(memory, r->known[i].signature),
                                          .number = r->known[i].number};
        if (known[i].name == NULL || known[i].signature == NULL)
            return LD_ENOMEM;
    }
    options->monitor_gates = known;
    options->monitor_gate_count = r->known_count;
    return LD_OK;
}

static enum ld_error start(void)
{
    const struct loader_request *r = loader.request;
    struct ld_file file;
    struct ld_options options = {
        .memory = loader_memory(),
        .diag = &loader.diag,
        .load = {.find = loader_find},
        .runtime = runtime_set,
        .runtime_count = 1,
        .require_layout = true,
    };
    enum ld_error error = loader_files_open();
    if (error == LD_OK && r->policy != LOADER_NONE) {
        error = loader_file(r->policy, &file)
                    ? ld_policy_read(file.bytes, file.size, &loader.policy, &loader.diag)
                    : LD_EPOLICY;
        options.policy = &loader.policy;
    }
    if (error == LD_OK)
        error = keep_known(&options);
    if (error == LD_OK)
        error = ld_slots_init(&loader.slots, loader_memory(), 0, TWZ_SLOT_COUNT, 0);
    if (error == LD_OK && !loader_file(r->file, &file))
        error = LD_ENOTFOUND;
    if (error == LD_OK)
        error = ld_program_load(&options, &file, &loader.program);
    if (error == LD_OK)
        error = ld_program_resolve(loader.program);
    if (error == LD_OK)
        error = ld_program_layout(loader.program, &loader.slots);
    if (error == LD_OK)
        error = ld_plan_make(loader.program, &loader.plan);
    return error != LD_OK ? error : loader_answer_program();
}

static enum ld_error load(void)
{
    const struct loader_request *r = loader.request;
    struct loader_pool *pool = loader_pool_make();
    if (pool == NULL)
        return LD_ENOMEM;
    const struct ld_late_request request = {
        .memory = loader_pool_memory(pool),
        .compartment = r->compartment,
        .into = r->into,
        .demand = r->demand,
        .from = r->from,
        .name = r->flags & LOADER_BY_SYMBOL ? NULL : r->name,
        .symbol = r->flags & LOADER_BY_SYMBOL ? r->name : NULL,
        .global = (r->flags & LOADER_GLOBAL) != 0,
        .only_loaded = (r->flags & LOADER_ONLY_LOADED) != 0,
    };
    uint32_t grants = loader.plan->grant_count;
    enum ld_error error =
        ld_late_load(loader.program, loader.plan, &loader.slots, &request, &loader.late);
    if (error != LD_OK)
        return error;
    error = loader_answer_late(grants);
    if (loader.late->instance_count == 0) {
        loader.late = NULL;
        loader_pool_release(pool);
    }
    return error;
}

static enum ld_error write_all(void)
{
    for (uint32_t i = 0; i < loader.program->gate_count; i++)
        if (loader.program->gates[i].instance != LD_NONE)
            loader.program->gates[i].number = loader.request->numbers[i];
    enum ld_error error = loader_answer_writes();
    loader.late = NULL;
    return error;
}

static enum ld_error close_one(void)
{
    static uint32_t leaving[LD_INSTANCES_MAX];
    return loader_answer_list(leaving,
                              ld_late_close(loader.program, loader.request->instance, leaving));
}

static void load_is_gone(void *context, struct ld_late *late)
{
    (void)context;
    loader_pool_release(late->memory.context);
}

static void take_out(void)
{
    ld_late_remove(loader.program, &loader.slots, load_is_gone, NULL);
}

static enum ld_error remove_closed(void)
{
    static bool stays[LD_INSTANCES_MAX];
    uint32_t count = loader.program->instance_count, wanted = loader.request->compartment;
    for (uint32_t i = 0; i < count; i++) {
        struct ld_instance *instance = loader.program->instances[i];
        stays[i] = instance->leaving && wanted != LOADER_NONE && instance->compartment != wanted;
        if (stays[i])
            instance->leaving = false;
    }
    take_out();
    for (uint32_t i = 0; i < count; i++)
        if (stays[i])
            loader.program->instances[i]->leaving = true;
    return LD_OK;
}

static enum ld_error drop(void)
{
    static uint32_t dropped[LD_INSTANCES_MAX];
    uint32_t count = 0, wanted = loader.request->compartment;
    for (uint32_t i = 0; i < loader.program->instance_count; i++) {
        struct ld_instance *instance = loader.program->instances[i];
        const struct ld_late *late = ld_late_of(loader.program, i);
        if (late == NULL || instance->compartment != wanted || late->compartment != wanted)
            continue;
        instance->leaving = true;
        dropped[count++] = i;
    }
    take_out();
    return loader_answer_list(dropped, count);
}

static enum ld_error symbol(void)
{
    const struct loader_request *r = loader.request;
    struct loader_answer *answer = loader.answer;
    struct ld_binding binding;
    struct ld_report report = {0};
    struct ld_value value;
    const struct ld_symbol_request request = {
        .memory = loader_scratch(),
        .from = r->from,
        .where = r->where,
        .name = r->name,
        .version = r->version_name[0] != '\0' ? r->version_name : NULL,
    };
    enum ld_error error = ld_late_symbol(loader.program, &request, &binding, &report);
    if (error != LD_OK) {
        loader_message(report.message != NULL && report.message[0] != '\0' ? report.message
                                                                           : ld_error_text(error),
                       report.cure);
        return error;
    }
    if (binding.kind == LD_BOUND_GATE) {
        answer->gate = binding.gate;
        return LD_OK;
    }
    if (binding.kind != LD_BOUND_SYMBOL || !ld_binding_value(loader.program, &binding, &value))
        return LD_EUNRESOLVED;
    answer->value = value.value;
    answer->kind = value.kind;
    answer->module = value.module;
    return LD_OK;
}

static enum ld_error place(void)
{
    const char *name;
    const struct ld_instance *instance = loader.program->instances[loader.request->instance];
    if (!ld_symbol_at(instance, loader.request->address, &name, &loader.answer->value))
        return LD_EUNRESOLVED;
    loader.answer->name = loader_offset_in(&instance->module->file, name);
    return LD_OK;
}

static enum ld_error run(void)
{
    switch (loader.request->operation) {
    case LOADER_START:
        return start();
    case LOADER_LOAD:
        return load();
    case LOADER_WRITE:
        return write_all();
    case LOADER_CLOSE:
        return close_one();
    case LOADER_REMOVE:
        return remove_closed();
    case LOADER_DROP:
        return drop();
    case LOADER_SYMBOL:
        return symbol();
    default:
        return place();
    }
}

static void begin(struct loader_answer *answer)
{
    *answer = (struct loader_answer){.version = LOADER_VERSION,
                                     .operation = loader.request->operation,
                                     .sequence = loader.request->sequence,
                                     .root = LOADER_NONE,
                                     .gate = LOADER_NONE};
    loader.answer = answer;
}

int64_t twz_loader_run_impl(uint64_t address)
{
    static bool ready;
    const struct loader_request *request = (const struct loader_request *)address;
    if (request->version != LOADER_VERSION)
        return -TWZ_EINVAL;
    if (!ready) {
        relocate();
        loader_memory_init(request->arena + LOADER_MEMORY, request->arena + request->arena_size);
    }
    ready = true;
    loader.request = request;
    if (request->operation == LOADER_DESCRIBE) {
        struct loader_answer *before = loader.answer;
        begin((struct loader_answer *)(request->arena + LOADER_ASIDE));
        loader.answer->error = loader_describe(loader.answer);
        loader.answer = before;
        return 0;
    }
    if ((loader.program == NULL) != (request->operation == LOADER_START))
        return -TWZ_EINVAL;
    loader_scratch_reset();
    begin((struct loader_answer *)(request->arena + LOADER_ANSWER));
    loader_reports_begin();
    enum ld_error error = run();
    if (error != LD_OK)
        loader_message(ld_error_text(error), NULL);
    loader_reports_end();
    loader.answer->error = error;
    return 0;
}
