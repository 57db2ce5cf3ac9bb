/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Libraries that go: one that was loaded at run time and that nobody has open any more, in two
 * steps, between which destructors run; what a compartment has loaded into itself, when it starts
 * again; and what a load that failed had brought (late.c). The loader lets go first, so that it
 * never knows of something that is not there.
 */
#include "monitor.h"
#include <twz/rt/state.h>

#define UNLOAD_TIME 1000000000ll /* nanoseconds that destructors have when others wait */

static int64_t closed_at;

bool mon_is_handle(uint32_t index, uint64_t handle)
{
    if (handle >= mon.instance_count)
        return false;
    const struct mon_instance *instance = &mon.instances[handle];
    return instance->used && !instance->leaving &&
           (index == LD_NONE || instance->compartment == index ||
            mon.compartments[instance->compartment].owner == index ||
            (index == 0 && instance->opens > 0));
}

bool mon_is_anything_leaving(void)
{
    for (uint32_t i = 0; i < mon.instance_count; i++)
        if (mon.instances[i].used && mon.instances[i].leaving)
            return true;
    return false;
}

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

static bool has_gates(uint32_t index)
{
    for (uint32_t i = 0; i < mon.gate_count; i++)
        if (mon.gates[i].used && mon.gates[i].instance == index)
            return true;
    return false;
}

/* The kernel's gates stay; from here on they lead nowhere, whatever comes into their slot. */
static void close_gates(uint32_t index)
{
    const struct mon_instance *instance = &mon.instances[index];
    struct twz_id context = mon.compartments[instance->compartment].context;
    struct twz_id text = mon.files[instance->file].id;
    if (has_gates(index))
        (void)twz_syscall6(TWZ_SYS_CONTEXT_GATE_RANGE, context.hi, context.lo, text.hi, text.lo,
                           TWZ_SLOT_SIZE, 0);
}

/* Slots, gates, the entry in the table of libraries. */
void mon_take_out(uint32_t index)
{
    const struct mon_instance *instance = &mon.instances[index];
    const struct mon_file *file = &mon.files[instance->file];
    const struct mon_compartment *c = &mon.compartments[instance->compartment];
    close_gates(index);
    unmap(instance->mapping.data_slot - 1, c->context, false);
    if (instance->mapping.constants.page_count != 0)
        unmap(instance->mapping.text_slot, c->context, true);
    unmap(instance->mapping.data_slot, c->context, true);
    if (instance->compartment == 0 && file->opened)
        (void)mon_try_grant(c->context, file->id, TWZ_READ);
    if (c->record != NULL && mon_library(instance->compartment, index)->tls_align != 0) {
        *mon_library(instance->compartment, index) = (struct twz_rt_library){0};
        c->record->unloads++;
    }
    mon_instance_forget(index);
}

static void remove_instances(uint32_t index)
{
    for (uint32_t i = mon.instance_count; i-- > 0;)
        if (mon.instances[i].used && mon.instances[i].leaving &&
            (index == LD_NONE || mon.instances[i].compartment == index))
            mon_take_out(i);
}

/* A request that is about a compartment and takes something away. It has been taken. */
static int64_t tell_loader(enum loader_operation operation, uint32_t compartment)
{
    struct loader_answer answer;
    mon_loader_request(operation)->compartment = compartment;
    int64_t status = mon_loader_ask(&answer);
    if (status == 0)
        status = mon_loader_commit();
    if (status < 0)
        mon_loader_rollback();
    return status;
}

static bool is_own_load(uint32_t index, uint32_t compartment)
{
    const struct mon_instance *instance = &mon.instances[index];
    return instance->used && instance->late && instance->compartment == compartment &&
           instance->asked_by == compartment;
}

/* What compartment `index` has loaded into itself goes, when the loader has let go of it. */
int64_t mon_late_drop(uint32_t index)
{
    bool any = false;
    for (uint32_t i = 0; i < mon.instance_count; i++)
        any = any || is_own_load(i, index);
    if (!any)
        return 0;
    int64_t status = mon_loader_take(index);
    if (status < 0)
        return status;
    status = tell_loader(LOADER_DROP, index);
    for (uint32_t i = mon.instance_count; i-- > 0 && status == 0;)
        if (is_own_load(i, index))
            mon_take_out(i);
    mon_loader_leave();
    return status;
}

/* ---- Close and unload ---- */

/* Takes out what is leaving from a compartment, or from all of them (LD_NONE). */
static int64_t finish_unload(uint32_t index)
{
    int64_t status = mon_loader_take(index == LD_NONE ? MON_OWN : index);
    if (status < 0)
        return status;
    status = tell_loader(LOADER_REMOVE, index);
    if (status == 0)
        remove_instances(index);
    mon_loader_leave();
    return status;
}

/* Between a close and its unload destructors run, in compartments that may never come back from
 * them: then the others do not wait. */
bool mon_is_being_unloaded(void)
{
    bool leaving = mon_is_anything_leaving();
    if (leaving && twz_syscall0(TWZ_SYS_CLOCK) - closed_at > UNLOAD_TIME)
        leaving = finish_unload(LD_NONE) < 0;
    return leaving;
}

/* What the loader says is not used any more: what came at run time, each once, and without gates,
 * to which others may come. */
static bool may_leave(const struct loader_answer *answer)
{
    uint64_t seen[LD_INSTANCES_MAX / 64] = {0};
    uint32_t index;
    for (uint32_t i = 0; i < answer->init.count; i++) {
        if (!mon_fetch(&answer->init, i, &index, sizeof index) || !mon_is_handle(LD_NONE, index) ||
            !mon.instances[index].late || has_gates(index) || seen[index / 64] >> index % 64 & 1)
            return false;
        seen[index / 64] |= 1ull << index % 64;
    }
    return true;
}

/* Nothing has run since they were looked at. Returns entry + 1 of the first. */
static uint32_t mark_leaving(const struct loader_answer *answer)
{
    uint32_t index, next = 0;
    for (uint32_t i = answer->init.count; i-- > 0;) {
        (void)mon_fetch(&answer->init, i, &index, sizeof index);
        mon.instances[index].leaving = true;
        mon_library(mon.instances[index].compartment, index)->next = next;
        next = index + 1;
    }
    return next;
}

static int64_t close_taken(uint32_t index)
{
    struct loader_answer answer;
    mon_loader_request(LOADER_CLOSE)->instance = index;
    int64_t status = mon_loader_ask(&answer);
    if (status == 0 && !may_leave(&answer))
        status = -TWZ_EPERM;
    if (status == 0)
        status = mon_loader_commit();
    if (status < 0) {
        mon_loader_rollback();
        return status;
    }
    mon.instances[index].opens--;
    closed_at = twz_syscall0(TWZ_SYS_CLOCK);
    return mark_leaving(&answer);
}

int64_t mon_late_close(uint32_t index, uint64_t handle)
{
    if (!mon_is_handle(index, handle))
        return -TWZ_EINVAL;
    if (mon.instances[handle].opens == 0)
        return 0; /* the program */
    int64_t status = mon_loader_take(index);
    if (status < 0)
        return status;
    bool there = mon_is_handle(index, handle) && mon.instances[handle].opens > 0; /* still */
    status = there ? close_taken((uint32_t)handle) : -TWZ_EINVAL;
    mon_loader_leave();
    return status;
}

int64_t mon_late_unload(uint32_t index)
{
    return finish_unload(index);
}
