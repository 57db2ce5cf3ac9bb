/* SPDX-License-Identifier: BSD-2-Clause */
#include "syscall.h"

static int64_t (*const table[])(struct k_call *) = {
#define X(name, number, ...) [number] = k_sys_##name,
    TWZ_SYSCALLS(X)
#undef X
};

/* What only those may do who have TWZ_USE on TWZ_ID_SYSTEM. */
#define BIT(name) (1ull << TWZ_SYS_##name)
#define NEEDS_SYSTEM                                                                               \
    (BIT(LOG) | BIT(LOG_READ) | BIT(SHUTDOWN) | BIT(SYSTEM_INFO) | BIT(CONTEXT_CREATE) |           \
     BIT(CONTEXT_GRANT_GATE) | BIT(CONTEXT_LIMIT) | BIT(VIEW_CREATE) | BIT(THREAD_CREATE) |        \
     BIT(GATE_PUBLISH) | BIT(GATE_INFO) | BIT(GATE_OVERLAY) | BIT(CONTEXT_CALL) |                  \
     BIT(UPCALL_RETURN) | BIT(GATE_UNWIND))
_Static_assert(sizeof table / sizeof table[0] <= 64, "a bit for each");

/* Apart, so that other calls do not pay for it. */
__attribute__((noinline)) static int64_t system_call(struct k_call *call, uint64_t number)
{
    bool may = k_context_may(call->thread->context, k_object_find(TWZ_ID_SYSTEM), TWZ_USE);
    return may ? table[number](call) : -TWZ_EPERM;
}

bool k_syscall(struct k_trap *trap)
{
    k_system.system_calls++;
    uint64_t number = k_trap_number(trap);
    struct k_call call = {.thread = k_thread_current(), .trap = trap, .a = k_trap_arguments(trap)};
    int64_t result = -TWZ_ENOSYS;
    if (number < sizeof table / sizeof table[0] && table[number] != NULL)
        result = NEEDS_SYSTEM >> number & 1 ? system_call(&call, number) : table[number](&call);
    if (!call.replaced)
        k_trap_result(trap, result);
    if (k_doomed != NULL)
        k_objects_reap(false);
    return call.replaced;
}

struct k_object *k_call_object(struct k_call *call, struct twz_id id, uint32_t rights)
{
    struct k_object *object = k_object_find(id);
    call->error = object == NULL                                         ? TWZ_ENOENT
                  : k_context_may(call->thread->context, object, rights) ? TWZ_OK
                                                                         : TWZ_EPERM;
    return call->error == TWZ_OK ? object : NULL;
}

static void *state_of(struct k_call *call, struct twz_id id, enum k_object_kind kind,
                      uint32_t rights)
{
    struct k_object *object = k_call_object(call, id, rights);
    if (object == NULL)
        return NULL;
    if (object->kind != kind)
        call->error = TWZ_EINVAL;
    else if (object->state == NULL) /* a thread that has ended */
        call->error = TWZ_ENOENT;
    return call->error == TWZ_OK ? object->state : NULL;
}

struct k_context *k_call_context(struct k_call *call, struct twz_id id, uint32_t rights)
{
    return state_of(call, id, K_OBJECT_CONTEXT, rights);
}

struct k_view *k_call_view(struct k_call *call, struct twz_id id, uint32_t rights)
{
    return state_of(call, id, K_OBJECT_VIEW, rights);
}

struct k_thread *k_call_thread(struct k_call *call, struct twz_id id, uint32_t rights)
{
    return state_of(call, id, K_OBJECT_THREAD, rights);
}

int64_t k_call_give(const struct k_call *call, enum twz_error error, struct k_object *object,
                    uint64_t to)
{
    if (error == TWZ_OK)
        error = k_context_grant(call->thread->context, object, TWZ_RIGHTS_ALL);
    if (error == TWZ_OK && !k_copy_to_user(to, &object->id, sizeof object->id))
        error = TWZ_EFAULT;
    if (error != TWZ_OK)
        (void)k_call_delete(object);
    return -(int64_t)error;
}

int64_t k_call_started(struct k_call *call, enum twz_error error)
{
    call->replaced = error == TWZ_OK;
    if (error != TWZ_OK)
        call->thread->binding->status = -(int64_t)error;
    return -(int64_t)error;
}
