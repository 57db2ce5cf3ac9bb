/* SPDX-License-Identifier: BSD-2-Clause */
#define TWZ_GATE_PROVIDER
#include "vault.h"
#include "vault_ask.h"
#include "vault_back.h"

/* In its own compartment a gate is the function itself. */
extern const char open_entry[] __asm__("vault_open") __attribute__((visibility("default")));
extern const char ask_entry[] __asm__("vault_ask") __attribute__((visibility("default")));

int64_t vault_open_impl(void)
{
    static int64_t opened;
    return ++opened;
}

int64_t vault_ask_impl(uint64_t value)
{
    return (int64_t)value + 1;
}

uint64_t vault_where_impl(uint32_t which)
{
    return which == VAULT_OPEN  ? (uintptr_t)open_entry
           : which == VAULT_ASK ? (uintptr_t)ask_entry
                                : (uintptr_t)vault_open_impl;
}

/* 8 KiB of its stack are in use while it calls back; afterwards it needs 32 more. */
__attribute__((noinline)) static int64_t work_after(int64_t result)
{
    volatile char bytes[32768];
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)result;
    return result + bytes[0] - bytes[sizeof bytes - 1];
}

int64_t vault_back_impl(vault_step *step, int64_t deep)
{
    volatile char bytes[8192];
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    int64_t result = step(deep);
    return work_after(result) + bytes[0];
}

int64_t vault_work_impl(void)
{
    volatile uint32_t rounds = 0;
    while (rounds < 20000000)
        rounds++;
    return 0;
}

/* The one gate whose callee sees something of its caller's stack. */
#undef TWZ_GATE_ISOLATION
#define TWZ_GATE_ISOLATION 1
#undef TWZ_GATE_FRAME
#define TWZ_GATE_FRAME 64
#include "vault_lend.h"

int64_t vault_lend_impl(uint64_t address)
{
    return *(const volatile unsigned char *)address;
}
