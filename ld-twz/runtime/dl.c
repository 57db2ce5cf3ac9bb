/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Libraries at run time. The monitor loads and unloads; constructors and destructors run here, on
 * the thread that asked. One lock for all of it, which its owner may take again: constructors load
 * libraries too.
 */
#include "runtime.h"
#include <twz/monitor_gates.h>
#include <twz/rt/dl.h>
#include <twz/rt/info.h>
#include <twz/rt/string.h>
#include <twz/rt/thread.h>

static uint32_t lock;
static uint32_t owner; /* number of the thread that holds the lock, + 1 */
static uint32_t depth;

static char message[TWZ_MON_MESSAGE_MAX];

static void enter(void)
{
    uint32_t self = twz_rt_thread_number() + 1;
    if (__atomic_load_n(&owner, __ATOMIC_RELAXED) != self) {
        twz_rt_lock(&lock);
        __atomic_store_n(&owner, self, __ATOMIC_RELAXED);
    }
    depth++;
}

static void leave(void)
{
    if (--depth > 0)
        return;
    __atomic_store_n(&owner, 0, __ATOMIC_RELAXED);
    twz_rt_unlock(&lock);
}

static int64_t fail(int64_t status, const char *text)
{
    size_t length = strnlen(text, sizeof message - 1);
    memcpy(message, text, length);
    message[length] = '\0';
    return status;
}

const char *twz_rt_dl_message(void)
{
    return message;
}

static const struct twz_rt_library *library(uint64_t entry)
{
    return (const struct twz_rt_library *)(uintptr_t)twz_rt_own_state->libraries + entry;
}

void twz_rt_library_start(uint64_t first)
{
    for (uint64_t at = first; at != 0;) {
        const struct twz_rt_library *l = library(at - 1);
        uint64_t next = l->next;
        if (l->init != 0)
            twz_rt_call(l->init);
        for (uint64_t i = 0; i < l->init_count; i++)
            twz_rt_call(((const uint64_t *)(uintptr_t)l->init_array)[i]);
        at = next;
    }
}

static void finish(const struct twz_rt_library *l)
{
    for (uint64_t i = l->fini_count; i-- > 0;)
        twz_rt_call(((const uint64_t *)(uintptr_t)l->fini_array)[i]);
    if (l->fini != 0)
        twz_rt_call(l->fini);
}

/* At the end of the program: what came last goes first. */
void twz_rt_libraries_finish(void)
{
    for (uint64_t below = UINT64_MAX;;) {
        const struct twz_rt_library *last = NULL;
        for (uint64_t i = 0; i < twz_rt_own_state->library_count; i++) {
            const struct twz_rt_library *l = library(i);
            if (twz_rt_is_library(l) && l->sequence != 0 && l->sequence < below &&
                (last == NULL || l->sequence > last->sequence))
                last = l;
        }
        if (last == NULL)
            return;
        below = last->sequence;
        finish(last);
    }
}

int64_t twz_rt_dl_open_from(const char *name, const char *compartment, uint32_t flags,
                            const void *caller, uint64_t *handle)
{
    struct twz_mon_load_spec spec = {.from = (uintptr_t)caller};
    struct twz_mon_load_answer answer = {.message = ""};
    if (flags & TWZ_RT_DL_GLOBAL)
        spec.flags |= TWZ_MON_LOAD_GLOBAL;
    if (flags & TWZ_RT_DL_FIND)
        spec.flags |= TWZ_MON_LOAD_FIND;
    if (flags & TWZ_RT_DL_ISOLATE_CALLEE)
        spec.flags |= TWZ_MON_LOAD_DEMAND * TWZ_ISOLATE_CALLEE;
    if (flags & TWZ_RT_DL_ISOLATE_CALLER)
        spec.flags |= TWZ_MON_LOAD_DEMAND * TWZ_ISOLATE_CALLER;
    if (name == NULL)
        name = "";
    if (compartment == NULL)
        compartment = "";
    if (strnlen(name, sizeof spec.name) == sizeof spec.name ||
        strnlen(compartment, sizeof spec.compartment) == sizeof spec.compartment)
        return fail(-TWZ_EINVAL, "the name is too long");
    memcpy(spec.name, name, strlen(name));
    memcpy(spec.compartment, compartment, strlen(compartment));
    enter();
    int64_t status = twz_mon_load(&spec, sizeof spec, &answer, sizeof answer);
    if (status < 0) {
        fail(status, answer.message[0] != '\0' ? answer.message : twz_rt_error_text(status));
    } else {
        twz_rt_library_start(answer.first);
        *handle = answer.handle;
    }
    leave();
    return status < 0 ? status : 0;
}

int64_t twz_rt_dl_open(const char *name, const char *compartment, uint32_t flags, uint64_t *handle)
{
    return twz_rt_dl_open_from(name, compartment, flags, __builtin_return_address(0), handle);
}

int64_t twz_rt_dl_close(uint64_t handle)
{
    enter();
    int64_t first = twz_mon_close(handle);
    if (first < 0)
        fail(first, twz_rt_error_text(first));
    if (first > 0) {
        for (uint64_t at = (uint64_t)first; at != 0;) {
            const struct twz_rt_library *l = library(at - 1);
            uint64_t next = l->next;
            finish(l);
            twz_rt_thread_forget(l->tls_module);
            at = next;
        }
        (void)twz_mon_unload(handle); /* else whoever loads next sees to it: it is closed */
    }
    leave();
    return first < 0 ? first : 0;
}

int64_t twz_rt_dl_symbol(uint64_t handle, const char *name, const char *version, const void *caller,
                         void **address)
{
    struct twz_mon_symbol_spec spec = {.where = handle, .from = (uintptr_t)caller};
    struct twz_mon_symbol_answer answer = {.message = ""};
    if (strnlen(name, sizeof spec.name) == sizeof spec.name ||
        (version != NULL && strnlen(version, sizeof spec.version) == sizeof spec.version))
        return fail(-TWZ_EINVAL, "the name is too long");
    memcpy(spec.name, name, strlen(name));
    if (version != NULL)
        memcpy(spec.version, version, strlen(version));
    enter();
    int64_t status = twz_mon_symbol(&spec, sizeof spec, &answer, sizeof answer);
    if (status < 0)
        fail(status, answer.message[0] != '\0' ? answer.message : twz_rt_error_text(status));
    else
        twz_rt_library_start(answer.first);
    leave();
    if (status < 0)
        return status;
    if (answer.kind == TWZ_MON_SYMBOL_TLS)
        *address = __tls_get_addr((size_t[]){answer.module, answer.value});
    else if (answer.kind == TWZ_MON_SYMBOL_IFUNC)
        *address = ((void *(*)(void))(uintptr_t)answer.value)();
    else
        *address = (void *)(uintptr_t)answer.value;
    return 0;
}
