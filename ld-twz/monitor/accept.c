/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The border to the loader. What it wants is a proposal: the monitor copies each record once,
 * checks it against what it knows by itself, and leaves the rest to fail where it can do no harm.
 *
 *   what is mapped      the file's program headers say, never the loader
 *   where               the monitor draws the slots
 *   files, compartments the policy's libraries, the demand in the file's note
 *   gates               the file's own table of gates; a level can only be raised
 *   grants              the policy's imports and exports
 *   writes              inside the data of the instance that they name
 *
 * What is written, and which addresses a compartment is told to call, is not checked: all of it is
 * the compartment's own, and it could have written the same itself.
 */
#include "monitor.h"
#include <twz/rt/info.h>
#include <twz/rt/io.h>
#include <twzelf/gate.h>
#include <twzelf/layout.h>

static bool refuse(const char *why, uint32_t subject)
{
    mon_print("monitor: the loader is not obeyed: %s (%u)\n", why, subject);
    return false;
}

/* ---- Compartments ---- */

static const char *policy_name(uint32_t policy)
{
    return ld_policy_string(&mon.policy, mon.policy.compartments[policy].name);
}

static bool is_in_use(const struct loader_compartment *record, bool whatever_demand)
{
    for (uint32_t i = 0; i < mon.compartment_count; i++) {
        const struct mon_compartment *c = &mon.compartments[i];
        if (!c->builtin && c->policy == record->policy && c->owner == record->owner &&
            (record->owner == LD_NONE || c->file == record->file) &&
            (whatever_demand || c->demand == record->demand))
            return true;
    }
    return false;
}

/* One of the policy, once for each demand of its callers; or one that belongs to another, for a
 * library alone. */
static bool is_compartment(const struct loader_compartment *record)
{
    uint32_t policy = record->policy, owner = record->owner;
    uint32_t main = mon.has_policy ? ld_policy_compartment(&mon.policy, LD_MAIN) : LD_NONE;
    if (record->demand > TWZ_ISOLATE_BOTH)
        return false;
    if (record->compartment == 0)
        return policy == main && owner == LD_NONE;
    if (is_in_use(record, false))
        return false;
    if (owner != LD_NONE)
        return policy == LD_NONE && owner < mon.compartment_count &&
               !mon.compartments[owner].builtin && mon.compartments[owner].owner == LD_NONE &&
               record->file < mon.image.header->count;
    return mon.has_policy && policy < mon.policy.compartment_count && policy != main &&
           (mon.policy.compartments[policy].isolation & ~record->demand) == 0;
}

/* In `text`, unless it is the policy's. */
static const char *name_of(const struct loader_compartment *record, char text[MON_NAME_MAX])
{
    static const char *const demands[] = {"none", "callee", "caller", "both"};
    const char *demand = demands[record->demand];
    if (record->compartment == 0)
        return LD_MAIN;
    if (record->owner != LD_NONE)
        twz_rt_format(text, MON_NAME_MAX, record->demand != 0 ? "%s/%s/%s" : "%s/%s",
                      mon.compartments[record->owner].name, mon.files[record->file].name, demand);
    else if (is_in_use(record, true))
        twz_rt_format(text, MON_NAME_MAX, "%s/%s", policy_name(record->policy), demand);
    else
        return policy_name(record->policy);
    return text;
}

/* The first is main, the second the monitor. */
static bool accept_compartment(const struct loader_compartment *record)
{
    uint32_t index = mon.compartment_count;
    if (record->compartment != index || index >= mon.compartment_room)
        return refuse("a compartment out of order", record->compartment);
    if (!is_compartment(record))
        return refuse("a compartment that the policy does not have", index);
    if (record->tls_align > TWZ_PAGE_SIZE || (record->tls_align & (record->tls_align - 1)) != 0 ||
        record->tls_size > TWZ_SLOT_SIZE / 4 ||
        (record->tls_align != 0 && record->tls_size % record->tls_align != 0) ||
        record->tls_modules > LD_INSTANCES_MAX)
        return refuse("thread-local storage of a size that cannot be", index);
    struct mon_compartment *c = &mon.compartments[mon.compartment_count];
    char text[MON_NAME_MAX] = "";
    const char *name = name_of(record, text);
    *c = (struct mon_compartment){
        .name = name == text ? c->text : name,
        .output = c->output, /* one before it may have had them */
        .init = c->init,
        .init_room = c->init_room,
        .policy = record->policy,
        .owner = record->owner,
        .file = record->file,
        .demand = (uint8_t)record->demand,
        .tls_size = record->tls_size,
        .tls_align = record->tls_align,
        .tls_modules = record->tls_modules,
        .root = record->root,
    };
    memcpy(c->text, text, sizeof text);
    mon.compartment_count += mon.compartment_count + 1 == MON_OWN ? 2 : 1;
    return true;
}

bool mon_accept_compartments(const struct loader_answer *answer)
{
    struct loader_compartment record;
    for (uint32_t i = 0; i < answer->compartments.count; i++)
        if (!mon_fetch(&answer->compartments, i, &record, sizeof record) ||
            !accept_compartment(&record))
            return refuse("no compartment", i);
    return true;
}

static bool is_in(uint32_t instance, uint32_t compartment)
{
    return instance < mon.instance_count && mon.instances[instance].used &&
           mon.instances[instance].compartment == compartment;
}

/* What was there for a compartment of the same number is used again. */
static bool make_init(struct mon_compartment *c, uint32_t count)
{
    if (count <= c->init_room)
        return true;
    c->init = mon.memory.allocate(NULL, count * sizeof *c->init, 4);
    c->init_room = c->init == NULL ? 0 : count;
    return c->init != NULL;
}

/* The order of constructors: instances that are in the compartment, each once. */
static bool accept_init(const struct loader_answer *answer, const struct loader_compartment *record)
{
    struct mon_compartment *c = &mon.compartments[record->compartment];
    uint64_t seen[LD_INSTANCES_MAX / 64] = {0};
    uint32_t instance;
    if (record->init_count > mon.instance_count)
        return refuse("more constructors than libraries", record->compartment);
    if (!make_init(c, record->init_count))
        return refuse("no memory for the order of constructors", record->compartment);
    for (uint32_t i = 0; i < record->init_count; i++) {
        if (record->init_first > UINT32_MAX - i ||
            !mon_fetch(&answer->init, record->init_first + i, &instance, sizeof instance) ||
            !is_in(instance, record->compartment) || seen[instance / 64] >> instance % 64 & 1)
            return refuse("constructors of another compartment", record->compartment);
        seen[instance / 64] |= 1ull << instance % 64;
        c->init[i] = instance;
    }
    c->init_count = record->init_count;
    return is_in(c->root, record->compartment)
               ? true
               : refuse("a compartment without a library", record->compartment);
}

bool mon_accept_inits(const struct loader_answer *answer, uint32_t first)
{
    struct loader_compartment record;
    for (uint32_t i = 0; i < answer->compartments.count; i++)
        if (!mon_fetch(&answer->compartments, i, &record, sizeof record) ||
            record.compartment < first || record.compartment >= mon.compartment_count ||
            !accept_init(answer, &record))
            return false;
    return true;
}

/* ---- Libraries ---- */

/* What the file's own headers say. One static set of them: nothing here is called back. */
static struct twz_elf_bytes bytes;
static struct twz_elf_file elf;
static struct twz_elf_plan plan;
static struct twz_elf_abi abi;
static bool has_abi;

static bool open_file(uint32_t number)
{
    const struct mon_file *file = &mon.files[number];
    if (mon_file_map(number) < 0 || file->length == 0)
        return false;
    twz_elf_bytes_memory(&bytes, file->bytes, file->length);
    if (twz_elf_file_open(&elf, &bytes, TWZ_ELF_VIEW_FILE, NULL) != TWZ_ELF_OK ||
        twz_elf_plan_make(&plan, &elf, NULL, EM_X86_64, NULL) != TWZ_ELF_OK)
        return false;
    enum twz_elf_error error = twz_elf_abi_open(&abi, &elf, NULL);
    has_abi = error == TWZ_ELF_OK;
    return has_abi || error == TWZ_ELF_ABI_NONE;
}

bool mon_examine(struct mon_instance *instance)
{
    if (!open_file(instance->file))
        return false;
    ld_mapping_fill(&instance->mapping, &plan);
    instance->tls_image = plan.tls_image.vaddr;
    instance->tls_file_size = plan.tls_image.size;
    instance->tls_size = plan.tls_memsz;
    instance->tls_align = plan.tls_align;
    return true;
}

/* Whether the policy adds the library to what has first dibs in a compartment. */
static bool has_first_dibs(uint32_t policy, const char *name)
{
    if (!mon.has_policy || policy == LD_NONE)
        return false;
    const struct ld_policy_run *run = &mon.policy.compartments[policy].first_dibs;
    for (uint32_t i = run->first; i < run->first + run->count; i++)
        if (strcmp(ld_policy_string(&mon.policy, mon.policy.first_dibs[i].pattern), name) == 0)
            return true;
    return false;
}

/* What the library and its gates demand. */
static uint32_t demand_of_file(void)
{
    struct twz_elf_gate_cursor cursor = {0};
    struct twz_elf_gate gate;
    uint32_t demand = has_abi ? abi.min_isolation : TWZ_ISOLATE_NONE;
    while (has_abi && twz_elf_gate_next(&elf, &abi, &cursor, &gate, NULL) == TWZ_ELF_OK)
        demand |= gate.record.isolation;
    return demand;
}

/* Whether the file may come into a compartment: a library that the policy names goes where it says
 * and nowhere else; one that it does not name goes anywhere, unless it demands a compartment of its
 * own. */
static bool may_come(uint32_t index, uint32_t file, uint32_t compartment)
{
    const char *name = mon.files[file].name;
    uint32_t policy = mon.compartments[compartment].policy;
    uint32_t owner = mon.compartments[compartment].owner;
    if (owner != LD_NONE)
        policy = mon.compartments[owner].policy;
    if (index == 0 || ld_policy_claims(mon.has_policy ? &mon.policy : NULL, policy, name) ||
        strcmp(name, LOADER_RUNTIME) == 0 || has_first_dibs(policy, name))
        return true;
    for (uint32_t i = 0; mon.has_policy && i < mon.policy.compartment_count; i++)
        if (ld_policy_claims(&mon.policy, i, name))
            return false;
    return demand_of_file() == TWZ_ISOLATE_NONE ||
           (owner != LD_NONE && mon.compartments[compartment].file == file);
}

static bool take_slots(struct mon_instance *to, uint32_t index)
{
    uint32_t slot = 0;
    if (plan.kind != TWZ_ELF_KIND_EXEC)
        slot = ld_slots_take(&mon.slots, plan.slots);
    else if (index != 0 || !ld_slots_take_at(&mon.slots, 0, 2))
        return false;
    to->mapping.text_slot = slot;
    to->mapping.data_slot = slot == LD_NONE ? LD_NONE : slot + plan.slots - 1;
    return slot != LD_NONE;
}

/* A block of the thread's storage must be where there is room for one. Those that come at run time
 * are made by the runtime, for which the monitor has no part in their place. */
static bool accept_tls(const struct loader_instance *record, const struct mon_instance *to,
                       bool dynamic)
{
    const struct mon_compartment *c = &mon.compartments[record->compartment];
    if (record->tls_module == 0)
        return true;
    return dynamic ? record->tls_offset == 0 && record->tls_module > c->tls_modules
                   : record->tls_module <= c->tls_modules && record->tls_offset <= c->tls_size &&
                         to->tls_size <= record->tls_offset;
}

static bool is_there(uint32_t file, uint32_t compartment)
{
    for (uint32_t i = 0; i < mon.instance_count; i++)
        if (is_in(i, compartment) && mon.instances[i].file == file)
            return true;
    return false;
}

static bool accept_instance(const struct loader_instance *record, bool late, uint32_t asked_by,
                            uint32_t first_compartment)
{
    uint32_t index = record->instance;
    if (index >= LD_INSTANCES_MAX || mon.instances[index].used ||
        record->compartment >= mon.compartment_count || record->compartment == MON_OWN ||
        record->file >= mon.image.header->count)
        return refuse("a library of a number that cannot be", index);
    if (is_there(record->file, record->compartment))
        return refuse("a library that the compartment has already", index);
    struct mon_instance *to = &mon.instances[index];
    *to = (struct mon_instance){.late = late,
                                .asked_by = asked_by,
                                .sequence = late ? ++mon.sequence : 0,
                                .compartment = record->compartment,
                                .file = record->file,
                                .name = record->name,
                                .tls_module = record->tls_module,
                                .tls_offset = record->tls_offset};
    if (!mon_examine(to))
        return refuse("a file that is no library", record->file);
    if (!may_come(index, record->file, record->compartment))
        return refuse("a library in a compartment that is not its own", index);
    if (!accept_tls(record, to, late && record->compartment < first_compartment))
        return refuse("thread-local storage outside its block", index);
    if (!take_slots(to, index))
        return refuse("a library without slots", index);
    to->used = true;
    to->mapping.instance = index;
    to->mapping.compartment = record->compartment;
    if (index >= mon.instance_count)
        mon.instance_count = index + 1;
    return true;
}

/* `late`: the compartments of the answer, which are new, have been accepted already. */
bool mon_accept_instances(const struct loader_answer *answer, bool late, uint32_t asked_by)
{
    struct loader_instance record;
    uint32_t first_compartment = mon.compartment_count - answer->compartments.count;
    for (uint32_t i = 0; i < answer->instances.count; i++)
        if (!mon_fetch(&answer->instances, i, &record, sizeof record) ||
            !accept_instance(&record, late, asked_by, first_compartment))
            return false;
    return true;
}

/* Another may get its number. */
static void forget_gate(uint32_t gate)
{
    for (uint32_t i = 0; i < mon.compartment_count; i++)
        mon.compartments[i].granted[gate / 64] &= ~(1ull << gate % 64);
    mon.gates[gate] = (struct mon_gate){.number = LD_NONE};
}

void mon_instance_forget(uint32_t index)
{
    struct mon_instance *instance = &mon.instances[index];
    if (!instance->used)
        return;
    ld_slots_give_back(&mon.slots, instance->mapping.text_slot,
                       instance->mapping.data_slot - instance->mapping.text_slot + 1);
    for (uint32_t i = 0; i < mon.gate_count; i++)
        if (mon.gates[i].used && mon.gates[i].instance == index)
            forget_gate(i);
    *instance = (struct mon_instance){.used = false};
    while (mon.instance_count > 0 && !mon.instances[mon.instance_count - 1].used)
        mon.instance_count--;
}

/* ---- Gates ---- */

/* What gate, library, policy and callers demand together. */
static uint8_t level_of(const struct twz_elf_gate *gate, const struct mon_compartment *c)
{
    uint32_t level = gate->record.isolation | abi.min_isolation | c->demand;
    return (uint8_t)(level == TWZ_ISOLATE_NONE ? TWZ_ISOLATE_BOTH : level);
}

static bool enter_gate(const struct loader_gate *record, const struct twz_elf_gate *gate)
{
    struct mon_gate *to = &mon.gates[record->gate];
    const struct mon_compartment *c =
        &mon.compartments[mon.instances[record->instance].compartment];
    uint64_t place;
    if (record->gate < mon_known_gate_count || record->gate >= LD_GATES_MAX || to->used ||
        !twz_elf_position(&elf, gate->vaddr, gate->record.size, &place))
        return false;
    *to = (struct mon_gate){
        .used = true,
        .isolation = level_of(gate, c),
        .instance = record->instance,
        .number = LD_NONE,
        .name = twz_elf_text_at(&elf, gate->name, NULL, TWZ_ELF_GATE_NAME_MAX),
        .signature = twz_elf_text_at(&elf, gate->signature, NULL, TWZ_ELF_SIGNATURE_MAX),
        .descriptor = twz_elf_direct(&bytes, place, gate->record.size),
        .entry = gate->entry,
    };
    if (to->name == NULL || to->descriptor == NULL) {
        *to = (struct mon_gate){.number = LD_NONE};
        return false;
    }
    to->exported = ld_policy_exports(mon.has_policy ? &mon.policy : NULL, c->policy, to->name);
    if (record->gate >= mon.gate_count)
        mon.gate_count = record->gate + 1;
    return true;
}

/* Gates come in the order of their file's table. A descriptor that is not in it is no gate. */
bool mon_accept_gates(const struct loader_answer *answer)
{
    struct loader_gate record;
    struct twz_elf_gate gate;
    struct twz_elf_gate_cursor cursor = {0};
    uint32_t open = LD_NONE; /* the instance whose table is being read */
    for (uint32_t i = 0; i < answer->gates.count; i++) {
        if (!mon_fetch(&answer->gates, i, &record, sizeof record) ||
            record.instance >= mon.instance_count || !mon.instances[record.instance].used)
            return refuse("a gate of no library", i);
        if (open != record.instance) {
            cursor = (struct twz_elf_gate_cursor){0};
            open = record.instance;
            if (!open_file(mon.instances[open].file) || !has_abi)
                return refuse("a gate that its library does not declare", i);
        }
        bool found = false;
        while (!found && twz_elf_gate_next(&elf, &abi, &cursor, &gate, NULL) == TWZ_ELF_OK)
            found = gate.vaddr == record.descriptor;
        if (!found || !enter_gate(&record, &gate))
            return refuse("a gate that its library does not declare", i);
    }
    return true;
}

/* Whether compartment `c` is the instance for what `importer` demands of it, or one that it has
 * demanded at run time. */
static bool is_for(const struct mon_compartment *c, uint32_t importer)
{
    const struct mon_compartment *by = &mon.compartments[importer];
    if (c->owner != LD_NONE)
        return c->owner == importer || (by->owner == c->owner && by != c);
    if (c->policy == LD_NONE || (c->demanded && importer == 0))
        return true; /* main, of which there is one */
    return c->policy != by->policy &&
           c->demand == ld_policy_demand(&mon.policy, by->policy, c->policy);
}

bool mon_may_import(uint32_t importer, uint32_t gate, uint32_t *deadline)
{
    const struct ld_policy_import *import;
    const struct mon_gate *wanted = &mon.gates[gate];
    const struct ld_policy *policy = mon.has_policy ? &mon.policy : NULL;
    if (gate >= mon.gate_count || !wanted->used || !wanted->exported ||
        importer >= mon.compartment_count || mon.compartments[importer].builtin)
        return false;
    const struct mon_compartment *c =
        &mon.compartments[mon.instances[wanted->instance].compartment];
    if (!is_for(c, importer))
        return false;
    *deadline = 0;
    if (c->owner != LD_NONE)
        return true;
    if (!ld_policy_imports(policy, mon.compartments[importer].policy, importer == 0,
                           c->policy == LD_NONE ? LD_MAIN : policy_name(c->policy), wanted->name,
                           &import))
        return false;
    *deadline = import != NULL ? import->deadline : 0;
    return true;
}

/* ---- Writes ---- */

/* What is already running is not relocated again. */
static bool is_open(const struct mon_instance *instance, uint32_t compartment)
{
    return instance->used && !instance->sealed &&
           (compartment == LD_NONE || instance->compartment == compartment);
}

/* Copies move data about inside a compartment: each byte of it once is more than any program has.
 * Nothing else runs meanwhile. */
uint64_t mon_may_copy(uint32_t compartment)
{
    uint64_t room = 0;
    for (uint32_t i = 0; i < mon.instance_count; i++)
        if (is_open(&mon.instances[i], compartment))
            room += mon.instances[i].mapping.data_length;
    return room;
}

/* Whether [address, address + size) is data of a library of compartment `index`. */
static bool is_data_of(uint32_t index, uint64_t address, uint64_t size)
{
    uint64_t offset = address % TWZ_SLOT_SIZE, end;
    for (uint32_t i = 0; i < mon.instance_count; i++) {
        const struct mon_instance *instance = &mon.instances[i];
        if (!instance->used || instance->compartment != index ||
            instance->mapping.data_slot != address / TWZ_SLOT_SIZE)
            continue;
        return !__builtin_add_overflow(offset, size, &end) && offset >= TWZ_OBJECT_BASE &&
               end <= instance->mapping.data_length;
    }
    return false;
}

const struct ld_mapping *mon_accept_write(const struct ld_write *write, uint32_t compartment,
                                          uint64_t *may_copy)
{
    const struct mon_instance *instance =
        write->instance < mon.instance_count ? &mon.instances[write->instance] : NULL;
    if (instance == NULL || !is_open(instance, compartment) ||
        !ld_check_write(&instance->mapping, write)) {
        (void)refuse("a write outside the data of a new library", write->instance);
        return NULL;
    }
    if (write->kind != LD_WRITE_COPY)
        return &instance->mapping;
    if (write->width > *may_copy ||
        !is_data_of(instance->compartment, write->value, write->width)) {
        (void)refuse("a copy of what is not its compartment's, or of too much", write->instance);
        return NULL;
    }
    *may_copy -= write->width;
    return &instance->mapping;
}

/* ---- What only compartments use ---- */

/* Of what is new: nobody is told another address later. */
void mon_accept_calls(const struct loader_answer *answer)
{
    struct ld_calls calls;
    struct loader_entry entry;
    for (uint32_t i = 0; i < answer->calls.count; i++)
        if (mon_fetch(&answer->calls, i, &calls, sizeof calls) &&
            calls.instance < mon.instance_count && mon.instances[calls.instance].used &&
            !mon.instances[calls.instance].sealed)
            mon.instances[calls.instance].calls = calls;
    for (uint32_t i = 0; i < answer->entries.count; i++)
        if (mon_fetch(&answer->entries, i, &entry, sizeof entry) &&
            entry.compartment < mon.compartment_count &&
            mon.compartments[entry.compartment].start == 0) {
            mon.compartments[entry.compartment].start = entry.start;
            mon.compartments[entry.compartment].library_start = entry.library_start;
        }
}
