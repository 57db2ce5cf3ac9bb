/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls on contexts and on the view. */
#include "deadline.h"
#include "frame.h"
#include "syscall.h"

int64_t k_sys_CONTEXT_CREATE(struct k_call *call)
{
    struct k_context *context = k_context_create(call->thread->binding->root->view);
    return context == NULL ? -TWZ_ENOMEM : k_call_give(call, TWZ_OK, context->object, call->a[0]);
}

int64_t k_sys_CONTEXT_GRANT(struct k_call *call)
{
    uint64_t rights = call->a[4];
    if (rights == 0 || (rights & ~(uint64_t)TWZ_RIGHTS_ALL) != 0)
        return -TWZ_EINVAL;
    struct k_context *context = k_call_context(call, k_arg_id(call, 0), TWZ_WRITE);
    struct k_object *object =
        context == NULL ? NULL : k_call_object(call, k_arg_id(call, 2), (uint32_t)rights);
    if (object == NULL)
        return -(int64_t)call->error;
    const struct k_capability *own = k_context_capability(call->thread->context, object);
    uint32_t low = own->gates_low, end = own->gates_end;
    enum twz_error error = k_context_grant(context, object, (uint32_t)rights);
    if (error == TWZ_OK)
        error = k_context_limit_gates(context, object, low, end);
    return -(int64_t)error;
}

int64_t k_sys_CONTEXT_REVOKE(struct k_call *call)
{
    struct k_context *context = k_call_context(call, k_arg_id(call, 0), TWZ_WRITE);
    if (context == NULL)
        return -(int64_t)call->error;
    struct k_object *object = k_object_find(k_arg_id(call, 2));
    const struct k_capability *c = object == NULL ? NULL : k_context_capability(context, object);
    if (c == NULL || c->rights == 0)
        return -TWZ_ENOENT;
    k_context_revoke(context, object);
    return 0;
}

/* ---- What restricts capabilities ---- */

int64_t k_sys_CONTEXT_MASK(struct k_call *call)
{
    uint64_t mask = call->a[4], override = call->a[5];
    if (mask > TWZ_RIGHTS_ALL || override > TWZ_RIGHTS_ALL)
        return -TWZ_EINVAL;
    struct k_context *context = k_call_context(call, k_arg_id(call, 0), TWZ_WRITE);
    struct k_object *object = context == NULL ? NULL : k_call_object(call, k_arg_id(call, 2), 0);
    if (object == NULL)
        return -(int64_t)call->error;
    return -(int64_t)k_context_mask(context, object, (uint32_t)mask, (uint32_t) override);
}

int64_t k_sys_CONTEXT_GLOBAL_MASK(struct k_call *call)
{
    if (call->a[2] > TWZ_RIGHTS_ALL)
        return -TWZ_EINVAL;
    struct k_context *context = k_call_context(call, k_arg_id(call, 0), TWZ_WRITE);
    if (context == NULL)
        return -(int64_t)call->error;
    k_context_mask_all(context, (uint32_t)call->a[2]);
    return 0;
}

int64_t k_sys_CONTEXT_GATE_RANGE(struct k_call *call)
{
    uint64_t low = call->a[4], end;
    if (__builtin_add_overflow(low, call->a[5], &end) || end > TWZ_SLOT_SIZE)
        return -TWZ_EINVAL;
    struct k_context *context = k_call_context(call, k_arg_id(call, 0), TWZ_WRITE);
    struct k_object *object = context == NULL ? NULL : k_call_object(call, k_arg_id(call, 2), 0);
    if (object == NULL)
        return -(int64_t)call->error;
    return -(int64_t)k_context_limit_gates(context, object, low, end);
}

int64_t k_sys_CONTEXT_RIGHTS(struct k_call *call)
{
    const struct k_context *context = k_call_context(call, k_arg_id(call, 0), TWZ_READ);
    const struct k_object *object =
        context == NULL ? NULL : k_call_object(call, k_arg_id(call, 2), 0);
    if (object == NULL)
        return -(int64_t)call->error;
    const struct k_capability *c = k_context_capability(context, object);
    struct twz_rights_info info = {
        .mask = TWZ_RIGHTS_ALL,
        .global_mask = context->mask,
        .effective = k_context_rights(context, object),
    };
    if (c != NULL) {
        info.capability = c->rights;
        info.mask = c->mask;
        info.override = c->override;
    }
    if (info.capability != 0) {
        info.gate_offset = c->gates_low;
        info.gate_length = c->gates_end > c->gates_low ? c->gates_end - c->gates_low : 0;
    }
    return k_copy_to_user(call->a[4], &info, sizeof info) ? 0 : -TWZ_EFAULT;
}

int64_t k_sys_CONTEXT_LIMIT(struct k_call *call)
{
    struct k_context *context = k_call_context(call, k_arg_id(call, 0), TWZ_WRITE);
    if (context == NULL)
        return -(int64_t)call->error;
    if (call->a[2] > UINT32_MAX || (call->a[3] & ~(uint64_t)TWZ_LIMIT_DEADLINES) != 0)
        return -TWZ_EINVAL;
    context->hurries_nobody = (call->a[3] & TWZ_LIMIT_DEADLINES) != 0;
    k_frames_limit(context, (uint32_t)call->a[2]);
    return 0;
}

/* ---- Gates and status ---- */

/* A context to write, and a gate. NULL: call->error says why. */
static struct k_gate *gate_of(struct k_call *call, struct k_context **context)
{
    *context = k_call_context(call, k_arg_id(call, 0), TWZ_WRITE);
    struct k_gate *gate = *context == NULL ? NULL : k_gate_at(call->a[2]);
    if (*context != NULL && gate == NULL)
        call->error = TWZ_ENOENT;
    return gate;
}

int64_t k_sys_CONTEXT_GRANT_GATE(struct k_call *call)
{
    struct k_context *context;
    struct k_gate *gate = gate_of(call, &context);
    if (gate == NULL)
        return -(int64_t)call->error;
    if (!k_deadline_limit(context, gate, call->a[3]))
        return -TWZ_ENOMEM;
    context->gates[gate->number / 64] |= 1ull << gate->number % 64;
    return 0;
}

int64_t k_sys_CONTEXT_REVOKE_GATE(struct k_call *call)
{
    struct k_context *context;
    const struct k_gate *gate = gate_of(call, &context);
    if (gate == NULL)
        return -(int64_t)call->error;
    context->gates[gate->number / 64] &= ~(1ull << gate->number % 64);
    return 0;
}

int64_t k_sys_CONTEXT_STATUS(struct k_call *call)
{
    uint64_t status = call->a[2];
    struct k_context *context = k_call_context(call, k_arg_id(call, 0), TWZ_WRITE);
    if (context == NULL)
        return -(int64_t)call->error;
    if (status > TWZ_CONTEXT_RESTART)
        return -TWZ_EINVAL;
    context->status = (enum twz_context_status)status;
    context->state->status = (uint32_t)status;
    return 0;
}

int64_t k_sys_CONTEXT_INFO(struct k_call *call)
{
    const struct k_context *context = k_call_context(call, k_arg_id(call, 0), TWZ_READ);
    if (context == NULL)
        return -(int64_t)call->error;
    struct twz_context_info info = {
        .id = context->object->id,
        .status = context->status,
        .capability_count = context->state->capabilities,
        .gate_calls_in = context->state->calls_in,
        .faults = context->state->faults,
        .in_use = k_threads_use(context),
        .table_pages = context->root.space.tables,
    };
    return k_copy_to_user(call->a[2], &info, sizeof info) ? 0 : -TWZ_EFAULT;
}

/* ---- The view that the calling thread is in ---- */

static struct k_view *view_with(const struct k_call *call, uint32_t rights)
{
    struct k_view *view = call->thread->binding->root->view;
    return k_context_may(call->thread->context, view->object, rights) ? view : NULL;
}

int64_t k_sys_VIEW_MAP(struct k_call *call)
{
    uint64_t slot = call->a[0], count = call->a[4];
    struct twz_range ranges[TWZ_RANGES_MAX];
    struct k_view *view = view_with(call, TWZ_WRITE);
    if (view == NULL)
        return -TWZ_EPERM;
    if (slot >= K_SLOTS || count > TWZ_RANGES_MAX)
        return -TWZ_EINVAL;
    if (!k_copy_from_user(ranges, call->a[3], count * sizeof ranges[0]))
        return -TWZ_EFAULT;
    /* Access is checked when it happens: mapping needs no right on the object. */
    struct k_object *object = k_call_object(call, k_arg_id(call, 1), 0);
    if (object == NULL)
        return -(int64_t)call->error;
    return -(int64_t)k_view_map(view, (uint32_t)slot, object, ranges, (uint32_t)count);
}

int64_t k_sys_VIEW_UNMAP(struct k_call *call)
{
    struct k_view *view = view_with(call, TWZ_WRITE);
    if (view == NULL)
        return -TWZ_EPERM;
    if (call->a[0] >= K_SLOTS)
        return -TWZ_EINVAL;
    return -(int64_t)k_view_unmap(view, (uint32_t)call->a[0]);
}

int64_t k_sys_VIEW_NARROW(struct k_call *call)
{
    uint64_t slot = call->a[0], first = call->a[1], count = call->a[2], keep = call->a[3], end;
    if (slot >= K_SLOTS || __builtin_add_overflow(first, count, &end) || first == 0 || count == 0 ||
        end > TWZ_OBJECT_PAGES || keep > (TWZ_READ | TWZ_WRITE | TWZ_EXECUTE))
        return -TWZ_EINVAL;
    struct k_context *context = call->thread->context;
    struct k_mapping *mapping = k_view_at(call->thread->binding->root->view, (uint32_t)slot);
    if (mapping == NULL)
        return -TWZ_ENOENT;
    /* Whoever shares an object must not take it away from others. */
    if (!k_context_owns(context, mapping->object) && view_with(call, TWZ_WRITE) == NULL)
        return -TWZ_EPERM;
    return -(int64_t)k_mapping_narrow(mapping, (uint32_t)first, (uint32_t)count, (uint32_t)keep,
                                      view_with(call, TWZ_WRITE) != NULL);
}

int64_t k_sys_VIEW_INFO(struct k_call *call)
{
    const struct k_view *view = view_with(call, TWZ_READ);
    if (view == NULL)
        return -TWZ_EPERM;
    if (call->a[0] >= K_SLOTS)
        return -TWZ_EINVAL;
    const struct k_mapping *mapping = k_view_at(view, (uint32_t)call->a[0]);
    if (mapping == NULL)
        return -TWZ_ENOENT;
    struct twz_slot_info info = {.object = mapping->object->id,
                                 .range_count = mapping->ranges.count};
    for (uint32_t i = 0; i < mapping->ranges.count; i++)
        info.ranges[i] = mapping->ranges.list[i];
    return k_copy_to_user(call->a[1], &info, sizeof info) ? 0 : -TWZ_EFAULT;
}
