/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Gates: the monitor publishes those of compartments from their descriptors, and its own, which all
 * runtimes use, from the same kind of descriptor in its own image.
 */
#define TWZ_GATE_PROVIDER
#include <twz/monitor_gates.h>

#include "monitor.h"
#include <twz/rt/info.h>

/* The linker script's bounds of this image's descriptors. */
extern const char __twz_gates_start[] __attribute__((visibility("hidden")));
extern const char __twz_gates_end[] __attribute__((visibility("hidden")));

const struct ld_known_gate *mon_known_gates;
uint32_t mon_known_gate_count;

/* ---- Descriptors ---- */

static bool is_buffer(uint8_t kind)
{
    return kind == TWZ_PARAM_IN || kind == TWZ_PARAM_OUT || kind == TWZ_PARAM_INOUT ||
           kind == TWZ_PARAM_STRING;
}

static bool add_buffer(struct twz_gate_spec *spec, const struct twz_gate_param *param)
{
    static const uint8_t directions[] = {
        [TWZ_PARAM_IN] = TWZ_BUFFER_IN,
        [TWZ_PARAM_OUT] = TWZ_BUFFER_OUT,
        [TWZ_PARAM_INOUT] = TWZ_BUFFER_INOUT,
        [TWZ_PARAM_STRING] = TWZ_BUFFER_IN,
    };
    if (spec->buffer_count == TWZ_GATE_BUFFERS || param->reg + 1 >= spec->register_args)
        return false;
    spec->buffers[spec->buffer_count++] = (struct twz_gate_buffer){
        .pointer_register = param->reg,
        .length_register = (uint8_t)(param->reg + 1),
        .direction = directions[param->kind],
        .max_length = param->max,
    };
    return true;
}

bool mon_gate_spec(const void *bytes, struct twz_gate_spec *spec)
{
    /* The bytes of an image object lie on no particular boundary that C could rely on. */
    struct twz_gate_descriptor descriptor;
    memcpy(&descriptor, bytes, sizeof descriptor);
    if (descriptor.version != TWZ_GATE_VERSION || descriptor.param_count > TWZ_GATE_PARAMS_MAX ||
        descriptor.size !=
            sizeof descriptor + descriptor.param_count * sizeof(struct twz_gate_param))
        return false;
    spec->register_args = descriptor.register_args;
    spec->vector_args = descriptor.vector_args;
    spec->returns = descriptor.returns;
    spec->stack_args = descriptor.stack_args;
    spec->frame = descriptor.frame;
    for (unsigned i = 0; i < descriptor.param_count; i++) {
        struct twz_gate_param param;
        memcpy(&param, (const char *)bytes + sizeof descriptor + i * sizeof param, sizeof param);
        if (is_buffer(param.kind) && !add_buffer(spec, &param))
            return false;
        if (param.kind == TWZ_PARAM_CALLBACK) {
            if (param.reg >= spec->register_args)
                return false;
            spec->callbacks |= (uint8_t)(1u << param.reg);
        }
    }
    return true;
}

static int64_t try_publish(const struct twz_gate_spec *spec)
{
    return twz_syscall1(TWZ_SYS_GATE_PUBLISH, (uintptr_t)spec);
}

static uint32_t publish(const struct twz_gate_spec *spec, const char *name)
{
    int64_t number = try_publish(spec);
    if (number < 0)
        mon_stop(MON_STATUS_REFUSED, "gate %s cannot be published: %s", name,
                 twz_rt_error_text(number));
    return (uint32_t)number;
}

/* ---- The gates of compartments ---- */

#define MILLISECONDS 1000000ull /* nanoseconds */

/* Numbers of gates are never used again, so that they are a share of each compartment's that has
 * libraries loaded, whether these stay or not. All but main's, which is the program itself. */
static bool may_publish(const struct mon_instance *instance)
{
    struct mon_compartment *asking = &mon.compartments[instance->asked_by];
    if (!instance->late || instance->asked_by == 0)
        return true;
    return asking->published < MON_GATES_PER && ++asking->published > 0;
}

static int64_t publish_gate(struct mon_gate *gate)
{
    const struct mon_instance *instance = &mon.instances[gate->instance];
    if (!may_publish(instance))
        return -TWZ_ELIMIT;
    const struct mon_compartment *c = &mon.compartments[instance->compartment];
    struct twz_gate_spec spec = {
        .deadline =
            c->policy == LD_NONE ? 0 : mon.policy.compartments[c->policy].deadline * MILLISECONDS,
        .context = c->context,
        .entry = mon_instance_address(instance, gate->entry),
        .isolation = gate->isolation,
    };
    if (!mon_gate_spec(gate->descriptor, &spec))
        return -TWZ_EINVAL;
    int64_t number = try_publish(&spec);
    if (number < 0)
        return number;
    gate->number = (uint32_t)number;
    return 0;
}

int64_t mon_publish_gates_of(uint32_t instance)
{
    int64_t status = 0;
    for (uint32_t i = 0; i < mon.gate_count && status == 0; i++) {
        struct mon_gate *gate = &mon.gates[i];
        if (!gate->used || gate->instance != instance || !gate->exported)
            continue;
        status = publish_gate(gate);
        if (status < 0)
            mon_print("monitor: gate %s of %s cannot be published: %s\n", gate->name,
                      mon_instance_name(instance), twz_rt_error_text(status));
    }
    return status;
}

uint32_t mon_gate_number(uint32_t gate)
{
    return gate < mon_known_gate_count                     ? mon_known_gates[gate].number
           : gate < mon.gate_count && mon.gates[gate].used ? mon.gates[gate].number
                                                           : LD_NONE;
}

int64_t mon_grant_gate(uint32_t compartment, uint32_t gate)
{
    uint32_t number = mon_gate_number(gate), deadline = 0;
    if (compartment >= mon.compartment_count || number == LD_NONE ||
        (gate >= mon_known_gate_count && !mon_may_import(compartment, gate, &deadline))) {
        mon_print("monitor: the loader is not obeyed: a gate for a compartment that may not import "
                  "it (%u, %u)\n",
                  gate, compartment);
        return -TWZ_EPERM;
    }
    if (mon_is_granted(compartment, gate))
        return 0;
    struct mon_compartment *c = &mon.compartments[compartment];
    int64_t status = twz_syscall4(TWZ_SYS_CONTEXT_GRANT_GATE, c->context.hi, c->context.lo, number,
                                  deadline * MILLISECONDS);
    if (status == 0)
        c->granted[gate / 64] |= 1ull << gate % 64;
    return status;
}

int64_t mon_grant_all(const struct loader_answer *answer)
{
    struct ld_grant grant;
    int64_t status = 0;
    for (uint32_t i = 0; i < answer->grants.count && status == 0; i++)
        status = mon_fetch(&answer->grants, i, &grant, sizeof grant)
                     ? mon_grant_gate(grant.compartment, grant.gate)
                     : -TWZ_EINVAL;
    return status;
}

/* ---- The monitor's own ---- */

static const char *relative_text(const char *field)
{
    int32_t distance;
    memcpy(&distance, field, sizeof distance);
    return field + distance;
}

void mon_publish_own_gates(void)
{
    uint32_t count = 0;
    for (const char *at = __twz_gates_start; at < __twz_gates_end; at += *(const uint16_t *)at)
        count++;
    struct ld_known_gate *known = mon_allocate(count * sizeof *known);
    const char *at = __twz_gates_start;
    for (uint32_t i = 0; i < count; i++, at += *(const uint16_t *)at) {
        const char *entry = relative_text(at + offsetof(struct twz_gate_descriptor, entry_rel));
        struct twz_gate_spec spec = {
            .context = mon.boot.context,
            .entry = (uintptr_t)entry,
            .isolation = TWZ_ISOLATE_BOTH,
        };
        if (!mon_gate_spec(at, &spec))
            mon_stop(MON_STATUS_BROKEN, "the monitor's own gate %u is not valid", i);
        known[i].name = relative_text(at + offsetof(struct twz_gate_descriptor, name_rel));
        known[i].signature =
            relative_text(at + offsetof(struct twz_gate_descriptor, signature_rel));
        known[i].number = publish(&spec, known[i].name);
    }
    mon_known_gates = known;
    mon_known_gate_count = count;
}

/* Buffers of the monitor's gates. They call nobody, so that one set serves all calls. */
static char buffers[TWZ_GATE_BUFFERS][TWZ_MON_WRITE_MAX + 16] __attribute__((aligned(16)));

int64_t twz_rt_gate_enter(void)
{
    return 0;
}

void *twz_rt_gate_buffer_open(uint32_t index, size_t size, int direction, int64_t *status)
{
    if (*status != 0)
        return NULL;
    if (index >= TWZ_GATE_BUFFERS || size >= sizeof buffers[0]) {
        *status = -TWZ_ETOOBIG;
        return NULL;
    }
    if (direction & TWZ_BUFFER_IN)
        *status = twz_syscall4(TWZ_SYS_GATE_COPY_IN, index, (uintptr_t)buffers[index], 0, size);
    else
        memset(buffers[index], 0, size);
    buffers[index][size] = '\0';
    if (*status > 0)
        *status = 0;
    return *status == 0 ? buffers[index] : NULL;
}

void twz_rt_gate_buffer_close(uint32_t index, void *buffer, size_t size, int direction,
                              int64_t *status)
{
    if (*status != 0 || !(direction & TWZ_BUFFER_OUT))
        return;
    int64_t copied = twz_syscall4(TWZ_SYS_GATE_COPY_OUT, index, (uintptr_t)buffer, 0, size);
    if (copied < 0)
        *status = copied;
}

static uint32_t caller(void)
{
    struct twz_id context;
    if (twz_syscall1(TWZ_SYS_GATE_CALLER, (uintptr_t)&context) < 0)
        return LD_NONE;
    return mon_compartment_of(context);
}

int64_t twz_mon_write_impl(const void *bytes, size_t bytes_size)
{
    uint32_t index = caller();
    if (index == LD_NONE)
        return -TWZ_EPERM;
    mon_write_for(index, bytes, bytes_size);
    return (int64_t)bytes_size;
}

/* What is typed is the program's. */
int64_t twz_mon_read_impl(void *bytes, size_t bytes_size)
{
    if (caller() != 0)
        return -TWZ_EPERM;
    return twz_syscall2(TWZ_SYS_LOG_READ, (uintptr_t)bytes, bytes_size);
}

/* Ends the activation that called. A thread in the compartment that started it has none: then the
 * thread ends. */
static int64_t end_caller(enum twz_error error, int64_t value)
{
    (void)twz_syscall2(TWZ_SYS_GATE_UNWIND, error, (uint64_t)value);
    struct twz_id thread;
    int64_t status = twz_syscall1(TWZ_SYS_THREAD_SELF, (uintptr_t)&thread);
    if (status < 0)
        return status;
    mon_thread_ended(thread);
    return twz_syscall0(TWZ_SYS_THREAD_EXIT);
}

int64_t twz_mon_exit_impl(int32_t status)
{
    uint32_t index = caller();
    if (index == LD_NONE)
        return -TWZ_EPERM;
    if (index == 0)
        mon_finish((uint32_t)status & 0xff);
    return end_caller(TWZ_EEXITED, status);
}

int64_t twz_mon_abort_impl(const char *reason, size_t reason_size)
{
    uint32_t index = caller();
    if (index == LD_NONE)
        return -TWZ_EPERM;
    char text[TWZ_MON_REASON_MAX + 1];
    for (size_t i = 0; i < reason_size; i++)
        text[i] = reason[i] >= ' ' && reason[i] <= '~' ? reason[i] : '?';
    text[reason_size] = '\0';
    mon_print("compartment %s: aborted: %s\n", mon.compartments[index].name, text);
    mon_after_fault(index);
    if (index == 0)
        mon_finish(MON_STATUS_ABORT);
    return end_caller(TWZ_EEXITED, 0);
}

/* The image's names belong to the program: other compartments work on what they are handed. */
int64_t twz_mon_object_map_impl(const char *name, size_t name_size, void *result,
                                size_t result_size)
{
    if (caller() != 0)
        return -TWZ_EPERM;
    if (result_size != sizeof(struct twz_mon_object) || memchr(name, '\0', name_size) != NULL)
        return -TWZ_EINVAL;
    uint32_t number;
    int64_t status = mon_file_open(name, &number);
    struct mon_file *file = status == 0 ? &mon.files[number] : NULL;
    if (status == 0 && !file->opened)
        status = mon_try_grant(mon.compartments[0].context, file->id, TWZ_READ);
    if (status < 0)
        return status;
    file->opened = true;
    mon_note_slot(
        (struct mon_slot){file->slot, MON_SLOT_OPENED, LD_NONE, LD_NONE, TWZ_READ, file->name});
    *(struct twz_mon_object *)result = (struct twz_mon_object){
        .id = file->id,
        .address = (uintptr_t)file->bytes,
        .length = file->length,
        .rights = TWZ_READ,
    };
    return 0;
}

int64_t twz_mon_object_find_impl(struct twz_id id, uint64_t address, void *result,
                                 size_t result_size)
{
    uint32_t index = caller();
    if (index == LD_NONE)
        return -TWZ_EPERM;
    if (result_size != sizeof(struct twz_mon_object))
        return -TWZ_EINVAL;
    return mon_object_find(index, id, address, result);
}

int64_t twz_mon_image_entry_impl(uint64_t index, const char *name, size_t name_size, void *entry,
                                 size_t entry_size)
{
    if (caller() != 0)
        return -TWZ_EPERM;
    if (entry_size != sizeof(struct twz_rt_name) || memchr(name, '\0', name_size) != NULL)
        return -TWZ_EINVAL;
    const struct obj_image_entry *found = name_size > 0 ? obj_image_find(&mon.image, name)
                                          : index < mon.image.header->count
                                              ? &mon.image.entries[index]
                                              : NULL;
    if (found == NULL)
        return -TWZ_ENOENT;
    struct twz_rt_name *answer = entry;
    *answer = (struct twz_rt_name){.id = found->id, .kind = TWZ_RT_NAME_IMAGE};
    memcpy(answer->name, found->name, sizeof answer->name);
    return 0;
}

int64_t twz_mon_output_impl(const char *compartment, size_t compartment_size, uint64_t from,
                            void *part, size_t part_size)
{
    if (caller() != 0)
        return -TWZ_EPERM;
    if (part_size != sizeof(struct twz_mon_output) ||
        memchr(compartment, '\0', compartment_size) != NULL)
        return -TWZ_EINVAL;
    return mon_output(compartment, from, part);
}

int64_t twz_mon_thread_spawn_impl(const void *spec, size_t spec_size)
{
    uint32_t index = caller();
    if (index == LD_NONE)
        return -TWZ_EPERM;
    if (spec_size != sizeof(struct twz_mon_thread_spec))
        return -TWZ_EINVAL;
    return mon_thread_spawn(index, spec);
}

int64_t twz_mon_load_impl(const void *spec, size_t spec_size, void *answer, size_t answer_size)
{
    uint32_t index = caller();
    if (index == LD_NONE)
        return -TWZ_EPERM;
    if (spec_size != sizeof(struct twz_mon_load_spec) ||
        answer_size != sizeof(struct twz_mon_load_answer))
        return -TWZ_EINVAL;
    return mon_late_load(index, spec, answer);
}

int64_t twz_mon_close_impl(uint64_t handle)
{
    uint32_t index = caller();
    return index == LD_NONE ? -TWZ_EPERM : mon_late_close(index, handle);
}

int64_t twz_mon_unload_impl(uint64_t handle)
{
    (void)handle;
    uint32_t index = caller();
    return index == LD_NONE ? -TWZ_EPERM : mon_late_unload(index);
}

int64_t twz_mon_symbol_impl(const void *spec, size_t spec_size, void *answer, size_t answer_size)
{
    uint32_t index = caller();
    if (index == LD_NONE)
        return -TWZ_EPERM;
    if (spec_size != sizeof(struct twz_mon_symbol_spec) ||
        answer_size != sizeof(struct twz_mon_symbol_answer))
        return -TWZ_EINVAL;
    return mon_late_symbol(index, spec, answer);
}

int64_t twz_mon_place_impl(uint64_t address, void *place, size_t place_size)
{
    uint32_t index = caller();
    if (index == LD_NONE)
        return -TWZ_EPERM;
    if (place_size != sizeof(struct twz_mon_place))
        return -TWZ_EINVAL;
    return mon_late_place(index, address, place);
}

int64_t twz_mon_heap_create_impl(uint64_t size)
{
    uint32_t index = caller();
    return index == LD_NONE ? -TWZ_EPERM : mon_heap_create(index, size);
}

int64_t twz_mon_heap_share_impl(uint64_t address, uint32_t rights, const char *compartment,
                                size_t compartment_size)
{
    (void)compartment_size;
    uint32_t index = caller();
    return index == LD_NONE ? -TWZ_EPERM : mon_heap_share(index, address, rights, compartment);
}

int64_t twz_mon_heap_delete_impl(uint64_t address)
{
    uint32_t index = caller();
    return index == LD_NONE ? -TWZ_EPERM : mon_heap_delete(index, address);
}

int64_t twz_mon_report_impl(void)
{
    if (caller() != 0)
        return -TWZ_EPERM;
    mon_report();
    return 0;
}
