/* SPDX-License-Identifier: BSD-2-Clause */
/* Slots, thread-local storage, constructors, and the plan with its writes. */
#include "ld_fixture.h"
#include <twz/sys/types.h>

static void slots_in_order(void **state)
{
    (void)state;
    struct ld_slots slots;
    assert_int_equal(ld_slots_init(&slots, w.options.memory, 4, 10, 0), LD_OK);
    assert_int_equal(ld_slots_take(&slots, 2), 4);
    assert_true(ld_slots_take_at(&slots, 6, 1));
    assert_false(ld_slots_take_at(&slots, 6, 1));
    assert_int_equal(ld_slots_take(&slots, 2), 7);
    assert_int_equal(ld_slots_take(&slots, 2), LD_NONE);
    assert_int_equal(ld_slots_take(&slots, 1), 9);
    ld_slots_give_back(&slots, 4, 2);
    assert_int_equal(ld_slots_take(&slots, 2), 4);
    assert_int_equal(ld_slots_take(&slots, 1), LD_NONE);
    assert_int_equal(ld_slots_init(&slots, w.options.memory, 4, TWZ_SLOT_COUNT + 1, 0), LD_ESLOTS);
}

static void slots_never_collide(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 3; seed++) {
        static unsigned char taken[TWZ_SLOT_COUNT];
        struct ld_slots slots;
        memset(taken, 0, sizeof taken);
        assert_int_equal(ld_slots_init(&slots, w.options.memory, 2, TWZ_SLOT_COUNT, seed), LD_OK);
        for (unsigned i = 0; i < 1000; i++) {
            uint32_t slot = ld_slots_take(&slots, 2);
            assert_in_range(slot, 2, TWZ_SLOT_COUNT - 2);
            assert_int_equal(taken[slot] + taken[slot + 1], 0);
            taken[slot] = taken[slot + 1] = 1;
        }
    }
}

static void seeds_decide(void **state)
{
    (void)state;
    struct ld_slots a, b, c;
    bool differs = false;
    assert_int_equal(ld_slots_init(&a, w.options.memory, 2, TWZ_SLOT_COUNT, 5), LD_OK);
    assert_int_equal(ld_slots_init(&b, w.options.memory, 2, TWZ_SLOT_COUNT, 5), LD_OK);
    assert_int_equal(ld_slots_init(&c, w.options.memory, 2, TWZ_SLOT_COUNT, 6), LD_OK);
    for (unsigned i = 0; i < 32; i++) {
        uint32_t slot = ld_slots_take(&a, 2);
        assert_int_equal(slot, ld_slots_take(&b, 2));
        differs |= slot != ld_slots_take(&c, 2);
    }
    assert_true(differs);
}

static enum ld_error lay_out(const char *program)
{
    struct ld_slots slots;
    assert_int_equal(world_link(&w, program), LD_OK);
    assert_int_equal(ld_slots_init(&slots, w.options.memory, 2, 64, 0), LD_OK);
    return ld_program_layout(w.program, &slots);
}

static void exec_takes_slots_0_and_1(void **state)
{
    (void)state;
    world_add(&w, "app", "-static -no-pie", "int main(void) { return 0; }");
    assert_int_equal(lay_out("app"), LD_OK);
    assert_int_equal(w.program->instances[0]->text_slot, 0);
    assert_int_equal(w.program->instances[0]->data_slot, 1);
}

static void tls_below_the_thread_pointer(void **state)
{
    (void)state;
    world_add(&w, "a.so", "-ftls-model=initial-exec",
              "__thread long a[3] = {1}; long *f(void) { return a; }");
    world_add(&w, "b.so", "-ftls-model=initial-exec",
              "__thread char b __attribute__((aligned(64))) = 1; char *g(void) { return &b; }");
    world_add(&w, "app", "-ftls-model=initial-exec -Wl,--no-as-needed -l:a.so -l:b.so",
              "__thread int x = 1; int *h(void) { return &x; }");
    assert_int_equal(lay_out("app"), LD_OK);
    const struct ld_compartment *main = &w.program->compartments[0];
    assert_int_equal(main->tls_modules, 3);
    assert_int_equal(main->tls_align, 64);
    assert_int_equal(main->tls_size % 64, 0);
    uint64_t end = 0;
    for (uint32_t i = 0; i < 3; i++) {
        const struct ld_instance *instance = w.program->instances[main->scope[i]];
        assert_int_equal(instance->tls_module, i + 1);
        assert_true(instance->tls_offset > end);
        end = instance->tls_offset;
    }
    assert_true(end <= main->tls_size);
    assert_int_equal(world_instance(&w, "b.so", "main")->tls_offset % 64, 0);
}

/* The order of constructors as "a b c". */
static const char *order(void)
{
    static char text[256];
    const struct ld_compartment *main = &w.program->compartments[0];
    *text = '\0';
    for (uint32_t i = 0; i < main->init_count; i++) {
        strcat(text, i ? " " : "");
        strcat(text, w.program->instances[main->init_order[i]]->name);
    }
    return text;
}

static void dependencies_first(void **state)
{
    (void)state;
    world_add(&w, "c", "", "int c;");
    world_add(&w, "b", "-Wl,--no-as-needed -l:c", "int b;");
    world_add(&w, "a", "-Wl,--no-as-needed -l:b -l:c", "int a;");
    world_add(&w, "app", "-Wl,--no-as-needed -l:c -l:a", "int x;");
    assert_int_equal(world_link(&w, "app"), LD_OK);
    assert_string_equal(order(), "c b a app");
}

static void cycles_end(void **state)
{
    (void)state;
    world_add(&w, "b", "", "int b;");
    world_add(&w, "a", "-Wl,--no-as-needed -l:b", "int a;");
    w.names[0][0] = '-';
    world_add(&w, "b", "-Wl,--no-as-needed -l:a", "int b;"); /* a and b need each other */
    world_add(&w, "app", "-Wl,--no-as-needed -l:a", "int x;");
    assert_int_equal(world_link(&w, "app"), LD_OK);
    assert_string_equal(order(), "a b app"); /* as glibc 2.36 has it: see tests/link/order.sh */
}

/* Two compartments, one gate, relocations of several kinds; returns the plan. */
static struct ld_plan *make_plan(void)
{
    struct ld_plan *plan = NULL;
    world_add_twz(&w, "libv.so", "",
                  "#define TWZ_GATE_PROVIDER\n#include <twz/gate.h>\n"
                  "TWZ_GATE(int64_t, v_open) int64_t v_open_impl(void) { return 1; }\n"
                  "int zeros[3000];\n");
    world_add_twz(&w, "liba.so", "", "int a_data = 5; int a(void) { return a_data; }");
    world_add_twz(&w, "app", "-Wl,--no-as-needed -l:libv.so -l:liba.so",
                  "long v_open(void); int a(void); extern int a_data; int own; int *p = &own;"
                  "int *q = &a_data; long (*r)(void) = v_open;"
                  "__attribute__((weak)) int absent(void); int (*s)(void) = absent;"
                  "long f(void) { return v_open() + a(); }");
    world_policy(&w, "compartment v { libraries = { \"libv.so\" } }\n");
    assert_int_equal(lay_out("app"), LD_OK);
    assert_int_equal(ld_plan_make(w.program, &plan), LD_OK);
    return plan;
}

static void plan_maps_two_slots(void **state)
{
    (void)state;
    const struct ld_plan *plan = make_plan();
    assert_int_equal(plan->mapping_count, 3);
    for (uint32_t i = 0; i < plan->mapping_count; i++) {
        const struct ld_mapping *mapping = &plan->mappings[i];
        assert_int_equal(mapping->data_slot, mapping->text_slot + 1);
        assert_true(mapping->handle >= 100);
        assert_true(mapping->text_count >= 1 && mapping->data_count >= 1);
        for (uint32_t j = 0; j < mapping->text_count; j++)
            assert_int_equal(mapping->text[j].rights & TWZ_WRITE, 0);
        for (uint32_t j = 0; j < mapping->data_count; j++)
            assert_int_equal(mapping->data[j].rights, TWZ_READ | TWZ_WRITE);
        assert_int_equal(mapping->data[0].relro, 1);
        assert_int_equal(mapping->copy_target, TWZ_OBJECT_BASE);
        assert_in_range(mapping->zero_from, mapping->copy_target,
                        mapping->copy_target + mapping->copy_length);
    }
    const struct ld_instance *v = world_instance(&w, "libv.so", "v");
    assert_true(plan->mappings[v->index].data_length > 12000);
}

static void plan_grants_what_is_used(void **state)
{
    (void)state;
    const struct ld_plan *plan = make_plan();
    assert_int_equal(plan->grant_count, 1);
    assert_int_equal(plan->grants[0].compartment, 0);
    assert_string_equal(w.program->gates[plan->grants[0].gate].name, "v_open");
    assert_int_equal(plan->start_count, 2);
    assert_string_equal(w.program->compartments[plan->start_order[0]].name, "v");
    assert_string_equal(w.program->compartments[plan->start_order[1]].name, "main");
}

static void writes_need_gate_numbers(void **state)
{
    (void)state;
    struct ld_plan *plan = make_plan();
    assert_int_equal(ld_plan_writes(plan, 0x100000), LD_EGATE);
    assert_string_equal(w.reports[0].message, "app calls a gate that has no number yet");
}

/* Number of writes of `value` into the data of `name`. */
static unsigned count_writes(const struct ld_plan *plan, const char *name, uint64_t value)
{
    unsigned count = 0;
    for (uint64_t i = 0; i < plan->write_count; i++)
        count += plan->writes[i].value == value &&
                 strcmp(w.program->instances[plan->writes[i].instance]->name, name) == 0;
    return count;
}

static void writes_stay_in_their_slot(void **state)
{
    (void)state;
    struct ld_plan *plan = make_plan();
    w.program->gates[0].number = 3;
    assert_int_equal(ld_plan_writes(plan, 0x7000000000), LD_OK);
    assert_true(plan->write_count > 4);
    for (uint64_t i = 0; i < plan->write_count; i++)
        assert_true(ld_check_write(&plan->mappings[plan->writes[i].instance], &plan->writes[i]));
    /* The stub of gate 3, in the GOT and in `r`. */
    assert_int_equal(count_writes(plan, "app", 0x7000000000 + 3 * 16), 2);
    assert_true(count_writes(plan, "app", 0) >= 1);
    const struct ld_instance *a = world_instance(&w, "liba.so", "main");
    struct ld_trace trace;
    assert_int_equal(ld_why(w.program, w.program->instances[0], "a_data", NULL, &trace), LD_OK);
    assert_int_equal(trace.result.definer, a->index);
}

static void wrong_writes_are_refused(void **state)
{
    (void)state;
    const struct ld_plan *plan = make_plan();
    const struct ld_mapping *mapping = &plan->mappings[1];
    const struct ld_write good = {
        .instance = 1, .kind = LD_WRITE_VALUE, .offset = TWZ_OBJECT_BASE, .width = 8};
    assert_true(ld_check_write(mapping, &good));
    struct ld_write bad = good;
    bad.instance = 0;
    assert_false(ld_check_write(mapping, &bad));
    bad = good;
    bad.offset = TWZ_OBJECT_BASE - 1;
    assert_false(ld_check_write(mapping, &bad));
    bad.offset = mapping->data_length - 7;
    assert_false(ld_check_write(mapping, &bad));
    bad.offset = UINT64_MAX - 3;
    assert_false(ld_check_write(mapping, &bad));
    bad = good;
    bad.width = 0;
    assert_false(ld_check_write(mapping, &bad));
    bad.width = 16;
    assert_false(ld_check_write(mapping, &bad));
    bad.kind = LD_WRITE_COPY;
    assert_true(ld_check_write(mapping, &bad));
    bad.width = UINT64_MAX;
    assert_false(ld_check_write(mapping, &bad));
    bad = good;
    bad.kind = 3;
    assert_false(ld_check_write(mapping, &bad));
}

static void other_layouts_have_no_plan(void **state)
{
    (void)state;
    struct ld_plan *plan;
    world_add(&w, "app", "", "int x;");
    assert_int_equal(lay_out("app"), LD_OK);
    assert_int_equal(ld_plan_make(w.program, &plan), LD_ELAYOUT);
    assert_null(plan);
    assert_string_equal(w.reports[0].message,
                        "app is not laid out for two slots, so it cannot be mapped");
}

static void other_layouts_are_refused(void **state)
{
    (void)state;
    world_add(&w, "app", "", "int x;");
    w.options.require_layout = true;
    assert_int_equal(world_load(&w, "app"), LD_ELAYOUT);
    assert_null(w.program);
    assert_non_null(w.reports[0].cure);
}

RUN_TESTS(T_WORLD(slots_in_order, "slots are handed out lowest first"),
          T_WORLD(slots_never_collide, "P73 pairs of slots never collide in 1,000 loads"),
          T_WORLD(seeds_decide, "the same seed gives the same slots"),
          T_WORLD(exec_takes_slots_0_and_1, "an ET_EXEC program takes slots 0 and 1"),
          T_WORLD(tls_below_the_thread_pointer, "TLS blocks lie below the thread pointer"),
          T_WORLD(dependencies_first, "constructors of what is needed run first"),
          T_WORLD(cycles_end, "a cycle of constructors has an order"),
          T_WORLD(plan_maps_two_slots, "a plan maps text and data"),
          T_WORLD(plan_grants_what_is_used, "a plan grants the gates that are used"),
          T_WORLD(writes_need_gate_numbers, "writes need the numbers of gates"),
          T_WORLD(writes_stay_in_their_slot, "every write lies in its own data slot"),
          T_WORLD(wrong_writes_are_refused, "a write anywhere else is refused"),
          T_WORLD(other_layouts_have_no_plan, "an ordinary file has no plan"),
          T_WORLD(other_layouts_are_refused, "where the layout is required, others are refused"))
