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
    const uint64_t *a;    /* the six arguments, in `trap`: gone when that is replaced */
    bool replaced;        /* the trap is no longer the caller's: the result is not written to it */
    enum twz_error error; /* why one of the functions below has returned NULL */
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

/* What an ID names, if the active context has `rights` on it; else NULL, and call->error is
 * TWZ_ENOENT (nothing), TWZ_EPERM, or TWZ_EINVAL (not of this kind). */
struct k_object *k_call_object(struct k_call *call, struct twz_id id, uint32_t rights);
struct k_context *k_call_context(struct k_call *call, struct twz_id id, uint32_t rights);
struct k_view *k_call_view(struct k_call *call, struct twz_id id, uint32_t rights);
struct k_thread *k_call_thread(struct k_call *call, struct twz_id id, uint32_t rights);

/* The end of a call that has made something, unless `error`: gives the active context all rights on
 * it and writes the ID to its memory. 0, or what went wrong, and then it is deleted again. */
int64_t k_call_give(const struct k_call *call, enum twz_error error, struct k_object *object,
                    uint64_t to);

/* Deletes an object of any kind: what OBJECT_DELETE returns. */
int64_t k_call_delete(struct k_object *object);

/* The end of a call that starts other code of the thread, which it has done unless `error`. */
int64_t k_call_started(struct k_call *call, enum twz_error error);

#endif
