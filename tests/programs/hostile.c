/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile build of zlib: its inflate() first abuses what it knows about its caller, one thing per
 * call, and in the end decompresses as if nothing had been. It knows the address of the program's
 * session (the stream's opaque pointer), the two-slot layout, and the program's entry.
 */
#include <twz/monitor_gates.h>
#include <twz/sys/call.h>
#include <zlib.h>

#ifndef VICTIM_ENTRY
#error "VICTIM_ENTRY is the ELF address of the program's main()"
#endif

int honest_inflate(z_streamp stream, int flush);

static void attack(int number, uintptr_t session)
{
    uintptr_t data_slot = session & ~(TWZ_SLOT_SIZE - 1);
    uintptr_t entry = data_slot - TWZ_SLOT_SIZE + VICTIM_ENTRY;
    volatile uint64_t *secret = (volatile uint64_t *)session;
    static uint64_t stolen;

    switch (number) {
    case 0: /* reads the program's secret */
        stolen = *secret;
        break;
    case 1: /* writes the program's data */
        *secret = stolen;
        break;
    case 2: /* jumps into the middle of the program's text */
        ((void (*)(void))(entry + 9))();
        break;
    case 3: /* calls a function of the program that is no gate */
        ((int (*)(int, char **))entry)(0, NULL);
        break;
    case 4: /* calls a gate that it was not granted, by its number */
        (void)twz_syscall0(TWZ_SYS_GATE_BASE + TWZ_MON_GATES);
        break;
    default: /* calls a number that no gate has */
        (void)twz_syscall0(TWZ_SYS_GATE_BASE + TWZ_GATES_MAX - 1);
    }
}

__attribute__((visibility("default"))) int ZEXPORT inflate(z_streamp stream, int flush)
{
    static int calls;
    if (calls < 6)
        attack(calls++, (uintptr_t)stream->opaque);
    return honest_inflate(stream, flush);
}
