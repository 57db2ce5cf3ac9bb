/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attachments: which contexts a thread may be switched to. To be attached grants nothing: a thread
 * has the rights of its active context alone. It is one of two conditions for a plain call of a
 * gate (gate.h) and for raising a context (CONTEXT_ACTIVATE). The monitor's context is never
 * attached.
 */
#ifndef K_ATTACH_H
#define K_ATTACH_H

#include "thread.h"

static inline bool k_is_attached(const struct k_thread *thread, const struct k_context *context)
{
    return thread->attachments.attached[context->index / 64] >> context->index % 64 & 1;
}

static inline bool k_is_undetachable(const struct k_thread *thread, const struct k_context *context)
{
    return thread->attachments.undetachable[context->index / 64] >> context->index % 64 & 1;
}

/* Attaches, or makes an attachment undetachable for good. TWZ_OK, TWZ_EPERM (the monitor's context)
 * or TWZ_ELIMIT. */
enum twz_error k_attach(struct k_thread *thread, struct k_context *context, bool undetachable);

/* Detaches, whatever the attachment is like; nothing happens when there is none. */
void k_detach(struct k_thread *thread, const struct k_context *context);

/* A new thread has the attachments of the thread that makes it, and is attached to the context in
 * which it starts. TWZ_OK or TWZ_ELIMIT. */
enum twz_error k_attach_inherit(struct k_thread *thread, const struct k_thread *maker);

#endif
