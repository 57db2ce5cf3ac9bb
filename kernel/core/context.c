/* SPDX-License-Identifier: BSD-2-Clause */
#include "context.h"
#include "alloc.h"
#include "deadline.h"
#include "frame.h"
#include "gate.h"
#include <string.h>

struct k_context *k_monitor;

/* ---- Capabilities and masks ---- */

static uint32_t bucket_of(const struct k_object *object)
{
    return (uint32_t)(object->id.lo ^ object->id.hi >> 32) % K_BUCKETS;
}

struct k_capability *k_context_capability(const struct k_context *context,
                                          const struct k_object *object)
{
    struct k_capability *c = context->buckets[bucket_of(object)];
    while (c != NULL && c->object != object)
        c = c->next_in_context;
    return c;
}

static enum twz_error find_or_make(struct k_context *context, struct k_object *object,
                                   struct k_capability **capability)
{
    struct k_capability *c = k_context_capability(context, object);
    *capability = c;
    if (c != NULL)
        return TWZ_OK;
    if (context->state->capabilities >= TWZ_CAPABILITIES_MAX && context != k_monitor)
        return TWZ_ELIMIT;
    c = k_alloc(sizeof *c);
    if (c == NULL)
        return TWZ_ENOMEM;
    c->object = object;
    c->context = context;
    c->mask = TWZ_RIGHTS_ALL;
    c->gates_end = TWZ_SLOT_SIZE;
    c->next_in_context = context->buckets[bucket_of(object)];
    context->buckets[bucket_of(object)] = c;
    c->next_of_object = object->capabilities;
    object->capabilities = c;
    context->state->capabilities++;
    *capability = c;
    return TWZ_OK;
}

/* Removes what the context's tables say about the object. */
static void forget(const struct k_capability *c)
{
    for (const struct k_mapping *m = c->object->mappings; m != NULL; m = m->next) {
        for (struct k_root *root = c->context->roots; root != NULL; root = root->next_of_context) {
            if (m->view == root->view)
                k_space_unmap(&root->space, m->slot * TWZ_SLOT_SIZE, TWZ_OBJECT_PAGES);
        }
    }
}

void k_capability_discard(struct k_capability *c)
{
    forget(c);
    struct k_capability **link = &c->context->buckets[bucket_of(c->object)];
    while (*link != c)
        link = &(*link)->next_in_context;
    *link = c->next_in_context;
    link = &c->object->capabilities;
    while (*link != c)
        link = &(*link)->next_of_object;
    *link = c->next_of_object;
    c->context->state->capabilities--;
    k_free(c, sizeof *c);
}

/* After a change that takes rights away. */
static void settle(struct k_capability *c)
{
    struct k_object *object = c->object;
    forget(c);
    if (c->rights == 0 && c->mask == TWZ_RIGHTS_ALL && c->override == 0)
        k_capability_discard(c);
    k_object_collect(object);
}

static uint32_t restricted(const struct k_capability *c)
{
    return c->rights & c->mask & (c->context->mask | c->override) & c->object->permissions;
}

uint32_t k_context_rights(const struct k_context *context, const struct k_object *object)
{
    const struct k_capability *c = k_context_capability(context, object);
    return c == NULL ? 0 : restricted(c);
}

bool k_context_owns(const struct k_context *context, const struct k_object *object)
{
    for (const struct k_capability *c = object->capabilities; c != NULL; c = c->next_of_object) {
        if (c->rights != 0 && c->context != context && c->context != k_monitor)
            return context == k_monitor;
    }
    return k_context_may(context, object, TWZ_WRITE);
}

enum twz_error k_context_grant(struct k_context *context, struct k_object *object, uint32_t rights)
{
    struct k_capability *c;
    enum twz_error error = find_or_make(context, object, &c);
    if (error == TWZ_OK)
        c->rights |= rights;
    return error;
}

void k_context_revoke(struct k_context *context, struct k_object *object)
{
    struct k_capability *c = k_context_capability(context, object);
    if (c == NULL)
        return;
    c->rights = 0;
    c->gates_low = 0;
    c->gates_end = TWZ_SLOT_SIZE;
    settle(c);
}

enum twz_error k_context_mask(struct k_context *context, struct k_object *object, uint32_t mask,
                              uint32_t override)
{
    struct k_capability *c;
    enum twz_error error = find_or_make(context, object, &c);
    if (error != TWZ_OK)
        return error;
    c->mask = (uint8_t)mask;
    c->override = (uint8_t) override;
    settle(c);
    return TWZ_OK;
}

void k_context_mask_all(struct k_context *context, uint32_t mask)
{
    context->mask = mask;
    for (uint32_t i = 0; i < K_BUCKETS; i++) {
        for (const struct k_capability *c = context->buckets[i]; c != NULL; c = c->next_in_context)
            forget(c);
    }
}

enum twz_error k_context_limit_gates(struct k_context *context, struct k_object *object,
                                     uint64_t low, uint64_t end)
{
    struct k_capability *c = k_context_capability(context, object);
    if (c == NULL || c->rights == 0)
        return TWZ_ENOENT;
    if (low > c->gates_low)
        c->gates_low = (uint32_t)low;
    if (end < c->gates_end)
        c->gates_end = (uint32_t)end;
    k_gates_bury(context, false);
    return TWZ_OK;
}

bool k_context_admits_gate(const struct k_context *context, uint64_t entry)
{
    const struct k_mapping *mapping = k_view_at_address(context->root.view, entry);
    const struct k_capability *c =
        mapping == NULL ? NULL : k_context_capability(context, mapping->object);
    uint64_t offset = entry % TWZ_SLOT_SIZE;
    return c == NULL || (offset >= c->gates_low && offset < c->gates_end);
}

/* ---- Life ---- */

static uint64_t indices[K_CONTEXTS_MAX / 64]; /* in use */

static uint32_t take_index(void)
{
    for (uint32_t i = 0; i < K_CONTEXTS_MAX; i++) {
        if ((indices[i / 64] >> i % 64 & 1) == 0) {
            indices[i / 64] |= 1ull << i % 64;
            return i;
        }
    }
    return K_CONTEXTS_MAX;
}

static void give_index(uint32_t index)
{
    indices[index / 64] &= ~(1ull << index % 64);
}

struct k_context *k_context_create(struct k_view *view)
{
    struct k_context *context = k_alloc(sizeof *context);
    if (context == NULL)
        return NULL;
    context->buckets = k_alloc(K_BUCKETS * sizeof context->buckets[0]);
    if (context->buckets == NULL)
        goto no_buckets;
    context->index = take_index();
    if (context->index == K_CONTEXTS_MAX)
        goto no_index;
    if (!k_root_init(&context->root, view, context))
        goto no_root;
    context->object = k_object_create(K_OBJECT_CONTEXT, context);
    if (context->object == NULL)
        goto no_object;
    context->state = k_object_state_page(context->object, 1);
    context->state->id = context->object->id;
    context->state->view = view->object->id;
    context->mask = TWZ_RIGHTS_ALL;
    k_frames_limit(context, 0);
    return context;
no_object:
    k_root_destroy(&context->root);
no_root:
    give_index(context->index);
no_index:
    k_free(context->buckets, K_BUCKETS * sizeof context->buckets[0]);
no_buckets:
    k_free(context, sizeof *context);
    return NULL;
}

void k_context_delete(struct k_context *context)
{
    k_gates_bury(context, true);
    k_threads_unbind(context);
    k_deadline_forget(context);
    while (context->roots != NULL)
        k_root_destroy(context->roots);
    k_object_delete(context->object);
}

bool k_context_empty(struct k_context *context)
{
    for (uint32_t i = 0; i < K_BUCKETS; i++) {
        bool some = context->buckets[i] != NULL;
        while (context->buckets[i] != NULL) {
            struct k_object *object = context->buckets[i]->object;
            k_capability_discard(context->buckets[i]);
            k_object_collect(object);
        }
        if (some)
            return false;
    }
    give_index(context->index);
    k_free(context->buckets, K_BUCKETS * sizeof context->buckets[0]);
    k_free(context, sizeof *context);
    return true;
}

/* ---- Access ---- */

const struct k_ranges *k_root_ranges(const struct k_root *root, const struct k_mapping *mapping)
{
    return root->context == k_monitor ? &mapping->given : &mapping->ranges;
}

uint32_t k_root_rights(const struct k_root *root, uint64_t address, uint32_t access,
                       enum twz_rule *rule)
{
    enum twz_rule none, *why = rule != NULL ? rule : &none;
    *why = TWZ_RULE_KERNEL_ADDRESS;
    if (address / TWZ_SLOT_SIZE >= K_SLOTS)
        return 0;
    *why = TWZ_RULE_UNMAPPED;
    const struct k_mapping *mapping = k_view_at(root->view, (uint32_t)(address / TWZ_SLOT_SIZE));
    if (mapping == NULL)
        return 0;
    *why = TWZ_RULE_NO_PAGE;
    uint32_t rights = k_ranges_rights(k_root_ranges(root, mapping),
                                      (uint32_t)(address % TWZ_SLOT_SIZE / TWZ_PAGE_SIZE));
    if (rights == 0)
        return 0;
    *why = TWZ_RULE_NO_CAPABILITY;
    const struct k_capability *c = k_context_capability(root->context, mapping->object);
    if (c == NULL || c->rights == 0)
        return 0;
    rights &= restricted(c) & k_object_rights(mapping->object);
    if (root->context != k_monitor)
        rights &=
            ~k_object_denied(mapping->object, (uint32_t)(address % TWZ_SLOT_SIZE / TWZ_PAGE_SIZE));
    if ((rights & TWZ_READ) == 0)
        rights = 0;
    *why = (rights & access) == access ? TWZ_RULE_NONE
           : access & TWZ_WRITE        ? TWZ_RULE_NO_WRITE
           : access & TWZ_EXECUTE      ? TWZ_RULE_NO_EXECUTE
                                       : TWZ_RULE_NO_READ;
    return rights;
}

/* The frame behind an address, for an access that the context has: made or copied when needed. With
 * `map`, also puts the translation into the context's address space. TWZ_RULE_NONE or why not. */
static enum twz_rule find_page(struct k_root *root, uint64_t address, uint32_t access, bool map,
                               k_phys *frame)
{
    enum twz_rule rule;
    uint32_t rights = k_root_rights(root, address, access, &rule);
    if (rule != TWZ_RULE_NONE)
        return rule;
    const struct k_mapping *mapping = k_view_at(root->view, (uint32_t)(address / TWZ_SLOT_SIZE));
    struct k_object *object = mapping->object;
    *frame = k_object_demand(object, (uint32_t)(address % TWZ_SLOT_SIZE / TWZ_PAGE_SIZE),
                             access & TWZ_WRITE);
    if (*frame == 0)
        return object->kind == K_OBJECT_DATA ? TWZ_RULE_NO_MEMORY : TWZ_RULE_NO_PAGE;
    if (!map)
        return TWZ_RULE_NONE;
    /* A page that others share is mapped without write access: the first write copies it. */
    if (!k_frame_is_own(*frame))
        rights &= ~(uint32_t)TWZ_WRITE;
    return k_space_map(&root->space, address & ~(TWZ_PAGE_SIZE - 1), *frame, rights)
               ? TWZ_RULE_NONE
               : TWZ_RULE_NO_MEMORY;
}

/* The memory is the context's, whoever copies into it. */
static enum twz_rule page_at(struct k_root *root, uint64_t address, uint32_t access, bool map,
                             k_phys *frame)
{
    const struct k_context *before = k_frames_pay(root->context);
    enum twz_rule rule = find_page(root, address, access, map, frame);
    (void)k_frames_pay(before);
    return rule;
}

enum twz_rule k_root_fault(struct k_root *root, uint64_t address, uint32_t access)
{
    k_phys frame;
    return page_at(root, address, access, true, &frame);
}

/* Bytes of one page from `address` on, at most *length. Without a root, the kernel's own. */
static enum twz_rule bytes_at(struct k_root *root, uint64_t address, uint32_t access, char **bytes,
                              uint64_t *length)
{
    k_phys frame;
    *bytes = (char *)address;
    if (root == NULL)
        return TWZ_RULE_NONE;
    enum twz_rule rule = page_at(root, address, access, false, &frame);
    uint64_t offset = address % TWZ_PAGE_SIZE;
    if (rule == TWZ_RULE_NONE)
        *bytes = (char *)k_direct(frame) + offset;
    if (*length > TWZ_PAGE_SIZE - offset)
        *length = TWZ_PAGE_SIZE - offset;
    return rule;
}

enum twz_error k_root_copy(struct k_root *to_root, uint64_t to, struct k_root *from_root,
                           uint64_t from, uint64_t length, bool patient)
{
    while (length > 0) {
        char *target, *source;
        uint64_t step = length;
        enum twz_rule rule = bytes_at(to_root, to, TWZ_WRITE, &target, &step);
        if (rule == TWZ_RULE_NONE)
            rule = bytes_at(from_root, from, TWZ_READ, &source, &step);
        if (rule != TWZ_RULE_NONE)
            return rule == TWZ_RULE_NO_MEMORY ? TWZ_ENOMEM : TWZ_EFAULT;
        memmove(target, source, step);
        to += step;
        from += step;
        length -= step;
        if (patient && length > 0)
            k_interrupt_point();
    }
    return TWZ_OK;
}

bool k_root_write(struct k_root *root, uint64_t to, const void *from, size_t length)
{
    return k_root_copy(root, to, NULL, (uint64_t)from, length, false) == TWZ_OK;
}

bool k_copy_to_user(uint64_t to, const void *from, size_t length)
{
    return k_root_write(k_thread_current()->binding->root, to, from, length);
}

bool k_copy_from_user(void *to, uint64_t from, size_t length)
{
    return k_root_copy(NULL, (uint64_t)to, k_thread_current()->binding->root, from, length,
                       false) == TWZ_OK;
}
