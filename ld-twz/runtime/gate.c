/* SPDX-License-Identifier: BSD-2-Clause */
/* The callee's side of bounded buffers. The kernel copies them with the rights of the caller whose
 * registers it kept, so an address that the caller cannot use itself is refused. */
#include <twz/gate.h>
#include <twz/rt/alloc.h>
#include <twz/rt/core.h>
#include <twz/rt/string.h>
#include <twz/rt/thread.h>
#include <twz/sys/call.h>

static void (*on_arrival)(void);

void twz_rt_on_arrival(void (*function)(void))
{
    on_arrival = function;
}

/* Every activation of a thread in the compartment has its part of one stack, the later the lower.
 * Coroutines have stacks elsewhere: those are the program's. */
void twz_rt_check_jump(uint64_t to, uint64_t from)
{
    uint64_t base = (uint64_t)twz_syscall0(TWZ_SYS_GATE_STACK), slot = base / TWZ_SLOT_SIZE;
    if (base == 0 || to / TWZ_SLOT_SIZE != slot)
        return;
    if (to > base || (from / TWZ_SLOT_SIZE == slot && to < from))
        twz_rt_abort("a jump out of the gate call, or into frames that have ended");
}

int64_t twz_rt_gate_enter(void)
{
    struct twz_rt_thread *thread = twz_rt_thread_self();
    if (__builtin_expect(thread->arrived != 0, 1))
        return 0;
    thread->arrived = 1;
    if (on_arrival != NULL)
        on_arrival();
    return 0;
}

void *twz_rt_gate_buffer_open(uint32_t index, size_t size, int direction, int64_t *status)
{
    if (*status != 0)
        return NULL;
    char *buffer = malloc(size + 1);
    if (buffer == NULL) {
        *status = -TWZ_ENOMEM;
        return NULL;
    }
    if (direction & TWZ_BUFFER_IN)
        *status = twz_syscall4(TWZ_SYS_GATE_COPY_IN, index, (uintptr_t)buffer, 0, size);
    else
        memset(buffer, 0, size); /* nothing old of the callee's goes out */
    buffer[size] = '\0';
    if (*status < 0) {
        free(buffer);
        return NULL;
    }
    *status = 0;
    return buffer;
}

void twz_rt_gate_buffer_close(uint32_t index, void *buffer, size_t size, int direction,
                              int64_t *status)
{
    if (*status == 0 && (direction & TWZ_BUFFER_OUT)) {
        int64_t copied = twz_syscall4(TWZ_SYS_GATE_COPY_OUT, index, (uintptr_t)buffer, 0, size);
        if (copied < 0)
            *status = copied;
    }
    free(buffer);
}
