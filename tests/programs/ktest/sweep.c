/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Gate calls of every kind while kernel/test/sweep.c interrupts each of their instructions. The
 * kernel panics when it finds something that must not be; what the calls return is checked here.
 */
#include "functions.h"

#define BEGIN 0x5eebe6 /* as in kernel/test/sweep.c */
#define END   0x5eee2d

static struct compartment a, b;
static uint64_t page;
static uint64_t *words;

static int64_t gate_of_b(void (*entry)(void), uint8_t arguments, uint8_t vectors, uint8_t returns)
{
    struct twz_gate_spec spec = gate_spec(&b, entry);
    spec.register_args = arguments;
    spec.vector_args = vectors;
    spec.returns = returns;
    return publish(&spec);
}

/* Page: the number of rounds, then stubs. How many calls went wrong. */
uint64_t f_sweep(uint64_t address)
{
    const volatile uint64_t *w = (const volatile uint64_t *)address;
    const uint8_t bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint64_t wrong = 0;
    for (uint64_t round = 0; round < w[0]; round++) {
        wrong += ((gate_function *)w[1])(round, 0, 0, 0, 0, 0) != (int64_t)round;
        wrong += ((gate_function *)w[2])(1, 2, 3, 4, 5, 6) != 654321;
        wrong += f_vector_call(w[3]) != 3;
        wrong += ((gate_function *)w[4])((uint64_t)bytes, sizeof bytes, 0, 0, 0, 0) != 36;
        wrong += ((gate_function *)w[5])(0, 0, 0, 0, 0, 0) != -TWZ_EPERM;
        wrong += ((gate_function *)w[6])(0, 0, 0, 0, 0, 0) != 0;
        wrong += f_call_stack(w[7]) != 21 + 700 + 8000;
        wrong += ((gate_function *)w[8])(w[9], 0, 0, 0, 0, 0) != (int64_t)w[9];
        wrong += twz_syscall0(TWZ_SYS_NULL) != 0;
    }
    return wrong;
}

static void refuse(void)
{
    answer = TWZ_UPCALL_REFUSE;
    answer_value = TWZ_EPERM;
}

void run(void)
{
    a = compartment_create();
    b = compartment_create();
    struct twz_id shared = object_create();
    page = map(shared, 1, 1, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    words = (uint64_t *)page;
    struct twz_gate_spec in = gate_spec(&b, g_copy_in), stack = gate_spec(&b, g_stack);
    in.register_args = 3;
    in.buffer_count = 1;
    in.buffers[0] = (struct twz_gate_buffer){0, 1, TWZ_BUFFER_IN, {0}, 64};
    struct twz_gate_spec demanding = gate_spec(&b, g_return);
    demanding.register_args = 1;
    demanding.callbacks = 1;
    demanding.flags = TWZ_GATE_MASKS;
    demanding.pointers[TWZ_POINTER_STACK].required_in_caller = TWZ_WRITE;
    demanding.deadline = UINT64_MAX / 2;
    const int64_t own = publish(&(struct twz_gate_spec){
        .context = a.context, .entry = (uint64_t)g_return, .isolation = TWZ_ISOLATE_BOTH});
    grant_gate(&b, own);
    stack.register_args = 6;
    stack.stack_args = 16;
    const int64_t gates[] = {gate_of_b(g_return, 1, 0, 1),
                             gate_of_b(g_sum, 6, 0, 1),
                             gate_of_b(g_vector, 0, 2, 4),
                             publish(&in),
                             gate_of_b(g_return, 0, 0, 1),
                             gate_of_b(g_vector, 0, 8, 8),
                             publish(&stack),
                             publish(&demanding)};
    words[0] = 300;
    for (unsigned i = 0; i < COUNT(gates); i++) {
        words[1 + i] = (uint64_t)stub(gates[i]);
        if (i != 4) /* which a may not call */
            grant_gate(&a, gates[i]);
    }
    words[9] = (uint64_t)stub(own);
    grant(&a, shared, TWZ_READ);
    on_upcall = refuse;
    call(&a, f_spin, BEGIN);
    uint64_t wrong = (uint64_t)call(&a, f_sweep, page);
    for (uint64_t i = 0; i < 50; i++)
        wrong += call(&a, f_identity, i) != (int64_t)i;
    call(&a, f_spin, END);
    equal(wrong, 0, "P123 2,400 gate calls, each instruction interrupted, return what they should");
}
