/* SPDX-License-Identifier: BSD-2-Clause */
/* Bounded buffers: copied by index, with the caller's rights, within what the caller passed. */
#include "functions.h"

static struct compartment a, b;
static uint64_t page, data; /* a's arguments; a's buffer */
static uint64_t *words;

static int64_t gate_of_b(void (*entry)(void), enum twz_buffer_direction direction, uint64_t max)
{
    struct twz_gate_spec spec = gate_spec(&b, entry);
    spec.register_args = 4;
    spec.buffer_count = 1;
    spec.buffers[0] = (struct twz_gate_buffer){.pointer_register = 0,
                                               .length_register = 1,
                                               .direction = (uint8_t)direction,
                                               .max_length = max};
    return publish_for(&a, &spec);
}

static int64_t copy(int64_t gate, uint64_t pointer, uint64_t length, uint64_t x, uint64_t y)
{
    words[0] = (uint64_t)stub(gate);
    words[1] = pointer;
    words[2] = length;
    words[3] = x;
    words[4] = y;
    return call(&a, f_call_with, page);
}

static void test_in(void)
{
    volatile uint8_t *bytes = (volatile uint8_t *)data;
    for (unsigned i = 0; i < 2 * TWZ_PAGE_SIZE; i++)
        bytes[i] = 1;
    int64_t in = gate_of_b(g_copy_in, TWZ_BUFFER_IN, 256);
    equal((uint64_t)copy(in, data, 256, 0, 0), 256, "a buffer arrives");
    equal((uint64_t)copy(in, data + TWZ_PAGE_SIZE - 100, 256, 0, 0), 256, "also across pages");
    equal((uint64_t)copy(in, data, 0, 0, 0), 0, "an empty buffer is fine");
    equal((uint64_t)copy(in, data, 257, 0, 0), (uint64_t)-TWZ_ETOOBIG,
          "P119 a buffer larger than declared is refused");
    equal((uint64_t)copy(in, UINT64_MAX - 10, 100, 0, 0), (uint64_t)-TWZ_EFAULT,
          "a buffer that wraps around is refused");
    equal((uint64_t)copy(in, data, 100, 1, 0), (uint64_t)-TWZ_EINVAL,
          "P119 the callee cannot read past the buffer");
    equal((uint64_t)copy(in, data, 100, UINT64_MAX - 50, 0), (uint64_t)-TWZ_EINVAL,
          "nor before it");

    /* The rights are the caller's: not the callee's, not the monitor's. */
    struct twz_id secret = object_create();
    uint64_t address = map(secret, 1, 1, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    *(volatile uint64_t *)address = 1;
    grant(&b, secret, TWZ_READ | TWZ_WRITE);
    equal((uint64_t)copy(in, address, 8, 0, 0), (uint64_t)-TWZ_EFAULT,
          "a callee's object is no buffer of the caller");
    bool all = true;
    for (unsigned i = 0; i < hostile_count; i++) {
        int64_t r = copy(in, hostile_addresses[i], 16, 0, 0);
        all = all && r == -TWZ_EFAULT;
    }
    check(all, "buffers at hostile addresses are refused");
    equal((uint64_t)copy(in, data + 4 * TWZ_PAGE_SIZE - 8, 16, 0, 0), (uint64_t)-TWZ_EFAULT,
          "a buffer that runs out of its object is refused");
}

static void test_out(void)
{
    volatile uint8_t *bytes = (volatile uint8_t *)data;
    int64_t out = gate_of_b(g_copy_out, TWZ_BUFFER_OUT, 256);
    equal((uint64_t)copy(out, data, 100, 0, 0), 0, "a result buffer is written");
    check(bytes[0] == 1 && bytes[99] == 100 && bytes[100] == 1, "and no byte more");
    equal((uint64_t)copy(out, data, 100, 1, 0), (uint64_t)-TWZ_EINVAL, "there is no second buffer");
    equal((uint64_t)copy(out, data, 100, UINT64_MAX, 0), (uint64_t)-TWZ_EINVAL,
          "nor one at a huge index");
    equal((uint64_t)copy(out, data, 100, 0, 1), (uint64_t)-TWZ_EINVAL, "nor bytes past its end");
    int64_t in = gate_of_b(g_copy_out, TWZ_BUFFER_IN, 256);
    equal((uint64_t)copy(in, data, 100, 0, 0), (uint64_t)-TWZ_EINVAL,
          "an `in` buffer is not written");
    int64_t in_only = gate_of_b(g_copy_in, TWZ_BUFFER_OUT, 256);
    equal((uint64_t)copy(in_only, data, 100, 0, 0), (uint64_t)-TWZ_EINVAL,
          "an `out` buffer is not read");
    equal((uint64_t)copy(out, boot.text_slot * TWZ_SLOT_SIZE + TWZ_OBJECT_BASE, 16, 0, 0),
          (uint64_t)-TWZ_EFAULT, "code is no result buffer");
    equal((uint64_t)copy(out, page, 16, 0, 0), (uint64_t)-TWZ_EFAULT,
          "nor what the caller may only read");
    int64_t both = gate_of_b(g_copy_out, TWZ_BUFFER_INOUT, 256);
    equal((uint64_t)copy(both, data + TWZ_PAGE_SIZE - 10, 20, 0, 0), 0,
          "an `inout` buffer is written, across pages");
    check(bytes[TWZ_PAGE_SIZE - 1] == 10 && bytes[TWZ_PAGE_SIZE] == 11, "in full");
}

/* A second thread of the caller changes the buffer, and its own idea of it, during the call. */
static void test_race(void)
{
    struct twz_thread_spec spec = {
        .context = a.context, .entry = (uint64_t)f_flip, .argument = data};
    struct twz_id thread;
    twz_syscall2(TWZ_SYS_THREAD_CREATE, (uint64_t)&spec, (uint64_t)&thread);
    struct compartment beside = a;
    compartment_stack(&beside);
    compartment_bind(&beside, thread);
    volatile uint8_t *bytes = (volatile uint8_t *)data;
    uint8_t before = bytes[0];
    int64_t race = gate_of_b(g_race, TWZ_BUFFER_IN, 256);
    bool all = true;
    for (unsigned i = 0; i < 20; i++)
        all = all && copy(race, data, 256, 0, 0) == 1;
    check(bytes[0] != before, "a second thread changes the buffer during the call");
    check(all, "P119 and the callee sees one copy, made within its bounds");
    object_delete(thread);
}

void test_buffers(void)
{
    a = compartment_create();
    b = compartment_create();
    struct twz_id arguments = object_create(), buffer = object_create();
    page = map(arguments, 1, 1, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    data = map(buffer, 1, 4, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    words = (uint64_t *)page;
    for (unsigned i = 0; i < 7; i++)
        words[i] = 0;
    grant(&a, arguments, TWZ_READ);
    grant(&a, buffer, TWZ_READ | TWZ_WRITE);
    test_in();
    test_out();
    test_race();
}
