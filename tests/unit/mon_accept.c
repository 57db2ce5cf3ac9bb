/* SPDX-License-Identifier: BSD-2-Clause */
/* The monitor's border to the loader: everything that it refuses, one spoilt record each. */
#include "mon_world.h"

static void start(void)
{
    const struct offer offer = honest();
    mon_world_reset();
    assert_true(accept(&offer, false, 0));
}

static void accepts_what_is_honest(void **state)
{
    (void)state;
    start();
    assert_int_equal(mon.compartment_count, 4);
    assert_string_equal(mon.compartments[C_MAIN].name, "main");
    assert_string_equal(mon.compartments[C_VAULT].name, "vault");
    assert_int_equal(mon.instance_count, 4);
    assert_int_equal(mon.compartments[C_MAIN].init[0], I_PLAIN);
    assert_int_equal(mon.compartments[C_MAIN].init_count, 2);
    for (uint32_t i = 0; i < 4; i++) {
        assert_true(mon.instances[i].used);
        assert_int_equal(mon.instances[i].mapping.data_slot,
                         mon.instances[i].mapping.text_slot + 1);
        for (uint32_t j = 0; j < i; j++)
            assert_int_not_equal(mon.instances[i].mapping.text_slot,
                                 mon.instances[j].mapping.text_slot);
    }
    assert_string_equal(mon.gates[GATE].name, "alpha");
    assert_int_equal(mon.gates[GATE].isolation, TWZ_ISOLATE_BOTH);
    assert_int_equal(mon.gates[GATE].entry, TEXT_VADDR(O_CODE) + 0x10);
    assert_true(mon.gates[GATE].exported);
    assert_false(mon.gates[GATE + 1].exported);
}

/* ---- Refusals at the start ---- */

static struct offer o; /* that is being spoilt */

#define SPOIL(name, change)                                                                        \
    static void name(void)                                                                         \
    {                                                                                              \
        change;                                                                                    \
    }
SPOIL(compartment_order, o.compartments[1].compartment = 3)
SPOIL(compartment_monitor, o.compartments[1].compartment = C_MONITOR)
SPOIL(compartment_again, o.compartments[2].policy = o.compartments[1].policy)
SPOIL(compartment_policy, o.compartments[1].policy = 77)
SPOIL(compartment_no_policy, o.compartments[1].policy = LOADER_NONE)
SPOIL(compartment_main_again, o.compartments[1].policy = o.compartments[0].policy)
SPOIL(compartment_main_other, o.compartments[0].policy = o.compartments[1].policy)
SPOIL(compartment_main_owned, o.compartments[0].owner = 0)
SPOIL(compartment_owner_policy, o.compartments[1].owner = 0)
SPOIL(compartment_owner_self, o.compartments[1].policy = LOADER_NONE; o.compartments[1].owner = 2)
SPOIL(compartment_owner_monitor, o.compartments[1].policy = LOADER_NONE;
      o.compartments[1].owner = C_MONITOR; o.compartments[1].file = F_DEMAND)
SPOIL(compartment_owner_file, o.compartments[1].policy = LOADER_NONE; o.compartments[1].owner = 0;
      o.compartments[1].file = F_COUNT)
SPOIL(compartment_demand, o.compartments[1].demand = 4)
SPOIL(compartment_size, o.compartment_count = OFFER_MAX; o.compartments[3].compartment = 99)
SPOIL(tls_align, o.compartments[0].tls_align = 24)
SPOIL(tls_align_page, o.compartments[0].tls_align = 2 * TWZ_PAGE_SIZE)
SPOIL(tls_size, o.compartments[0].tls_size = TWZ_SLOT_SIZE / 4 + 8)
SPOIL(tls_size_odd, o.compartments[0].tls_size = 0x44)
SPOIL(tls_modules, o.compartments[0].tls_modules = LD_INSTANCES_MAX + 1)
SPOIL(instance_number, o.instances[1].instance = LD_INSTANCES_MAX)
SPOIL(instance_again, o.instances[1].instance = I_PROG)
SPOIL(instance_compartment, o.instances[1].compartment = 4)
SPOIL(instance_in_monitor, o.instances[1].compartment = C_MONITOR)
SPOIL(instance_file, o.instances[1].file = F_COUNT)
SPOIL(instance_broken, o.instances[1].file = F_BROKEN)
SPOIL(instance_twice, o.instances[1].file = F_PROG)
SPOIL(instance_vault_in_main, o.instances[2].compartment = C_MAIN)
SPOIL(instance_vault_in_other, o.instances[2].compartment = C_OTHER)
SPOIL(instance_demands, o.instances[1].file = F_DEMAND)
SPOIL(tls_module, o.instances[1].tls_module = 3)
SPOIL(tls_offset, o.instances[1].tls_offset = 0x48)
SPOIL(tls_offset_small, o.instances[1].tls_offset = 0x18)
SPOIL(tls_offset_none, o.instances[1].tls_offset = 0)
SPOIL(init_many, o.compartments[0].init_count = 5)
SPOIL(init_of_other, o.init[0] = I_VAULT)
SPOIL(init_unknown, o.init[0] = 77)
SPOIL(init_twice, o.init[0] = I_PROG)
SPOIL(init_run, o.compartments[0].init_first = UINT32_MAX)
SPOIL(init_run_behind, o.compartments[2].init_first = 4)
SPOIL(root_unknown, o.compartments[1].root = 77)
SPOIL(root_of_other, o.compartments[1].root = I_PROG)
SPOIL(gate_instance, o.gates[0].instance = 77)
SPOIL(gate_of_plain, o.gates[0].instance = I_PLAIN)
SPOIL(gate_descriptor, o.gates[0].descriptor += 8)
SPOIL(gate_descriptor_far, o.gates[0].descriptor = UINT64_MAX)
SPOIL(gate_known, o.gates[0].gate = 0)
SPOIL(gate_number, o.gates[0].gate = LD_GATES_MAX)
SPOIL(gate_again, o.gates[1].gate = GATE)
SPOIL(gate_twice, o.gates[1].instance = I_VAULT)

static const struct {
    const char *what, *refusal;
    void (*spoil)(void);
} refusals[] = {
    {"a compartment out of order", "a compartment out of order", compartment_order},
    {"the monitor's place", "a compartment out of order", compartment_monitor},
    {"a compartment of the policy twice", "that the policy does not have", compartment_again},
    {"one behind the policy's", "that the policy does not have", compartment_policy},
    {"one that nobody named", "that the policy does not have", compartment_no_policy},
    {"main twice", "that the policy does not have", compartment_main_again},
    {"another one as main", "that the policy does not have", compartment_main_other},
    {"a main that belongs to someone", "that the policy does not have", compartment_main_owned},
    {"one of the policy that has an owner", "the policy does not have", compartment_owner_policy},
    {"one that belongs to itself", "that the policy does not have", compartment_owner_self},
    {"one that is the monitor's", "that the policy does not have", compartment_owner_monitor},
    {"one for a file that is not there", "the policy does not have", compartment_owner_file},
    {"a demand that is none", "that the policy does not have", compartment_demand},
    {"more than there can be", "a compartment out of order", compartment_size},
    {"an alignment of 24", "of a size that cannot be", tls_align},
    {"an alignment above a page", "of a size that cannot be", tls_align_page},
    {"a block larger than its place", "of a size that cannot be", tls_size},
    {"a block that is not aligned", "of a size that cannot be", tls_size_odd},
    {"more modules than libraries", "of a size that cannot be", tls_modules},
    {"an instance behind the last", "of a number that cannot be", instance_number},
    {"an instance twice", "of a number that cannot be", instance_again},
    {"an instance in no compartment", "of a number that cannot be", instance_compartment},
    {"an instance in the monitor", "of a number that cannot be", instance_in_monitor},
    {"a file that is not there", "of a number that cannot be", instance_file},
    {"a file that is no ELF file", "that is no library", instance_broken},
    {"a library twice in a compartment", "has already", instance_twice},
    {"the vault's library in main", "not its own", instance_vault_in_main},
    {"the vault's library with another", "not its own", instance_vault_in_other},
    {"one that demands its own, in main", "not its own", instance_demands},
    {"a module that has no place", "outside its block", tls_module},
    {"a block beyond the block of all", "outside its block", tls_offset},
    {"a block that reaches above", "outside its block", tls_offset_small},
    {"a block of no place", "outside its block", tls_offset_none},
    {"more constructors than libraries", "more constructors", init_many},
    {"constructors of another", "constructors of another", init_of_other},
    {"constructors of nobody", "constructors of another", init_unknown},
    {"constructors twice", "constructors of another", init_twice},
    {"constructors from nowhere", "constructors of another", init_run},
    {"constructors behind the table", "constructors of another", init_run_behind},
    {"a compartment without a root", "without a library", root_unknown},
    {"a root elsewhere", "without a library", root_of_other},
    {"a gate of no library", "a gate of no library", gate_instance},
    {"a gate of one without gates", "its library does not declare", gate_of_plain},
    {"a gate beside the descriptor", "its library does not declare", gate_descriptor},
    {"a gate outside the file", "its library does not declare", gate_descriptor_far},
    {"a gate in the place of the monitor's", "its library does not declare", gate_known},
    {"a gate behind the last", "its library does not declare", gate_number},
    {"two gates of one number", "its library does not declare", gate_again},
    {"a descriptor twice", "its library does not declare", gate_twice},
};

static void refuses_each(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        mon_world_reset();
        o = honest();
        refusals[i].spoil();
        if (accept(&o, false, 0) || strstr(said, refusals[i].refusal) == NULL)
            fail_msg("%s: accepted, or said `%s`", refusals[i].what, said);
    }
}

static void refuses_tables_of_another_size(void **state)
{
    (void)state;
    const struct offer offer = honest();
    struct loader_answer answer = answer_of(&offer);
    mon_world_reset();
    answer.compartments.size--;
    assert_false(mon_accept_compartments(&answer));
    start();
    answer = answer_of(&offer);
    answer.instances.size++;
    assert_false(mon_accept_instances(&answer, true, 0));
    answer.gates.size = 0;
    assert_false(mon_accept_gates(&answer));
}

static void refuses_without_memory(void **state)
{
    (void)state;
    const struct offer offer = honest();
    mon_world_reset();
    no_memory = true;
    assert_false(accept(&offer, false, 0));
    assert_non_null(strstr(said, "no memory"));
}

static void refuses_without_slots(void **state)
{
    (void)state;
    const struct offer offer = honest();
    mon_world_reset();
    mon.slots.end = mon.slots.first + 6;
    assert_false(accept(&offer, false, 0));
    assert_non_null(strstr(said, "a library without slots"));
    assert_false(mon.instances[I_OTHER].used);
}

/* ---- Late ---- */

static struct offer late_plain(void)
{
    return (struct offer){.instances = {instance_of(4, C_OTHER, F_PLAIN, 0)}, .instance_count = 1};
}

static void late_loads(void **state)
{
    (void)state;
    start();
    seal_all();
    struct offer offer = late_plain();
    assert_true(accept(&offer, true, C_OTHER));
    assert_true(mon.instances[4].late);
    assert_int_equal(mon.instances[4].asked_by, C_OTHER);
    /* Its thread-local storage is the runtime's affair: no place in the block that is there. */
    mon_instance_forget(4);
    offer.instances[0].tls_module = 1;
    assert_false(accept(&offer, true, C_OTHER));
    offer.instances[0].tls_module = 2;
    offer.instances[0].tls_offset = 0x20;
    assert_false(accept(&offer, true, C_OTHER));
    offer.instances[0].tls_offset = 0;
    assert_true(accept(&offer, true, C_OTHER));
}

static void late_compartment_of_an_owner(void **state)
{
    (void)state;
    start();
    struct offer offer = {
        .compartments = {demanded_by_other(4)},
        .instances = {instance_of(4, 4, F_DEMAND, 0)},
        .init = {4},
        .gates = {{.gate = GATE + 2, .instance = 4, .descriptor = TEXT_VADDR(O_GATES)}},
        .compartment_count = 1,
        .instance_count = 1,
        .init_count = 1,
        .gate_count = 1,
    };
    uint32_t deadline;
    assert_true(accept(&offer, true, C_OTHER));
    assert_string_equal(mon.compartments[4].name, "other/libdemand.so/both");
    assert_true(mon_may_import(C_OTHER, GATE + 2, &deadline));
    assert_false(mon_may_import(C_MAIN, GATE + 2, &deadline));
    assert_false(mon_may_import(C_VAULT, GATE + 2, &deadline));
    /* The same again, another one's library, or one that belongs to what belongs to somebody. */
    offer.compartments[0].compartment = 5;
    assert_false(accept(&offer, true, C_OTHER));
    offer.compartments[0].owner = 4;
    assert_false(accept(&offer, true, C_OTHER));
    offer.compartments[0].owner = C_VAULT;
    offer.instances[0] = instance_of(5, 5, F_OTHER, 0);
    assert_false(accept(&offer, true, C_VAULT));
}

static void numbers_are_free_again(void **state)
{
    (void)state;
    start();
    mon.compartments[C_MAIN].granted[0] = ~0ull;
    mon_instance_forget(I_VAULT);
    assert_false(mon.gates[GATE].used);
    assert_false(mon_is_granted(C_MAIN, GATE));
    assert_true(mon_is_granted(C_MAIN, GATE + 1));
    mon_instance_forget(I_OTHER);
    assert_int_equal(mon.instance_count, 2);
    struct offer offer = {.instances = {instance_of(I_VAULT, C_VAULT, F_VAULT, 1)},
                          .instance_count = 1};
    assert_true(accept(&offer, false, 0));
}

/* ---- Grants, writes, addresses ---- */

static void imports(void **state)
{
    (void)state;
    uint32_t deadline;
    start();
    assert_true(mon_may_import(C_MAIN, GATE, &deadline));
    assert_false(mon_may_import(C_MAIN, GATE + 1, &deadline)); /* not exported */
    assert_false(mon_may_import(C_OTHER, GATE, &deadline));    /* imports nothing */
    assert_false(mon_may_import(C_VAULT, GATE, &deadline));    /* its own */
    assert_false(mon_may_import(C_MONITOR, GATE, &deadline));  /* has no imports */
    assert_false(mon_may_import(4, GATE, &deadline));          /* no such compartment */
    assert_false(mon_may_import(C_MAIN, GATE + 2, &deadline)); /* no such gate */
    assert_false(mon_may_import(C_MAIN, UINT32_MAX, &deadline));
    mon.compartments[C_VAULT].demand = TWZ_ISOLATE_CALLER; /* for callers with another demand */
    assert_false(mon_may_import(C_MAIN, GATE, &deadline));
}

static bool may_write(uint32_t instance, uint32_t kind, uint64_t offset, uint64_t width,
                      uint64_t value)
{
    const struct ld_write write = {
        .instance = instance, .kind = kind, .offset = offset, .width = width, .value = value};
    uint64_t may_copy = mon_may_copy(LD_NONE);
    return mon_accept_write(&write, LD_NONE, &may_copy) != NULL;
}

static void writes(void **state)
{
    (void)state;
    start();
    const struct ld_mapping *plain = &mon.instances[I_PLAIN].mapping;
    const uint64_t first = TWZ_PAGE_SIZE, end = plain->data_length;
    const uint64_t data = plain->data_slot * TWZ_SLOT_SIZE;
    const uint64_t vault = mon.instances[I_VAULT].mapping.data_slot * TWZ_SLOT_SIZE;
    assert_int_equal(end, TWZ_PAGE_SIZE + DATA_MEMSZ);
    assert_true(may_write(I_PLAIN, LD_WRITE_VALUE, first, 8, 0));
    assert_true(may_write(I_PLAIN, LD_WRITE_VALUE, end - 8, 8, 0));
    assert_false(may_write(I_PLAIN, LD_WRITE_VALUE, end - 7, 8, 0));
    assert_false(may_write(I_PLAIN, LD_WRITE_VALUE, first - 1, 8, 0));
    assert_false(may_write(I_PLAIN, LD_WRITE_VALUE, 0x2000 - TWZ_SLOT_SIZE, 8, 0));
    assert_false(may_write(I_PLAIN, LD_WRITE_VALUE, first, 9, 0));
    assert_false(may_write(I_PLAIN, LD_WRITE_CALL, first, 4, 0));
    assert_false(may_write(I_PLAIN, LD_WRITE_CALL + 1, first, 8, 0));
    assert_false(may_write(4, LD_WRITE_VALUE, first, 8, 0));
    assert_true(may_write(I_PLAIN, LD_WRITE_COPY, first, 64, data + first));
    assert_true(may_write(I_PLAIN, LD_WRITE_COPY, first, 64, data + end - 64));
    assert_false(may_write(I_PLAIN, LD_WRITE_COPY, first, 64, data + end - 63));
    assert_false(may_write(I_PLAIN, LD_WRITE_COPY, first, 64, data));
    assert_false(may_write(I_PLAIN, LD_WRITE_COPY, first, 64, vault + first));
    assert_false(may_write(I_PLAIN, LD_WRITE_COPY, first, 64, data + first - TWZ_SLOT_SIZE));
    assert_false(may_write(I_PLAIN, LD_WRITE_COPY, first, 64, UINT64_MAX));
    mon.instances[I_PLAIN].sealed = true;
    assert_false(may_write(I_PLAIN, LD_WRITE_VALUE, first, 8, 0));
}

static void copies_have_an_end(void **state)
{
    (void)state;
    start();
    uint64_t may_copy = mon_may_copy(C_MAIN), copied = 0;
    const struct ld_mapping *plain = &mon.instances[I_PLAIN].mapping;
    const struct ld_write write = {.instance = I_PLAIN,
                                   .kind = LD_WRITE_COPY,
                                   .offset = TWZ_PAGE_SIZE,
                                   .value = plain->data_slot * TWZ_SLOT_SIZE + TWZ_PAGE_SIZE,
                                   .width = DATA_MEMSZ};
    while (mon_accept_write(&write, C_MAIN, &may_copy) != NULL)
        copied += write.width;
    assert_in_range(copied, DATA_MEMSZ, 2 * plain->data_length);
    assert_null(mon_accept_write(&write, C_VAULT, &may_copy));
}

static void addresses_are_told_once(void **state)
{
    (void)state;
    start();
    struct offer offer = {.calls = {{.instance = I_VAULT, .init = 1}, {.instance = 77}},
                          .entries = {{.compartment = C_VAULT, .start = 2}, {.compartment = 77}}};
    struct loader_answer answer = answer_of(&offer);
    mon_accept_calls(&answer);
    assert_int_equal(mon.instances[I_VAULT].calls.init, 1);
    assert_int_equal(mon.compartments[C_VAULT].start, 2);
    seal_all();
    offer.calls[0].init = 3;
    offer.entries[0].start = 4;
    mon_accept_calls(&answer);
    assert_int_equal(mon.instances[I_VAULT].calls.init, 1);
    assert_int_equal(mon.compartments[C_VAULT].start, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(accepts_what_is_honest, "what an honest loader answers is accepted"),
        T(refuses_each, "each record that cannot be is refused, with the reason"),
        T(refuses_tables_of_another_size, "records of another size are none"),
        T(refuses_without_memory, "without memory a load is refused"),
        T(refuses_without_slots, "without slots likewise, and the rest is whole"),
        T(late_loads, "a library at run time has no part in the block of thread-local storage"),
        T(late_compartment_of_an_owner, "what a library demands belongs to who needs it, alone"),
        T(numbers_are_free_again, "a number that is free again has no gates and no grants"),
        T(imports, "the policy decides who may call a gate"),
        T(writes, "a write lies in the data of an instance that is being loaded"),
        T(copies_have_an_end, "copies come to no more than there is"),
        T(addresses_are_told_once, "what already runs is told no other addresses"),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, mon_world_open, mon_world_close);
}
