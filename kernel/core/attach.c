/* SPDX-License-Identifier: BSD-2-Clause */
#include "attach.h"

enum twz_error k_attach(struct k_thread *thread, struct k_context *context, bool undetachable)
{
    struct k_attachments *a = &thread->attachments;
    uint32_t word = context->index / 64;
    uint64_t bit = 1ull << context->index % 64;
    if (context == k_monitor)
        return TWZ_EPERM;
    if ((a->attached[word] & bit) == 0) {
        if (a->count == TWZ_ATTACHMENTS_MAX)
            return TWZ_ELIMIT;
        a->attached[word] |= bit;
        a->count++;
    }
    if (undetachable)
        a->undetachable[word] |= bit;
    return TWZ_OK;
}

void k_detach(struct k_thread *thread, const struct k_context *context)
{
    struct k_attachments *a = &thread->attachments;
    uint64_t bit = 1ull << context->index % 64;
    if (!k_is_attached(thread, context))
        return;
    a->attached[context->index / 64] &= ~bit;
    a->undetachable[context->index / 64] &= ~bit;
    a->count--;
}

enum twz_error k_attach_inherit(struct k_thread *thread, const struct k_thread *maker)
{
    thread->attachments = maker->attachments;
    if (thread->context == k_monitor)
        return TWZ_OK;
    return k_attach(thread, thread->context, false);
}
