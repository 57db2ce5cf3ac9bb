/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers, flags and vector state across a gate, poisoned on either side. */
#include "functions.h"

static struct compartment a, b;

static uint8_t level;

static int64_t gate_of_b(void (*entry)(void), uint8_t arguments)
{
    struct twz_gate_spec spec = gate_spec(&b, entry);
    spec.register_args = arguments;
    spec.isolation = level;
    return publish_for(&a, &spec);
}

static void test_level(const char *const names[4])
{
    int64_t look = gate_of_b(g_registers, 0);
    equal((uint64_t)call(&a, f_poisoned_call, (uint64_t)stub(look)), 0, names[0]);
    equal((uint64_t)call(&a, f_call_gate, (uint64_t)stub(look)), 0, names[1]);
    equal((uint64_t)call(&a, f_poisoned_call6, (uint64_t)stub(gate_of_b(g_registers, 6))), 0,
          names[2]);
    int64_t poison = gate_of_b(g_poison, 0);
    equal((uint64_t)call(&a, f_after_call, (uint64_t)stub(poison)), 0, names[3]);
    equal((uint64_t)call(&b, f_after_call, (uint64_t)stub(poison)), (uint64_t)-TWZ_ECALLEE,
          "and without the gate there is no way in");
}

#define NAMES(level)                                                                               \
    {                                                                                              \
        "P122 " level ": a callee finds nothing of its caller in any register, flag or vector",    \
            "P122 " level ": nor undeclared arguments",                                            \
            "P122 " level ": with six arguments neither",                                          \
            "P122 " level ": a caller finds nothing of its callee, and its own state as it was",   \
    }

void test_registers(void)
{
    static const char *const names[][4] = {NAMES("callee"), NAMES("caller"), NAMES("both")};
    a = compartment_create();
    b = compartment_create();
    for (level = TWZ_ISOLATE_CALLEE; level <= TWZ_ISOLATE_BOTH; level++)
        test_level(names[level - 1]);

    struct twz_gate_spec spec = gate_spec(&b, g_vector);
    spec.vector_args = 2;
    spec.returns = 4;
    int64_t vector = publish_for(&a, &spec);
    equal((uint64_t)call(&a, f_vector_call, (uint64_t)stub(vector)), 3,
          "P122 of the vector registers, declared arguments and results pass, and nothing else");

    /* CONTEXT_CALL: the same, into the compartment. */
    equal((uint64_t)call(&a, (compartment_function *)(uint64_t)g_registers, 0), 0,
          "P122 a function that the monitor calls finds nothing of the monitor");
}
