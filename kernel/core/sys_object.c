/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls on objects. */
#include "syscall.h"
#include "tie.h"

static bool is_run(uint64_t offset, uint64_t length)
{
    uint64_t end;
    return offset % TWZ_PAGE_SIZE == 0 && length % TWZ_PAGE_SIZE == 0 &&
           offset >= TWZ_OBJECT_BASE && !__builtin_add_overflow(offset, length, &end) &&
           end <= TWZ_SLOT_SIZE;
}

static bool can_be_written(const struct k_ranges *ranges, uint32_t first, uint32_t count)
{
    return (k_ranges_rights(ranges, first) & TWZ_WRITE) != 0 &&
           k_ranges_left(ranges, first) >= count;
}

/* Slots bind a copy as they bind a store: what a slot of the caller's view shows it read-only,
 * RELRO above all, stays as it is. */
static bool is_sealed(const struct k_call *call, const struct k_object *target, uint32_t first,
                      uint32_t count)
{
    const struct k_root *root = call->thread->binding->root;
    bool sealed = false;
    for (const struct k_mapping *m = target->mappings; m != NULL; m = m->next) {
        const struct k_ranges *ranges = k_root_ranges(root, m);
        for (uint32_t i = 0; m->view == root->view && i < ranges->count; i++) {
            const struct twz_range *r = &ranges->list[i];
            sealed |= (r->rights & TWZ_WRITE) == 0 && r->first_page < first + count &&
                      first < r->first_page + r->page_count;
        }
    }
    return sealed;
}

#define COPY_MOST 0x400000ull /* bytes: with interrupts off */

/* A part of what `spec` says, from `done` on. Of the target the active context needs `rights`. */
static enum twz_error copy_part(struct k_call *call, const struct twz_copy_spec *spec,
                                uint32_t rights, uint64_t done, uint64_t bytes)
{
    struct k_object *target = k_call_object(call, spec->target, rights);
    struct k_object *source = target == NULL ? NULL : k_call_object(call, spec->source, TWZ_READ);
    uint32_t from = (uint32_t)((spec->source_offset + done) / TWZ_PAGE_SIZE);
    uint32_t to = (uint32_t)((spec->target_offset + done) / TWZ_PAGE_SIZE);
    uint32_t count = (uint32_t)(bytes / TWZ_PAGE_SIZE);
    if (source == NULL)
        return call->error;
    if (target->kind != K_OBJECT_DATA ||
        (source->kind != K_OBJECT_DATA && source->kind != K_OBJECT_IMAGE))
        return TWZ_EINVAL;
    if (is_sealed(call, target, to, count) ||
        (call->thread->context != k_monitor && (k_object_denies(source, from, count, TWZ_READ) ||
                                                k_object_denies(target, to, count, TWZ_WRITE))))
        return TWZ_EPERM;
    return k_object_copy(target, to, source, from, count);
}

/* Others run between two parts, and may change or delete what it is about: each is a copy of its
 * own. Everything in `spec` is checked here. */
static enum twz_error copy(struct k_call *call, const struct twz_copy_spec *spec, uint32_t rights)
{
    if (!is_run(spec->source_offset, spec->length) || !is_run(spec->target_offset, spec->length) ||
        (spec->source.hi == spec->target.hi && spec->source.lo == spec->target.lo &&
         spec->source_offset < spec->target_offset + spec->length &&
         spec->target_offset < spec->source_offset + spec->length))
        return TWZ_EINVAL;
    enum twz_error error;
    uint64_t done = 0, step;
    do {
        step = spec->length - done < COPY_MOST ? spec->length - done : COPY_MOST;
        error = copy_part(call, spec, rights, done, step);
        done += step;
        k_interrupt_point();
    } while (error == TWZ_OK && done < spec->length);
    return error;
}

int64_t k_sys_OBJECT_CREATE(struct k_call *call)
{
    struct twz_object_spec spec;
    if (!k_copy_from_user(&spec, call->a[0], sizeof spec))
        return -TWZ_EFAULT;
    if (spec.flags != 0 || spec.medium > TWZ_PERSISTENT)
        return -TWZ_EINVAL;
    if (spec.medium == TWZ_PERSISTENT)
        return -TWZ_ENOTSUP;
    struct k_object *object = k_object_create(K_OBJECT_DATA, NULL);
    if (object == NULL)
        return -TWZ_ENOMEM;
    spec.copy.target = object->id;
    int64_t status = k_call_give(call, TWZ_OK, object, call->a[1]);
    if (status != 0 || spec.copy.length == 0)
        return status;
    enum twz_error error = copy(call, &spec.copy, 0);
    object = k_object_find(spec.copy.target);
    if (error != TWZ_OK && object != NULL)
        (void)k_call_delete(object);
    return -(int64_t)error;
}

int64_t k_sys_OBJECT_COPY(struct k_call *call)
{
    struct twz_copy_spec spec;
    if (!k_copy_from_user(&spec, call->a[0], sizeof spec))
        return -TWZ_EFAULT;
    return -(int64_t)copy(call, &spec, TWZ_WRITE);
}

int64_t k_call_delete(struct k_object *object)
{
    switch (object->kind) {
    case K_OBJECT_DATA:
        if (object->parents != NULL)
            return 1;
        break;
    case K_OBJECT_CONTEXT:
        if (object->state == k_monitor || k_threads_use(object->state))
            return -TWZ_EBUSY;
        k_context_delete(object->state);
        return 0;
    case K_OBJECT_THREAD:
        if (object->state != NULL)
            return k_thread_delete(object->state);
        break;
    case K_OBJECT_VIEW:
        if (k_view_is_used(object->state))
            return -TWZ_EBUSY;
        k_view_delete(object->state);
        return 0;
    case K_OBJECT_IMAGE:
    case K_OBJECT_SYSTEM:
        return -TWZ_ENOTSUP;
    }
    k_object_delete(object);
    return 0;
}

int64_t k_sys_OBJECT_DELETE(struct k_call *call)
{
    k_thread_bury(); /* its object may go with it */
    struct k_object *object = k_call_object(call, k_arg_id(call, 0), TWZ_DELETE);
    return object == NULL ? -(int64_t)call->error : k_call_delete(object);
}

int64_t k_sys_OBJECT_PAGES(struct k_call *call)
{
    uint64_t address = call->a[0], count = call->a[1], rights = call->a[2], flags = call->a[3];
    uint32_t page = (uint32_t)(address % TWZ_SLOT_SIZE / TWZ_PAGE_SIZE);
    if (address % TWZ_PAGE_SIZE != 0 || count == 0 || count > TWZ_PAGES_MAX ||
        count > TWZ_OBJECT_PAGES - page || (rights & ~(uint64_t)(TWZ_READ | TWZ_WRITE)) != 0 ||
        flags > TWZ_PAGES_DROP)
        return -TWZ_EINVAL;
    const struct k_root *root = call->thread->binding->root;
    const struct k_mapping *mapping = k_view_at_address(root->view, address);
    if (mapping == NULL)
        return -TWZ_ENOENT;
    /* Not what the rights are now, which this may change, but what they can be. */
    if (mapping->object->kind != K_OBJECT_DATA ||
        !can_be_written(k_root_ranges(root, mapping), page, (uint32_t)count) ||
        !k_context_owns(call->thread->context, mapping->object))
        return -TWZ_EPERM;
    return -(int64_t)k_object_set_pages(mapping->object, page, (uint32_t)count, (uint32_t)rights,
                                        flags & TWZ_PAGES_DROP);
}

int64_t k_sys_OBJECT_TIE(struct k_call *call)
{
    struct k_object *child = k_call_object(call, k_arg_id(call, 0), TWZ_DELETE);
    struct k_object *parent = child == NULL ? NULL : k_call_object(call, k_arg_id(call, 2), 0);
    if (parent == NULL)
        return -(int64_t)call->error;
    if (k_context_rights(call->thread->context, parent) == 0)
        return -TWZ_EPERM;
    return -(int64_t)k_tie(child, parent);
}

int64_t k_sys_OBJECT_INFO(struct k_call *call)
{
    const struct k_object *object = k_call_object(call, k_arg_id(call, 0), 0);
    if (object == NULL)
        return -(int64_t)call->error;
    if (k_context_rights(call->thread->context, object) == 0)
        return -TWZ_EPERM;
    struct twz_object_info info;
    k_object_info(object, &info);
    return k_copy_to_user(call->a[2], &info, sizeof info) ? 0 : -TWZ_EFAULT;
}
