/* SPDX-License-Identifier: BSD-2-Clause */
/* What runs inside compartments: no global data, only arguments, registers and system calls. */
#include "functions.h"

uint64_t f_read(uint64_t address)
{
    return *(volatile uint8_t *)address;
}

uint64_t f_write(uint64_t address)
{
    *(volatile uint8_t *)address = 0x5a;
    return 0;
}

uint64_t f_jump(uint64_t address)
{
    return ((uint64_t(*)(void))address)();
}

uint64_t f_identity(uint64_t value)
{
    return value;
}

uint64_t f_loop_forever(uint64_t unused)
{
    for (;;)
        __asm__ volatile("" ::"r"(unused));
}

uint64_t f_call_gate(uint64_t address)
{
    return (uint64_t)((gate_function *)address)(1, 2, 3, 4, 5, 6);
}

/* Calls a gate with what stands in a shared page: stub, then six arguments. */
uint64_t f_call_with(uint64_t page)
{
    const uint64_t *a = (const uint64_t *)page;
    return (uint64_t)((gate_function *)a[0])(a[1], a[2], a[3], a[4], a[5], a[6]);
}

/* The same, and says in words 8 and 9 that it has begun, and that it has come back. */
uint64_t f_call_and_mark(uint64_t page)
{
    volatile uint64_t *a = (volatile uint64_t *)page;
    a[8] = 1;
    f_call_with(page);
    a[9] = 1;
    twz_syscall0(TWZ_SYS_THREAD_EXIT);
    return 0;
}

/* Looks at the clock until word 9 says so; word 10: the longest time between two looks. */
uint64_t f_watch_clock(uint64_t page)
{
    volatile uint64_t *a = (volatile uint64_t *)page;
    uint64_t last = (uint64_t)twz_syscall0(TWZ_SYS_CLOCK);
    while (a[9] == 0) {
        uint64_t now = (uint64_t)twz_syscall0(TWZ_SYS_CLOCK);
        if (now - last > a[10])
            a[10] = now - last;
        last = now;
    }
    twz_syscall0(TWZ_SYS_THREAD_EXIT);
    return 0;
}

/* Makes a system call and says in word 9 that it has come back. */
uint64_t f_syscall_and_mark(uint64_t page)
{
    volatile uint64_t *a = (volatile uint64_t *)page;
    f_syscall_with(page);
    a[9] = 1;
    twz_syscall0(TWZ_SYS_THREAD_EXIT);
    return 0;
}

/* A system call with what stands in a shared page: number, then six arguments. */
uint64_t f_syscall_with(uint64_t page)
{
    const uint64_t *a = (const uint64_t *)page;
    return (uint64_t)twz_syscall6(a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
}

/* Whether any word of the bytes at and below the stack pointer, and above it up to the stack's end,
 * is the secret. The page says: secret, low, high. */
uint64_t f_scan(uint64_t page)
{
    const volatile uint64_t *a = (const volatile uint64_t *)page;
    uint64_t found = 0;
    for (uint64_t at = a[1]; at < a[2]; at += 8)
        found += *(const volatile uint64_t *)at == a[0];
    return found;
}

/* Leaves a secret on its stack and calls a gate: page says stub, secret. */
uint64_t f_secret_call(uint64_t page)
{
    const volatile uint64_t *a = (const volatile uint64_t *)page;
    volatile uint64_t secret[64];
    for (unsigned i = 0; i < 64; i++)
        secret[i] = a[1];
    uint64_t result = (uint64_t)((gate_function *)a[0])(page, 0, 0, 0, 0, 0);
    return result + (secret[0] != a[1]);
}

/* Calls a gate with two arguments and a deadline: page says stub, arguments, deadline. */
uint64_t f_deadline_call(uint64_t page)
{
    const uint64_t *a = (const uint64_t *)page;
    twz_syscall1(TWZ_SYS_GATE_DEADLINE, a[3]);
    return (uint64_t)((gate_function *)a[0])(a[1], a[2], 0, 0, 0, 0);
}

uint64_t f_gate_status(uint64_t address)
{
    ((gate_function *)address)(0, 0, 0, 0, 0, 0);
    return (uint64_t)twz_syscall0(TWZ_SYS_GATE_STATUS);
}

uint64_t f_return_without(uint64_t value)
{
    return (uint64_t)twz_syscall2(TWZ_SYS_GATE_RETURN, value, 0);
}

uint64_t f_thread_counter(uint64_t page)
{
    volatile uint64_t *a = (volatile uint64_t *)page;
    for (;;)
        a[0]++;
}

uint64_t f_thread_yield(uint64_t page)
{
    volatile uint64_t *a = (volatile uint64_t *)page;
    for (unsigned i = 0; i < 10; i++) {
        a[0]++;
        twz_syscall0(TWZ_SYS_THREAD_YIELD);
    }
    twz_syscall0(TWZ_SYS_THREAD_EXIT);
    a[0] = 0;
    return 0;
}

/* Becomes the view of a struct twz_become_spec at a[0..3]: the result goes to a[4], and what is at
 * address a[5] afterwards to a[6]. */
uint64_t f_become(uint64_t page)
{
    volatile uint64_t *a = (volatile uint64_t *)page;
    a[4] = (uint64_t)twz_syscall1(TWZ_SYS_VIEW_BECOME, page);
    a[6] = *(volatile uint8_t *)a[5];
    return a[4];
}

uint64_t f_exit(uint64_t unused)
{
    (void)unused;
    return (uint64_t)twz_syscall0(TWZ_SYS_THREAD_EXIT);
}

/* Looks at address a[2] again and again: what is there goes to a[1], how often to a[0]. */
uint64_t f_watch(uint64_t page)
{
    volatile uint64_t *a = (volatile uint64_t *)page;
    for (;;) {
        a[1] = *(volatile uint8_t *)a[2];
        a[0]++;
        twz_syscall0(TWZ_SYS_THREAD_YIELD);
    }
}

/* Sleeps on the word at a[1], while it is a[2], until a[3]; the result goes to a[0]. */
uint64_t f_sleep(uint64_t page)
{
    volatile uint64_t *a = (volatile uint64_t *)page;
    a[0] = (uint64_t)twz_syscall5(TWZ_SYS_THREAD_SLEEP, 0, 0, a[1], a[2], a[3]);
    twz_syscall0(TWZ_SYS_THREAD_EXIT);
    return 0;
}

/* Ten turns: each appends a[1] to the list at a[0], which begins with its length. */
uint64_t f_mark(uint64_t page)
{
    volatile uint64_t *a = (volatile uint64_t *)page;
    volatile uint64_t *line = (volatile uint64_t *)a[0];
    for (unsigned i = 0; i < 10; i++) {
        line[1 + line[0]++] = a[1];
        twz_syscall0(TWZ_SYS_THREAD_YIELD);
    }
    twz_syscall0(TWZ_SYS_THREAD_EXIT);
    return 0;
}

uint64_t f_touch_all(uint64_t address)
{
    for (;; address += TWZ_PAGE_SIZE)
        f_write(address);
}

uint64_t f_create_all(uint64_t unused)
{
    struct twz_object_spec spec = {.medium = TWZ_VOLATILE};
    struct twz_id id;
    int64_t result;
    do
        result = twz_syscall2(TWZ_SYS_OBJECT_CREATE, (uint64_t)&spec, (uint64_t)&id);
    while (result == 0);
    return (uint64_t)result + unused;
}

/* Four words on this stack, for a callee to look at; in the frame above, a secret. The callee's
 * result, or 1000 if the words have changed. */
__attribute__((noinline)) static uint64_t lend_words(const volatile uint64_t *w)
{
    volatile uint64_t words[4] = {1, 2, 3, w[1] == PEEK_NEST ? (uint64_t)(w + 4) : 4};
    uint64_t last = words[3];
    __asm__ volatile("" ::"r"(__builtin_frame_address(0))); /* rbp is the end of this frame */
    int64_t result = ((gate_function *)w[0])((uint64_t)words, w[1], w[2], 0, 0, 0);
    return words[0] == 1 && words[3] == last ? (uint64_t)result : 1000;
}

uint64_t f_lend(uint64_t page)
{
    const volatile uint64_t *w = (const volatile uint64_t *)page;
    volatile uint64_t secret[40];
    for (unsigned i = 0; i < 40; i++)
        secret[i] = w[3];
    uint64_t result = lend_words(w);
    return secret[20] == w[3] ? result : 1001;
}

/* ---- Bodies of gates (entries.S) ---- */

uint64_t g_sum_body(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
    return a + 10 * b + 100 * c + 1000 * d + 10000 * e + 100000 * f;
}

uint64_t g_look_body(uint64_t address)
{
    return *(volatile uint8_t *)address;
}

uint64_t g_caller_body(void)
{
    struct twz_id id = {0, 0};
    twz_syscall1(TWZ_SYS_GATE_CALLER, (uint64_t)&id);
    return id.lo;
}

uint64_t g_fault_body(uint64_t address)
{
    return f_write(address);
}

uint64_t g_through_body(uint64_t address)
{
    return f_call_gate(address);
}

uint64_t g_exit_body(void)
{
    return (uint64_t)twz_syscall0(TWZ_SYS_THREAD_EXIT);
}

uint64_t g_peek_body(uint64_t address, uint64_t what, uint64_t value)
{
    volatile uint64_t *words = (volatile uint64_t *)address;
    uint64_t found = 0;
    switch (what) {
    case PEEK_SUM:
        return words[0] + words[1] + words[2] + words[3];
    case PEEK_TWICE:
        return g_peek_body(address, PEEK_SUM, 0) + g_peek_body(address, PEEK_SUM, 0);
    case PEEK_WRITE:
        words[0] = value;
        return words[0];
    case PEEK_SCAN:
        for (uint64_t at = address & ~4095ull; at < (address | 4095); at += 8)
            found += *(volatile uint64_t *)at == value;
        return found;
    case PEEK_BELOW:
        return words[-512];
    case PEEK_JUMP:
        return f_jump(address);
    case PEEK_NEST: /* words[3] says what to give to the callback */
        words[0] = 50;
        found = (uint64_t)((gate_function *)value)(words[3], 0, 0, 0, 0, 0);
        return words[0] + found;
    default:
        return 0;
    }
}

/* Lends once more, by the second half of the test's page: see levels.c. */
uint64_t g_relend_body(uint64_t page)
{
    return f_lend(page);
}

uint64_t g_loop_body(uint64_t unused)
{
    return f_loop_forever(unused);
}

uint64_t g_busy_body(uint64_t nanoseconds)
{
    int64_t end = twz_syscall0(TWZ_SYS_CLOCK) + (int64_t)nanoseconds;
    while (twz_syscall0(TWZ_SYS_CLOCK) < end)
        for (volatile unsigned i = 0; i < 1000; i = i + 1)
            ;
    return 0;
}

/* Sleeps for ever on the word at an address, or on one of its own. */
uint64_t g_sleep_body(uint64_t address)
{
    uint32_t own = 0;
    if (address < TWZ_PAGE_SIZE)
        address = (uint64_t)&own;
    for (;;)
        twz_syscall5(TWZ_SYS_THREAD_SLEEP, 0, 0, address, *(const volatile uint32_t *)address,
                     UINT64_MAX);
}

uint64_t g_calls_body(void)
{
    for (;;)
        twz_syscall0(TWZ_SYS_NULL);
}

/* A gate that takes its time, again and again. */
uint64_t g_twice_body(uint64_t address, uint64_t nanoseconds)
{
    for (;;)
        ((gate_function *)address)(nanoseconds, 0, 0, 0, 0, 0);
}

/* Copies the buffer once and looks at the copy twice; other threads run in between. */
uint64_t g_race_body(uint64_t pointer, uint64_t length)
{
    uint8_t bytes[256];
    uint64_t first = 0, second = 0;
    (void)pointer;
    if (twz_syscall4(TWZ_SYS_GATE_COPY_IN, 0, (uint64_t)bytes, 0, length) < 0)
        return UINT64_MAX;
    for (uint64_t i = 0; i < length; i++)
        first += bytes[i];
    for (unsigned i = 0; i < 4; i++)
        twz_syscall0(TWZ_SYS_THREAD_YIELD);
    for (uint64_t i = 0; i < length; i++)
        second += ((volatile uint8_t *)bytes)[i];
    return first == second;
}

/* A thread that changes a buffer for ever. */
uint64_t f_flip(uint64_t buffer)
{
    for (;;) {
        for (unsigned i = 0; i < 256; i++)
            ((volatile uint8_t *)buffer)[i]++;
        twz_syscall0(TWZ_SYS_THREAD_YIELD);
    }
}

/* Calls itself, `depth` deep, through the stub. Returns how deep it came, or the error. */
uint64_t g_recurse_body(uint64_t depth, uint64_t address)
{
    if (depth == 0)
        return 0;
    int64_t result = ((gate_function *)address)(depth - 1, address, 0, 0, 0, 0);
    return (uint64_t)(result < 0 ? result : result + 1);
}

/* As deep as it gets: the deepest call fails and the count comes back. */
uint64_t g_depth_body(uint64_t address)
{
    int64_t result = ((gate_function *)address)(address, 0, 0, 0, 0, 0);
    return (uint64_t)(result < 0 ? 1 : result + 1);
}

/* Buffer 0 is (rdi, rsi): the sum of its bytes, through a copy. */
uint64_t g_copy_in_body(uint64_t pointer, uint64_t length, uint64_t extra)
{
    uint8_t bytes[256];
    (void)pointer;
    int64_t error = twz_syscall4(TWZ_SYS_GATE_COPY_IN, 0, (uint64_t)bytes, extra, length);
    if (error < 0)
        return (uint64_t)error;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < length; i++)
        sum += bytes[i];
    return sum;
}

/* Writes the bytes 1, 2, 3... to the caller's buffer `index` at `offset`. */
uint64_t g_copy_out_body(uint64_t pointer, uint64_t length, uint64_t index, uint64_t offset)
{
    uint8_t bytes[256];
    (void)pointer;
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i + 1);
    return (uint64_t)twz_syscall4(TWZ_SYS_GATE_COPY_OUT, index, (uint64_t)bytes, offset, length);
}

/* A gate of the test program itself: ends the activation that called it. */
uint64_t g_unwind_body(uint64_t error, uint64_t value)
{
    return (uint64_t)twz_syscall2(TWZ_SYS_GATE_UNWIND, error, value);
}

/* Stack arguments of a gate lie where a seventh argument does. */
uint64_t g_stack_body(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f,
                      uint64_t seventh, uint64_t eighth)
{
    return a + b + c + d + e + f + 100 * seventh + 1000 * eighth;
}

typedef int64_t stack_function(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                               uint64_t);
uint64_t f_call_stack(uint64_t address)
{
    return (uint64_t)((stack_function *)address)(1, 2, 3, 4, 5, 6, 7, 8);
}

/* Stack arguments of a choice: stub, both arguments. */
uint64_t f_call_stack_with(uint64_t page)
{
    const uint64_t *a = (const uint64_t *)page;
    return (uint64_t)((stack_function *)a[0])(1, 2, 3, 4, 5, 6, a[1], a[1]);
}
