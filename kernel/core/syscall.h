/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system call table. Each call is a function k_sys_NAME in one of the sys_*.c files; its
 * arguments are the six registers in the order of <twz/sys/syscall.h>.
 */
#ifndef K_SYSCALL_H
#define K_SYSCALL_H

#include "thread.h"

struct k_call {
    struct k_thread *thread;
    struct k_trap *trap;
    const uint64_t *a; /* the six arguments, in `trap`: gone when that is replaced */
    bool replaced;     /* the trap is no longer the caller's: the result is not written to it */
};

#define X(name, number, ...) int64_t k_sys_##name(struct k_call *call);
TWZ_SYSCALLS(X)
#undef X

/* From assembly. True: registers other than the result changed. */
bool k_syscall(struct k_trap *trap);

/* An ID that is passed by value, from argument `first` on. */
static inline struct twz_id k_arg_id(const struct k_call *call, unsigned first)
{
    return (struct twz_id){.hi = call->a[first], .lo = call->a[first + 1]};
}

/* What an ID names, if the active context has `rights` on it; else NULL, and *error is TWZ_ENOENT
 * (nothing), TWZ_EPERM, or TWZ_EINVAL (not of this kind). */
struct k_object *k_call_object(const struct k_call *call, struct twz_id id, uint32_t rights,
                               enum twz_error *error);
struct k_context *k_call_context(const struct k_call *call, struct twz_id id, uint32_t rights,
                                 enum twz_error *error);
struct k_view *k_call_view(const struct k_call *call, struct twz_id id, uint32_t rights,
                           enum twz_error *error);
struct k_thread *k_call_thread(const struct k_call *call, struct twz_id id, uint32_t rights,
                               enum twz_error *error);

/* Whether the active context has TWZ_USE on TWZ_ID_SYSTEM. */
bool k_call_is_system(const struct k_call *call);

#endif
