/* SPDX-License-Identifier: BSD-2-Clause */
#include "syscall.h"
#include "gate.h"
#include "log.h"

static int64_t (*const table[])(struct k_call *) = {
#define X(name, number, ...) [number] = k_sys_##name,
    TWZ_SYSCALLS(X)
#undef X
};

struct k_entries k_entries;

bool k_syscall(struct k_trap *trap)
{
    k_entries.system_calls++;
    uint64_t number = k_trap_number(trap);
    if (number >= sizeof table / sizeof table[0] || table[number] == NULL) {
        k_trap_result(trap, -TWZ_ENOSYS);
        return false;
    }
    struct k_call call = {.thread = k_thread_current(), .trap = trap, .a = k_trap_arguments(trap)};
    int64_t result = table[number](&call);
    if (!call.replaced)
        k_trap_result(trap, result);
    return call.replaced;
}

bool k_call_is_system(const struct k_call *call)
{
    const struct k_object *system = k_object_find(TWZ_ID_SYSTEM);
    return k_context_may(call->thread->context, system, TWZ_USE);
}

struct k_object *k_call_object(const struct k_call *call, struct twz_id id, uint32_t rights,
                               enum twz_error *error)
{
    struct k_object *object = k_object_find(id);
    if (object == NULL) {
        *error = TWZ_ENOENT;
        return NULL;
    }
    if (!k_context_may(call->thread->context, object, rights)) {
        *error = TWZ_EPERM;
        return NULL;
    }
    *error = TWZ_OK;
    return object;
}

static void *state_of(const struct k_call *call, struct twz_id id, enum k_object_kind kind,
                      uint32_t rights, enum twz_error *error)
{
    struct k_object *object = k_call_object(call, id, rights, error);
    if (object == NULL)
        return NULL;
    if (object->kind != kind)
        *error = TWZ_EINVAL;
    else if (object->state == NULL) /* a thread that has ended */
        *error = TWZ_ENOENT;
    return *error == TWZ_OK ? object->state : NULL;
}

struct k_context *k_call_context(const struct k_call *call, struct twz_id id, uint32_t rights,
                                 enum twz_error *error)
{
    return state_of(call, id, K_OBJECT_CONTEXT, rights, error);
}

struct k_view *k_call_view(const struct k_call *call, struct twz_id id, uint32_t rights,
                           enum twz_error *error)
{
    return state_of(call, id, K_OBJECT_VIEW, rights, error);
}

struct k_thread *k_call_thread(const struct k_call *call, struct twz_id id, uint32_t rights,
                               enum twz_error *error)
{
    return state_of(call, id, K_OBJECT_THREAD, rights, error);
}
