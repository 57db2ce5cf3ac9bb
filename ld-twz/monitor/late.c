/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads at run time, on behalf of a compartment that asks. The link core says what comes; this
 * makes it real or takes all of it back. Constructors of the asking compartment run there, after
 * the gate has returned; those of other compartments are called from here, as the last step, when
 * the monitor's own state is complete: they may come back through gates.
 */
#include "monitor.h"
#include <ld/late.h>
#include <ld/resolve.h>
#include <twz/monitor_gates.h>
#include <twz/rt/info.h>
#include <twz/rt/io.h>
#include <twz/rt/state.h>

#define LOAD_RESERVE (2ull << 20) /* with fewer bytes left nothing is loaded */

#define UNLOAD_TIME 1000000000ll /* nanoseconds that destructors have when others wait */

static int64_t closed_at;
static char message[TWZ_MON_MESSAGE_MAX]; /* of the first refusal */

static bool keep_report(void *context, const struct ld_report *report)
{
    (void)context;
    if (report->severity == LD_REFUSED && message[0] == '\0')
        twz_rt_format(message, sizeof message, "%s%s%s", report->message,
                      report->cure != NULL ? "; " : "", report->cure != NULL ? report->cure : "");
    return true;
}

/* Reports go to the one who asked from here on. Returns who got them before. */
static struct ld_diag collect_reports(void)
{
    struct ld_diag before = mon.diag;
    message[0] = '\0';
    mon.diag = (struct ld_diag){.report = keep_report};
    return before;
}

static int64_t status_of(enum ld_error error)
{
    return error == LD_OK                             ? 0
           : error == LD_ENOMEM                       ? -TWZ_ENOMEM
           : error == LD_ESLOTS || error == LD_ELIMIT ? -TWZ_ELIMIT
                                                      : -TWZ_ENOENT;
}

/* A pool that lies in its own first chunk. */
static struct mon_pool *make_pool(void)
{
    struct mon_pool first = {0};
    struct ld_memory memory = mon_pool_memory(&first);
    struct mon_pool *pool = memory.allocate(memory.context, sizeof *pool, 16);
    if (pool != NULL)
        *pool = first;
    return pool;
}

static void release_pool(struct mon_pool *pool)
{
    struct mon_pool copy = *pool;
    mon_pool_release(&copy);
}

static void load_is_gone(void *context, struct ld_late *late)
{
    (void)context;
    release_pool(late->memory.context);
}

/* ---- Taking back ---- */

static void unmap(uint32_t slot, struct twz_id context, bool ours)
{
    struct twz_slot_info info;
    if (slot == LD_NONE || twz_syscall2(TWZ_SYS_VIEW_INFO, slot, (uintptr_t)&info) < 0)
        return;
    (void)twz_syscall1(TWZ_SYS_VIEW_UNMAP, slot);
    (void)twz_syscall4(TWZ_SYS_CONTEXT_REVOKE, context.hi, context.lo, info.object.hi,
                       info.object.lo);
    if (ours)
        (void)twz_syscall2(TWZ_SYS_OBJECT_DELETE, info.object.hi, info.object.lo);
    mon_forget_slot(slot);
}

static void unmap_instance(uint32_t index)
{
    const struct ld_instance *instance = mon.program->instances[index];
    const struct mon_file *file = &mon.files[mon.plan->mappings[index].handle];
    const struct mon_compartment *c = &mon.compartments[instance->compartment];
    unmap(instance->text_slot, c->context, false);
    unmap(instance->data_slot, c->context, true);
    if (instance->compartment == 0 && file->opened)
        (void)mon_try_grant(c->context, file->id, TWZ_READ);
    if (c->record != NULL && mon_library(instance->compartment, index)->base != 0) {
        *mon_library(instance->compartment, index) = (struct twz_rt_library){0};
        c->record->unloads++;
    }
}

static void take_back(struct ld_late *late)
{
    for (uint32_t i = 0; i < late->instance_count; i++)
        unmap_instance(late->instances[i]);
    for (uint32_t i = late->first_compartment; i < mon.program->compartment_count; i++)
        mon_compartment_destroy(i);
    uint32_t first = late->first_compartment;
    ld_late_undo(mon.program, late);
    ld_late_remove(mon.program, &mon.slots, load_is_gone, NULL);
    mon.program->compartment_count = first;
}

void mon_late_drop(uint32_t index)
{
    for (uint32_t i = 0; i < mon.program->instance_count; i++) {
        struct ld_instance *instance = mon.program->instances[i];
        const struct ld_late *late = ld_late_of(mon.program, i);
        if (late != NULL && instance->compartment == index && late->compartment == index) {
            instance->leaving = true;
            unmap_instance(i);
        }
    }
    ld_late_remove(mon.program, &mon.slots, load_is_gone, NULL);
}

/* ---- Making it real ---- */

/* Data is copied when relocations are written: as much as the files like. */
static bool have_memory(const struct ld_late *late)
{
    uint64_t bytes = LOAD_RESERVE;
    for (uint32_t i = 0; i < late->instance_count; i++)
        bytes += mon.plan->mappings[late->instances[i]].data_length;
    return mon_enough_memory(bytes);
}

static int64_t map_all(const struct ld_late *late)
{
    int64_t status = have_memory(late) ? 0 : -TWZ_ENOMEM;
    for (uint32_t i = late->first_compartment; i < mon.program->compartment_count; i++)
        mon_compartment_create(i);
    for (uint32_t i = 0; i < late->instance_count && status == 0; i++) {
        status = mon_map_instance(&mon.plan->mappings[late->instances[i]]);
        mon_compartment_limit(mon.program->instances[late->instances[i]]->compartment);
    }
    for (uint32_t i = 0; i < late->instance_count && status == 0; i++)
        status = mon_publish_gates_of(late->instances[i]);
    return status;
}

static int64_t relocate(struct ld_late *late)
{
    uint64_t stubs = mon_slot_address(mon.stubs_slot) + TWZ_OBJECT_BASE;
    struct ld_diag before = collect_reports();
    int64_t status = status_of(ld_late_writes(mon.plan, late, stubs));
    mon.diag = before;
    if (status == 0)
        status = mon_apply(late->writes, late->write_count, false);
    return status;
}

/* Entries in the tables of libraries. */
static void enter(const struct ld_late *late)
{
    for (uint32_t i = late->first_compartment; i < mon.program->compartment_count; i++)
        mon_record_write(i);
    for (uint32_t i = 0; i < late->instance_count; i++)
        if (mon.program->instances[late->instances[i]]->compartment < late->first_compartment)
            mon_library_write(late->instances[i]);
}

/* Links the new libraries of compartment `index` in the order of their constructors; returns entry
 * + 1 of the first. */
static uint32_t chain(const struct ld_late *late, uint32_t index)
{
    uint32_t first = 0;
    for (uint32_t i = late->instance_count; i-- > 0;) {
        uint32_t entry = late->instances[i];
        if (mon.program->instances[entry]->compartment != index)
            continue;
        mon_library(index, entry)->next = first;
        first = entry + 1;
    }
    return first;
}

/* Constructors of other compartments. One that fails is dead; the load stands. */
static void start_others(const struct ld_late *late, uint32_t asking)
{
    uint32_t first = late->first_compartment, end = mon.program->compartment_count;
    uint32_t entries[LD_COMPARTMENTS_MAX + 1];
    int64_t result;
    struct twz_id self;
    if (twz_syscall1(TWZ_SYS_THREAD_SELF, (uintptr_t)&self) < 0)
        return;
    /* What is called may take the load back: nothing of it is looked at from here on. */
    for (uint32_t i = 0; i < first; i++)
        entries[i] = i == asking ? 0 : chain(late, i);
    for (uint32_t i = first; i < end; i++)
        if (!mon_start_compartment(i, self, &result) || result != 0) {
            mon_print("monitor: compartment %s did not start: %s\n", mon.compartments[i].name,
                      twz_rt_error_text(result));
            mon_after_fault(i);
        }
    for (uint32_t i = 0; i < first; i++) {
        const struct ld_compartment *planned = &mon.program->compartments[i];
        if (entries[i] == 0 || planned->first_dibs_count == 0)
            continue;
        uint64_t start = mon_symbol_address(mon.program->instances[planned->first_dibs[0]],
                                            "twz_rt_library_start");
        if (start == 0 || !mon_call(i, start, entries[i], &result))
            mon_after_fault(i);
    }
}

/* All of a load, or nothing. *first: as chain(), for the one who asked. */
static int64_t load(struct ld_late_request *request, uint32_t *root, uint32_t *first)
{
    if (!mon_enough_memory(LOAD_RESERVE))
        return -TWZ_ENOMEM;
    struct mon_pool *pool = make_pool();
    if (pool == NULL)
        return -TWZ_ENOMEM;
    request->memory = mon_pool_memory(pool);
    uint32_t grants = mon.plan->grant_count;
    struct ld_late *late;
    struct ld_diag before = collect_reports();
    enum ld_error error = ld_late_load(mon.program, mon.plan, &mon.slots, request, &late);
    mon.diag = before;
    if (error != LD_OK) {
        if (message[0] == '\0')
            twz_rt_format(message, sizeof message, "%s", ld_error_text(error));
        release_pool(pool);
        return status_of(error);
    }
    *root = late->root;
    *first = 0;
    if (late->instance_count == 0) {
        release_pool(pool);
        return 0;
    }
    int64_t status = map_all(late);
    if (status == 0)
        status = relocate(late);
    for (uint32_t i = grants; i < mon.plan->grant_count && status == 0; i++)
        status = mon_grant_gate(&mon.plan->grants[i]);
    if (status == 0)
        enter(late);
    if (status == 0)
        status = mon_apply(late->writes, late->write_count, true);
    for (uint32_t i = 0; i < late->instance_count && status == 0; i++)
        status = mon_seal(&mon.plan->mappings[late->instances[i]]);
    if (status < 0) {
        if (message[0] == '\0')
            twz_rt_format(message, sizeof message, "%s", twz_rt_error_text(status));
        mon.plan->grant_count = grants;
        take_back(late);
        return status;
    }
    *first = chain(late, request->compartment);
    start_others(late, request->compartment);
    return 0;
}

/* ---- What compartments ask for ---- */

static bool is_text(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

/* Whether the policy names library `name` for its compartment `policy`. */
static bool is_claimed(uint32_t policy, const char *name)
{
    if (!mon.has_policy || policy == LD_NONE)
        return false;
    const struct ld_policy_run *run = &mon.policy.compartments[policy].libraries;
    for (uint32_t i = run->first; i < run->first + run->count; i++)
        if (ld_glob_match(ld_policy_string(&mon.policy, mon.policy.libraries[i].pattern), name))
            return true;
    return false;
}

/* The instance of compartment `index` that has `address` in its text, or LD_NONE. */
static uint32_t instance_at(uint32_t index, uint64_t address)
{
    const struct mon_slot *view = mon_slot_at(address);
    return view != NULL && view->compartment == index &&
                   (view->use == MON_SLOT_TEXT || view->use == MON_SLOT_DATA)
               ? view->instance
               : LD_NONE;
}

static uint32_t root_of(uint32_t index)
{
    const struct ld_compartment *planned = &mon.program->compartments[index];
    return planned->scope_count > 0 ? planned->scope[0] : LD_NONE;
}

/* Takes out what is leaving from a compartment, or from all of them (LD_NONE). */
static void finish_unload(uint32_t index)
{
    static bool stays[LD_INSTANCES_MAX];
    uint32_t count = mon.program->instance_count;
    for (uint32_t i = 0; i < count; i++) {
        struct ld_instance *instance = mon.program->instances[i];
        stays[i] = instance->leaving && index != LD_NONE && instance->compartment != index;
        if (stays[i])
            instance->leaving = false;
        else if (instance->leaving)
            unmap_instance(i);
    }
    ld_late_remove(mon.program, &mon.slots, load_is_gone, NULL);
    for (uint32_t i = 0; i < count; i++)
        if (stays[i])
            mon.program->instances[i]->leaving = true;
}

/* Between a close and its unload destructors run, in compartments that may never come back from
 * them: then the others do not wait. */
static bool is_being_unloaded(void)
{
    bool leaving = false;
    for (uint32_t i = 0; i < mon.program->instance_count; i++)
        leaving = leaving || mon.program->instances[i]->leaving;
    if (leaving && twz_syscall0(TWZ_SYS_CLOCK) - closed_at > UNLOAD_TIME) {
        finish_unload(LD_NONE);
        leaving = false;
    }
    return leaving;
}

/* Where the caller wants it: LD_NONE, or a compartment of the policy. */
static int64_t find_compartment(uint32_t index, const struct twz_mon_load_spec *spec,
                                uint32_t *into)
{
    *into = LD_NONE;
    if (spec->compartment[0] == '\0') {
        uint32_t own = mon.program->compartments[index].policy;
        if (index == 0 || is_claimed(own, spec->name))
            return 0;
        for (uint32_t i = 0; i < mon.program->instance_count; i++)
            if (mon.program->instances[i]->compartment == index &&
                strcmp(mon.program->instances[i]->name, spec->name) == 0)
                return 0;
        twz_rt_format(message, sizeof message,
                      "compartment %s may not load %s; name it in the policy: compartment %s { "
                      "libraries = { \"%s\" } }",
                      mon.compartments[index].name, spec->name, mon.compartments[index].name,
                      spec->name);
        return -TWZ_EPERM;
    }
    *into = mon.has_policy ? ld_policy_compartment(&mon.policy, spec->compartment) : LD_NONE;
    if (index == 0 && *into != LD_NONE && is_claimed(*into, spec->name))
        return 0;
    twz_rt_format(message, sizeof message, "the policy does not put %s into a compartment %s",
                  spec->name, spec->compartment);
    return -TWZ_EPERM;
}

int64_t mon_late_load(uint32_t index, const struct twz_mon_load_spec *spec,
                      struct twz_mon_load_answer *answer)
{
    uint32_t root = root_of(index), first = 0, into = LD_NONE;
    message[0] = '\0';
    if (!is_text(spec->name, sizeof spec->name) ||
        !is_text(spec->compartment, sizeof spec->compartment))
        return -TWZ_EINVAL;
    int64_t status = 0;
    if (spec->name[0] != '\0') {
        status = is_being_unloaded() ? -TWZ_EBUSY : find_compartment(index, spec, &into);
        struct ld_late_request request = {
            .compartment = index,
            .into = into,
            .from = instance_at(index, spec->from),
            .name = spec->name,
            .global = (spec->flags & TWZ_MON_LOAD_GLOBAL) != 0,
            .only_loaded = (spec->flags & TWZ_MON_LOAD_FIND) != 0,
        };
        if (status == 0)
            status = load(&request, &root, &first);
    }
    *answer = (struct twz_mon_load_answer){.handle = root, .first = first};
    if (status < 0)
        twz_rt_format(answer->message, sizeof answer->message, "%s", message);
    return status;
}

/* Whether `handle` is an instance that the compartment may name: one of its own, or what main has
 * loaded elsewhere. */
static bool is_handle(uint32_t index, uint64_t handle)
{
    if (handle >= mon.program->instance_count)
        return false;
    const struct ld_instance *instance = mon.program->instances[handle];
    return !instance->vacant && !instance->leaving &&
           (instance->compartment == index || (index == 0 && instance->opens > 0));
}

int64_t mon_late_close(uint32_t index, uint64_t handle)
{
    static uint32_t leaving[LD_INSTANCES_MAX];
    if (!is_handle(index, handle))
        return -TWZ_EINVAL;
    if (mon.program->instances[handle]->sequence == 0 && mon.program->instances[handle]->opens == 0)
        return 0; /* the program */
    uint32_t count = ld_late_close(mon.program, (uint32_t)handle, leaving);
    closed_at = twz_syscall0(TWZ_SYS_CLOCK);
    uint32_t next = 0;
    for (uint32_t i = count; i-- > 0;) {
        mon_library(mon.program->instances[leaving[i]]->compartment, leaving[i])->next = next;
        next = leaving[i] + 1;
    }
    return next;
}

int64_t mon_late_unload(uint32_t index)
{
    finish_unload(index);
    return 0;
}

/* The gate that was found becomes one that the compartment may call. */
static int64_t grant(uint32_t index, uint32_t gate)
{
    if (ld_plan_is_granted(mon.plan, index, gate))
        return 0;
    if (ld_plan_grant(mon.plan, index, gate) != LD_OK)
        return -TWZ_ENOMEM;
    int64_t status = mon_grant_gate(&mon.plan->grants[mon.plan->grant_count - 1]);
    if (status < 0)
        mon.plan->grant_count--;
    return status;
}

static int64_t answer_symbol(uint32_t index, const struct ld_binding *binding,
                             struct twz_mon_symbol_answer *answer)
{
    struct ld_value value;
    if (binding->kind == LD_BOUND_GATE) {
        answer->value = mon_slot_address(mon.stubs_slot) + TWZ_OBJECT_BASE +
                        (uint64_t)mon.program->gates[binding->gate].number * TWZ_STUB_SIZE;
        return grant(index, binding->gate);
    }
    if (binding->kind != LD_BOUND_SYMBOL || !ld_binding_value(mon.program, binding, &value))
        return -TWZ_ENOENT;
    answer->value = value.value;
    answer->kind = value.kind;
    answer->module = value.module;
    return 0;
}

static enum ld_error look_up(const struct ld_symbol_request *request, struct ld_binding *binding)
{
    struct ld_report report = {0};
    struct ld_diag before = collect_reports();
    enum ld_error error = ld_late_symbol(mon.program, request, binding, &report);
    mon.diag = before;
    if (error != LD_OK)
        twz_rt_format(message, sizeof message, "%s%s%s",
                      report.message != NULL ? report.message : ld_error_text(error),
                      report.cure != NULL ? "; " : "", report.cure != NULL ? report.cure : "");
    return error;
}

/* A name that nothing loaded defines may stand for a library or a compartment of the policy. */
static bool load_for(uint32_t index, const struct ld_symbol_request *wanted, uint32_t *first)
{
    char refusal[sizeof message];
    memcpy(refusal, message, sizeof refusal);
    struct ld_late_request request = {.compartment = index,
                                      .into = LD_NONE,
                                      .from = wanted->from,
                                      .symbol = wanted->name,
                                      .global = true};
    uint32_t root;
    if (!mon.has_policy || is_being_unloaded() || load(&request, &root, first) < 0) {
        memcpy(message, refusal, sizeof message);
        return false;
    }
    return true;
}

int64_t mon_late_symbol(uint32_t index, const struct twz_mon_symbol_spec *spec,
                        struct twz_mon_symbol_answer *answer)
{
    struct twz_mon_symbol_answer found = {.kind = TWZ_MON_SYMBOL_ADDRESS};
    struct ld_binding binding;
    uint32_t first = 0, from = instance_at(index, spec->from);
    bool anywhere = spec->where == TWZ_MON_SEARCH_DEFAULT;
    if (!is_text(spec->name, sizeof spec->name) || !is_text(spec->version, sizeof spec->version) ||
        spec->name[0] == '\0')
        return -TWZ_EINVAL;
    if (!anywhere && spec->where != TWZ_MON_SEARCH_NEXT && !is_handle(index, spec->where))
        return -TWZ_EINVAL;
    struct mon_pool *pool = make_pool();
    if (pool == NULL)
        return -TWZ_ENOMEM;
    struct ld_memory memory = mon_pool_memory(pool);
    size_t length = strlen(spec->name);
    char *name = memory.allocate(memory.context, length + 1, 1); /* gates may reuse the buffer */
    const struct ld_symbol_request request = {
        .memory = memory,
        .from = from != LD_NONE ? from : root_of(index),
        .where = anywhere                             ? LD_SEARCH_DEFAULT
                 : spec->where == TWZ_MON_SEARCH_NEXT ? LD_SEARCH_NEXT
                                                      : (uint32_t)spec->where,
        .name = name,
        .version = spec->version[0] != '\0' ? spec->version : NULL,
    };
    int64_t status = -TWZ_ENOMEM;
    if (name != NULL && request.from != LD_NONE) {
        memcpy(name, spec->name, length + 1);
        enum ld_error error = look_up(&request, &binding);
        if (error == LD_EUNRESOLVED && anywhere && request.version == NULL &&
            load_for(index, &request, &first))
            error = look_up(&request, &binding);
        status = error == LD_OK ? answer_symbol(index, &binding, &found) : -TWZ_ENOENT;
    }
    found.first = first;
    if (status < 0)
        twz_rt_format(found.message, sizeof found.message, "%s", message);
    *answer = found;
    release_pool(pool);
    return status;
}

int64_t mon_late_place(uint32_t index, uint64_t address, struct twz_mon_place *place)
{
    uint32_t number = instance_at(index, address);
    if (number == LD_NONE)
        return -TWZ_ENOENT;
    const struct ld_instance *instance = mon.program->instances[number];
    const struct mon_file *file = &mon.files[mon.plan->mappings[number].handle];
    uint64_t base = mon_slot_address(instance->text_slot), start;
    const char *name;
    *place = (struct twz_mon_place){.base = base, .name = mon_library(index, number)->name};
    if (ld_symbol_at(instance, address - base, &name, &start)) {
        place->symbol = base + TWZ_OBJECT_BASE + (uint64_t)(name - (const char *)file->bytes);
        place->value = base + start;
    }
    return 0;
}
