/* SPDX-License-Identifier: BSD-2-Clause */
#include "overlay.h"
#include "frame.h"

/* The declared part: from the stack pointer up, and at most to the base pointer, where the current
 * activation ends. */
static void shown(const struct k_activation *activation, uint64_t *low, uint64_t *high)
{
    uint64_t base = activation->saved.kept.rbp;
    *low = activation->saved.rsp;
    *high = *low + activation->gate->spec.frame < base ? *low + activation->gate->spec.frame : base;
}

static bool shows_any(const struct k_activation *activation)
{
    return k_is_gate_call(activation) && activation->gate->spec.isolation == TWZ_ISOLATE_CALLEE &&
           activation->gate->spec.frame > 0 && activation->callee != activation->caller &&
           activation->saved.kept.rbp > activation->saved.rsp &&
           activation->saved.kept.rbp <= activation->caller_binding->stack_high;
}

static uint64_t page_of(uint64_t address)
{
    return address & ~(TWZ_PAGE_SIZE - 1);
}

enum twz_rule k_overlay_touch(struct k_thread *thread, uint64_t address, enum twz_rule rule)
{
    const struct k_activation *activation = k_thread_activation(thread);
    uint64_t low, high;
    if (!shows_any(activation) || thread->context != activation->callee)
        return rule;
    shown(activation, &low, &high);
    if (address < page_of(low) || address >= high)
        return rule;
    if (activation->overlay == NULL)
        return TWZ_RULE_CALLER_STACK;
    uint32_t page = (uint32_t)(address % TWZ_SLOT_SIZE / TWZ_PAGE_SIZE);
    const struct k_context *before = k_frames_pay(activation->caller);
    k_phys frame = k_object_demand(activation->overlay, page, true);
    (void)k_frames_pay(before);
    return frame != 0 && k_space_map(&thread->binding->root->space, page_of(address), frame,
                                     TWZ_READ | TWZ_WRITE)
               ? TWZ_RULE_NONE
               : TWZ_RULE_NO_MEMORY;
}

/* Bytes of one page of the caller's, with the caller's rights. */
static enum twz_error copy_part(const struct k_activation *activation, struct k_object *object,
                                uint64_t from, uint64_t length)
{
    uint32_t page = (uint32_t)(from % TWZ_SLOT_SIZE / TWZ_PAGE_SIZE);
    uint64_t offset = from % TWZ_PAGE_SIZE;
    k_phys target = k_object_demand(object, page, true);
    if (target == 0)
        return TWZ_ENOMEM;
    return k_root_copy(NULL, (uint64_t)k_direct(target) + offset, activation->caller_binding->root,
                       from, length, false);
}

enum twz_error k_overlay_give(struct k_activation *activation, struct k_object *object)
{
    uint64_t low, high;
    enum twz_error error = TWZ_OK;
    if (!shows_any(activation) || object->kind != K_OBJECT_DATA)
        return TWZ_EINVAL;
    if (activation->overlay != NULL)
        return TWZ_EEXIST;
    shown(activation, &low, &high);
    /* Whose stack it is pays: neither the callee nor the monitor's reserve. */
    const struct k_context *before = k_frames_pay(activation->caller);
    for (uint64_t at = low, next; at < high && error == TWZ_OK; at = next) {
        next = page_of(at) + TWZ_PAGE_SIZE < high ? page_of(at) + TWZ_PAGE_SIZE : high;
        error = copy_part(activation, object, at, next - at);
    }
    (void)k_frames_pay(before);
    if (error != TWZ_OK)
        return error;
    object->references++;
    activation->overlay = object;
    activation->callee->overlays++;
    return TWZ_OK;
}

static void hide(const struct k_activation *activation)
{
    uint64_t low, high;
    shown(activation, &low, &high);
    for (struct k_root *root = activation->callee->roots; root != NULL;
         root = root->next_of_context)
        k_space_unmap(&root->space, page_of(low),
                      (page_of(high - 1) - page_of(low)) / TWZ_PAGE_SIZE + 1);
}

void k_overlay_drop(struct k_activation *activation)
{
    hide(activation);
    k_object_release(activation->overlay);
    activation->overlay = NULL;
    activation->callee->overlays--;
}

void k_overlays_hide(struct k_thread *thread, const struct k_context *callee)
{
    for (const struct k_activation *a = &thread->activations[1]; a < thread->top; a++) {
        if (a->overlay != NULL && a->callee == callee)
            hide(a);
    }
}
