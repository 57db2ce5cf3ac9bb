/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads at run time, on behalf of a compartment that asks. The loader says what comes; this makes
 * it real or takes all of it back. Constructors of the asking compartment run there, after the gate
 * has returned; those of other compartments are called from here, as the last step, when the
 * monitor's own state is complete: they may come back through gates.
 */
#include "monitor.h"
#include <ld/late.h>
#include <twz/monitor_gates.h>
#include <twz/rt/info.h>
#include <twz/rt/io.h>
#include <twz/rt/state.h>

#define LOAD_RESERVE (2ull << 20) /* with fewer bytes left nothing is loaded */

/* The monitor's state before a load, to which it goes back. */
struct before {
    uint32_t compartments;
    uint64_t sequence;
};

/* ---- Taking back ---- */

static bool is_fresh(uint32_t index, const struct before *before)
{
    return mon.instances[index].used && mon.instances[index].sequence > before->sequence;
}

static void take_back(const struct before *before)
{
    for (uint32_t i = mon.instance_count; i-- > 0;)
        if (is_fresh(i, before))
            mon_take_out(i);
    for (uint32_t i = before->compartments; i < mon.compartment_count; i++)
        mon_compartment_destroy(i);
    mon.compartment_count = before->compartments;
}

/* ---- Making it real ---- */

/* Data is copied when relocations are written: as much as the files like. */
static bool have_memory(const struct before *before)
{
    uint64_t bytes = LOAD_RESERVE;
    for (uint32_t i = 0; i < mon.instance_count; i++)
        if (is_fresh(i, before))
            bytes += mon.instances[i].mapping.data_length;
    return mon_enough_memory(bytes);
}

static int64_t map_all(const struct before *before)
{
    int64_t status = have_memory(before) ? 0 : -TWZ_ENOMEM;
    for (uint32_t i = before->compartments; i < mon.compartment_count && status == 0; i++)
        status = mon_enough_memory(LOAD_RESERVE) ? mon_compartment_create(i) : -TWZ_ENOMEM;
    for (uint32_t i = 0; i < mon.instance_count && status == 0; i++)
        if (is_fresh(i, before)) {
            status = mon_map_instance(i);
            mon_compartment_limit(mon.instances[i].compartment);
        }
    for (uint32_t i = 0; i < mon.instance_count && status == 0; i++)
        if (is_fresh(i, before))
            status = mon_publish_gates_of(i);
    return status;
}

/* Entries in the tables of libraries. */
static void enter(const struct before *before)
{
    for (uint32_t i = before->compartments; i < mon.compartment_count; i++)
        mon_record_write(i);
    for (uint32_t i = 0; i < mon.instance_count; i++)
        if (is_fresh(i, before) && mon.instances[i].compartment < before->compartments)
            mon_library_write(i);
}

/* Links libraries of compartment `index` that came at run time, after number `sequence`, in the
 * order of their constructors; returns entry + 1 of the first. */
static uint32_t chain(uint32_t index, uint64_t sequence)
{
    uint32_t first = 0;
    for (uint64_t last = UINT64_MAX;;) {
        uint32_t latest = LD_NONE;
        for (uint32_t i = 0; i < mon.instance_count; i++) {
            const struct mon_instance *instance = &mon.instances[i];
            if (instance->used && instance->compartment == index && instance->sequence > sequence &&
                instance->sequence < last &&
                (latest == LD_NONE || instance->sequence > mon.instances[latest].sequence))
                latest = i;
        }
        if (latest == LD_NONE)
            return first;
        mon_library(index, latest)->next = first;
        first = latest + 1;
        last = mon.instances[latest].sequence;
    }
}

/* Constructors of libraries that came at run time, in another compartment than the asking one. */
static bool start_libraries(uint32_t index, uint32_t first)
{
    int64_t result;
    return first == 0 || (mon.compartments[index].library_start != 0 &&
                          mon_call(index, mon.compartments[index].library_start, first, &result));
}

bool mon_late_again(uint32_t index)
{
    return start_libraries(index, chain(index, 0));
}

/* Constructors of other compartments. One that fails is dead; the load stands. */
static void start_others(const struct before *before, uint32_t asking)
{
    uint32_t first = before->compartments, end = mon.compartment_count;
    uint32_t entries[LD_COMPARTMENTS_MAX + 1];
    int64_t result;
    struct twz_id self;
    if (twz_syscall1(TWZ_SYS_THREAD_SELF, (uintptr_t)&self) < 0)
        return;
    /* What is called may take the load back: nothing of it is looked at from here on. */
    for (uint32_t i = 0; i < first; i++)
        entries[i] = i == asking || i == MON_OWN ? 0 : chain(i, before->sequence);
    for (uint32_t i = first; i < end; i++)
        if (!mon_start_compartment(i, self, &result) || result != 0) {
            mon_print("monitor: compartment %s did not start: %s\n", mon.compartments[i].name,
                      twz_rt_error_text(result));
            mon_after_fault(i);
        }
    for (uint32_t i = 0; i < first; i++)
        if (!start_libraries(i, entries[i]))
            mon_after_fault(i);
}

/* Whoever asked will start them: a compartment without a stack for that would be dead for good. */
static int64_t bind_new(const struct before *before)
{
    struct twz_id self;
    int64_t status = twz_syscall1(TWZ_SYS_THREAD_SELF, (uintptr_t)&self);
    for (uint32_t i = before->compartments; i < mon.compartment_count && status == 0; i++)
        status = mon_is_bound(i, self) ? 0 : mon_bind(i, self);
    return status;
}

/* What the loader has found becomes part of the program. */
static int64_t realise(struct loader_answer *answer, uint32_t asking, const struct before *before)
{
    if (!mon_accept_compartments(answer) || !mon_accept_instances(answer, true, asking) ||
        !mon_accept_inits(answer, before->compartments) || !mon_accept_gates(answer))
        return -TWZ_EPERM;
    int64_t status = map_all(before);
    if (status == 0)
        status = mon_grant_all(answer);
    if (status == 0)
        status = mon_ask_writes(LD_NONE, answer);
    if (status == 0)
        status = mon_apply(&answer->writes, LD_NONE, false);
    if (status == 0)
        enter(before);
    if (status == 0)
        status = mon_apply(&answer->writes, LD_NONE, true);
    for (uint32_t i = 0; i < mon.instance_count && status == 0; i++)
        if (is_fresh(i, before))
            status = mon_seal(i);
    return status < 0 ? status : bind_new(before);
}

/* The request is made; it has been taken. All of the load happens, or nothing. *first: as chain(),
 * for the one who asked. */
static int64_t load_taken(uint32_t asking, bool by_symbol, struct loader_answer *answer,
                          const struct before *before, uint32_t *root, uint32_t *first)
{
    int64_t status = mon_loader_ask(answer);
    uint32_t found = answer->root;
    if (status == 0 && !mon_enough_memory(LOAD_RESERVE))
        status = -TWZ_ENOMEM; /* the loader has taken it */
    if (status == 0 && answer->instances.count > 0)
        status = realise(answer, asking, before);
    if (status == 0 && (found == LD_NONE ? !by_symbol : !mon_is_handle(LD_NONE, found)))
        status = -TWZ_EINVAL;
    if (status == 0)
        status = mon_loader_commit();
    if (status < 0) {
        if (answer->message[0] == '\0')
            twz_rt_format(answer->message, sizeof answer->message, "%s", twz_rt_error_text(status));
        take_back(before);
        mon_loader_rollback();
        return status;
    }
    *root = found;
    if (found != LD_NONE)
        mon.instances[found].opens++;
    *first = chain(asking, before->sequence);
    return 0;
}

struct wish {
    uint32_t compartment; /* that asks */
    uint32_t into;        /* compartment of the policy, or LD_NONE */
    uint32_t from;        /* instance, or LD_NONE */
    uint32_t flags;       /* enum loader_flags */
    uint32_t demand;      /* enum twz_isolation */
    const char *name;
};

static int64_t load(const struct wish *wish, uint32_t *root, uint32_t *first, char *message)
{
    struct loader_answer answer = {.error = LD_OK};
    *first = 0;
    if (!mon_enough_memory(LOAD_RESERVE))
        return -TWZ_ENOMEM;
    char name[LOADER_NAME_MAX]; /* other gates may use the buffer meanwhile */
    twz_rt_format(name, sizeof name, "%s", wish->name);
    const struct wish copy = *wish;
    int64_t status = mon_loader_take(copy.compartment);
    if (status < 0)
        return status;
    if (mon_is_anything_leaving()) { /* since it waits */
        mon_loader_leave();
        return -TWZ_EBUSY;
    }
    const struct before before = {mon.compartment_count, mon.sequence};
    struct loader_request *r = mon_loader_request(LOADER_LOAD);
    r->compartment = copy.compartment;
    r->into = copy.into;
    r->from = copy.from;
    r->flags = copy.flags;
    r->demand = copy.demand;
    memcpy(r->name, name, sizeof name);
    status =
        load_taken(copy.compartment, copy.flags & LOADER_BY_SYMBOL, &answer, &before, root, first);
    if (status == 0 && copy.demand != 0 && copy.compartment == 0)
        mon.compartments[mon.instances[*root].compartment].demanded = true;
    mon_loader_leave();
    if (status == 0)
        start_others(&before, copy.compartment);
    else
        twz_rt_format(message, TWZ_MON_MESSAGE_MAX, "%s", answer.message);
    return status;
}

/* ---- What compartments ask for ---- */

static bool is_text(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

/* The instance of compartment `index` that has `address` in its text, or LD_NONE. */
static uint32_t instance_at(uint32_t index, uint64_t address)
{
    const struct mon_slot *view = mon_slot_at(address);
    return view != NULL && view->compartment == index &&
                   (view->use == MON_SLOT_TEXT || view->use == MON_SLOT_DATA ||
                    view->use == MON_SLOT_CONSTANTS)
               ? view->instance
               : LD_NONE;
}

/* Where the caller wants it: LD_NONE, or a compartment of the policy. */
static int64_t find_compartment(uint32_t index, const struct twz_mon_load_spec *spec,
                                uint32_t *into, char *message)
{
    const struct ld_policy *policy = mon.has_policy ? &mon.policy : NULL;
    *into = LD_NONE;
    if (spec->compartment[0] == '\0') {
        if (index == 0 || ld_policy_claims(policy, mon.compartments[index].policy, spec->name))
            return 0;
        for (uint32_t i = 0; i < mon.instance_count; i++)
            if (mon.instances[i].used && mon.instances[i].compartment == index &&
                strcmp(mon_instance_name(i), spec->name) == 0)
                return 0;
        twz_rt_format(message, TWZ_MON_MESSAGE_MAX,
                      "compartment %s may not load %s; name it in the policy: compartment %s { "
                      "libraries = { \"%s\" } }",
                      mon.compartments[index].name, spec->name, mon.compartments[index].name,
                      spec->name);
        return -TWZ_EPERM;
    }
    *into = policy != NULL ? ld_policy_compartment(policy, spec->compartment) : LD_NONE;
    if (index == 0 && *into != LD_NONE && ld_policy_claims(policy, *into, spec->name))
        return 0;
    twz_rt_format(message, TWZ_MON_MESSAGE_MAX, "the policy does not put %s into a compartment %s",
                  spec->name, spec->compartment);
    return -TWZ_EPERM;
}

int64_t mon_late_load(uint32_t index, const struct twz_mon_load_spec *asked,
                      struct twz_mon_load_answer *answer)
{
    const struct twz_mon_load_spec copy = *asked, *spec = &copy; /* others may use the buffer */
    uint32_t root = mon.compartments[index].root, first = 0, into = LD_NONE;
    char message[TWZ_MON_MESSAGE_MAX] = "";
    if (!is_text(spec->name, sizeof spec->name) ||
        !is_text(spec->compartment, sizeof spec->compartment) ||
        spec->flags / TWZ_MON_LOAD_DEMAND > TWZ_ISOLATE_BOTH ||
        (spec->flags & TWZ_MON_LOAD_FIND && spec->flags / TWZ_MON_LOAD_DEMAND != 0))
        return -TWZ_EINVAL;
    int64_t status = 0;
    if (spec->name[0] != '\0') {
        status =
            mon_is_being_unloaded() ? -TWZ_EBUSY : find_compartment(index, spec, &into, message);
        const struct wish wish = {
            .compartment = index,
            .into = into,
            .from = instance_at(index, spec->from),
            .flags = (spec->flags & TWZ_MON_LOAD_GLOBAL ? LOADER_GLOBAL : 0u) |
                     (spec->flags & TWZ_MON_LOAD_FIND ? LOADER_ONLY_LOADED : 0u),
            .demand = spec->flags / TWZ_MON_LOAD_DEMAND,
            .name = spec->name,
        };
        if (status == 0)
            status = load(&wish, &root, &first, message);
    }
    *answer = (struct twz_mon_load_answer){.handle = root, .first = first};
    if (status < 0)
        twz_rt_format(answer->message, sizeof answer->message, "%s", message);
    return status;
}

/* The gate that was found becomes one that the compartment may call. */
static int64_t answer_symbol(uint32_t index, const struct loader_answer *found,
                             struct twz_mon_symbol_answer *answer)
{
    if (found->gate == LOADER_NONE) {
        answer->value = found->value;
        answer->kind = found->kind;
        answer->module = found->module;
        return 0;
    }
    uint32_t number = mon_gate_number(found->gate);
    if (number == LD_NONE)
        return -TWZ_ENOENT;
    answer->value =
        mon_slot_address(mon.stubs_slot) + TWZ_OBJECT_BASE + (uint64_t)number * TWZ_STUB_SIZE;
    return mon_grant_gate(index, found->gate);
}

/* A question for a symbol, in memory that other gates do not use. */
struct question {
    uint32_t index; /* compartment */
    uint32_t from, where;
    char name[LOADER_NAME_MAX];
    char version[128];
};

static int64_t look_up(const struct question *question, struct twz_mon_symbol_answer *answer,
                       bool *unresolved)
{
    struct loader_answer found;
    int64_t status = mon_loader_take(question->index);
    if (status < 0)
        return status;
    if (question->where < LD_SEARCH_NEXT && !mon_is_handle(question->index, question->where)) {
        mon_loader_leave(); /* it went meanwhile */
        return -TWZ_EINVAL;
    }
    struct loader_request *r = mon_loader_request(LOADER_SYMBOL);
    r->from = question->from;
    r->where = question->where;
    memcpy(r->name, question->name, sizeof r->name);
    memcpy(r->version_name, question->version, sizeof r->version_name);
    status = mon_loader_ask(&found);
    *unresolved = status < 0 && (found.error == LD_EUNRESOLVED || found.error == LD_EISOLATION);
    if (status == 0)
        status = answer_symbol(question->index, &found, answer);
    else if (answer->message[0] == '\0') /* the first one says best what is missing */
        memcpy(answer->message, found.message, sizeof answer->message);
    mon_loader_leave();
    return status;
}

/* A name that nothing loaded defines may stand for a library or a compartment of the policy. */
static bool load_for(const struct question *question, uint32_t *first)
{
    char message[TWZ_MON_MESSAGE_MAX];
    const struct wish wish = {.compartment = question->index,
                              .into = LD_NONE,
                              .from = question->from,
                              .flags = LOADER_BY_SYMBOL | LOADER_GLOBAL,
                              .name = question->name};
    uint32_t root;
    return mon.has_policy && !mon_is_being_unloaded() && load(&wish, &root, first, message) == 0;
}

int64_t mon_late_symbol(uint32_t index, const struct twz_mon_symbol_spec *spec,
                        struct twz_mon_symbol_answer *answer)
{
    struct twz_mon_symbol_answer found = {.kind = TWZ_MON_SYMBOL_ADDRESS};
    uint32_t first = 0, from = instance_at(index, spec->from);
    bool anywhere = spec->where == TWZ_MON_SEARCH_DEFAULT, unresolved = false;
    if (!is_text(spec->name, sizeof spec->name) || !is_text(spec->version, sizeof spec->version) ||
        spec->name[0] == '\0')
        return -TWZ_EINVAL;
    if (!anywhere && spec->where != TWZ_MON_SEARCH_NEXT && !mon_is_handle(index, spec->where))
        return -TWZ_EINVAL;
    struct question question = {
        .index = index,
        .from = from != LD_NONE ? from : mon.compartments[index].root,
        .where = anywhere                             ? LD_SEARCH_DEFAULT
                 : spec->where == TWZ_MON_SEARCH_NEXT ? LD_SEARCH_NEXT
                                                      : (uint32_t)spec->where,
    };
    memcpy(question.name, spec->name, sizeof question.name);
    memcpy(question.version, spec->version, sizeof question.version);
    int64_t status = look_up(&question, &found, &unresolved);
    if (unresolved && anywhere && question.version[0] == '\0' && load_for(&question, &first))
        status = look_up(&question, &found, &unresolved);
    found.first = first;
    if (status == 0)
        found.message[0] = '\0';
    *answer = found;
    return status;
}

int64_t mon_late_place(uint32_t index, uint64_t address, struct twz_mon_place *place)
{
    struct loader_answer answer;
    int64_t status = instance_at(index, address) == LD_NONE ? -TWZ_ENOENT : mon_loader_take(index);
    if (status < 0)
        return status;
    uint32_t number = instance_at(index, address); /* still */
    if (number == LD_NONE) {
        mon_loader_leave();
        return -TWZ_ENOENT;
    }
    uint64_t base = mon_instance_address(&mon.instances[number], 0);
    uint64_t length = mon.files[mon.instances[number].file].length;
    struct twz_mon_place found = {.base = base, .name = mon_library(index, number)->name};
    struct loader_request *r = mon_loader_request(LOADER_PLACE);
    r->instance = number;
    r->address = address - base;
    if (mon_loader_ask(&answer) == 0 && answer.name < length) {
        found.symbol = base + TWZ_OBJECT_BASE + answer.name;
        found.value = base + answer.value;
    }
    mon_loader_leave();
    *place = found;
    return 0;
}
