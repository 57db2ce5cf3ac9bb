/* SPDX-License-Identifier: BSD-2-Clause */
/* Who demands which isolation, what comes of it, and who is meant by the name of a gate. */
#include "ld_fixture.h"
#include <twz/sys/syscall.h>

/* A library "libNAME.so" with the gate NAME_open, which demands `isolation`. */
static void add_provider(const char *name, const char *gate, unsigned isolation, const char *flags)
{
    char library[64], source[512];
    snprintf(library, sizeof library, "lib%s.so", name);
    snprintf(source, sizeof source,
             "#define TWZ_GATE_PROVIDER\n#define TWZ_GATE_ISOLATION %u\n#include <twz/gate.h>\n"
             "TWZ_GATE(int64_t, %s) int64_t %s_impl(void) { return 1; } int %s_data = 1;\n",
             isolation, gate, gate, name);
    world_add_twz(&w, library, flags, source);
}

/* A library of this name that calls this gate; needs "-l:..." in flags. */
static void add_caller(const char *name, const char *flags, const char *gate)
{
    char all[256], source[256];
    snprintf(all, sizeof all, "-Wl,--no-as-needed %s", flags);
    snprintf(source, sizeof source, "long %s(void); long f_%s(void) { return %s(); }", gate, gate,
             gate);
    world_add_twz(&w, name, all, source);
}

static const struct ld_gate *gate_of(const char *compartment, const char *name)
{
    for (uint32_t i = 0; i < w.program->gate_count; i++)
        if (strcmp(w.program->gates[i].name, name) == 0 &&
            strcmp(w.program->compartments[w.program->gates[i].compartment].name, compartment) == 0)
            return &w.program->gates[i];
    fail_msg("no gate %s in %s", name, compartment);
    return NULL;
}

/* ---- Demands ---- */

static void demands_add_up(void **state)
{
    static const struct {
        const char *note;
        unsigned gate;
        const char *policy, *import;
        unsigned level;
    } cases[] = {
        {"", 0, "none", "none", TWZ_ISOLATE_BOTH},
        {"", 1, "none", "none", TWZ_ISOLATE_CALLEE},
        {"", 0, "callee", "none", TWZ_ISOLATE_CALLEE},
        {"", 0, "none", "caller", TWZ_ISOLATE_CALLER},
        {"--twz-isolation=caller", 0, "none", "none", TWZ_ISOLATE_CALLER},
        {"--twz-isolation=caller", 1, "none", "none", TWZ_ISOLATE_BOTH},
        {"", 1, "callee", "caller", TWZ_ISOLATE_BOTH},
        {"", 3, "none", "none", TWZ_ISOLATE_BOTH},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        char policy[256];
        add_provider("low", "low_open", cases[i].gate, cases[i].note);
        add_caller("app", "-l:liblow.so", "low_open");
        snprintf(policy, sizeof policy,
                 "compartment l { libraries = { \"liblow.so\" } isolation = %s }\n"
                 "compartment main { import \"l\" { isolation = %s } }\n",
                 cases[i].policy, cases[i].import);
        world_policy(&w, policy);
        assert_int_equal(world_link(&w, "app"), LD_OK);
        assert_int_equal(gate_of("l", "low_open")->isolation, cases[i].level);
        world_end(&w);
        world_start(&w);
    }
}

static void add_two_importers(void)
{
    add_provider("low", "low_open", 1, "");
    add_caller("libother.so", "-l:liblow.so", "low_open");
    add_caller("app", "-l:libother.so -l:liblow.so", "low_open");
}

#define OTHER                                                                                      \
    "compartment low { libraries = { \"liblow.so\" } }\n"                                          \
    "compartment other { libraries = { \"libother.so\" } import \"low\" { isolation = %s } }\n"    \
    "compartment main { import \"low\" { isolation = %s } import \"other\" {} }\n"

static void link_two_importers(const char *other, const char *main)
{
    char policy[512];
    add_two_importers();
    snprintf(policy, sizeof policy, OTHER, other, main);
    world_policy(&w, policy);
    assert_int_equal(world_link(&w, "app"), LD_OK);
}

static void another_demand_is_another_instance(void **state)
{
    (void)state;
    link_two_importers("caller", "none");
    assert_int_equal(w.program->compartment_count, 4);
    const struct ld_instance *one = world_instance(&w, "liblow.so", "low");
    const struct ld_instance *two = world_instance(&w, "liblow.so", "low/caller");
    if (!two)
        two = world_instance(&w, "liblow.so", "low/none");
    assert_non_null(one);
    assert_non_null(two);
    assert_ptr_equal(one->module, two->module);
    char mine[256], theirs[256];
    snprintf(mine, sizeof mine, "%s", world_binding(&w, "app", "low_open"));
    snprintf(theirs, sizeof theirs, "%s", world_binding(&w, "libother.so", "low_open"));
    assert_string_not_equal(mine, theirs);
    *strchr(mine, ':') = *strchr(theirs, ':') = '\0';
    assert_int_equal(gate_of(mine, "low_open")->isolation, TWZ_ISOLATE_CALLEE);
    assert_int_equal(gate_of(theirs, "low_open")->isolation, TWZ_ISOLATE_BOTH);
}

static void the_same_demand_is_one_instance(void **state)
{
    (void)state;
    link_two_importers("caller", "caller");
    assert_int_equal(w.program->compartment_count, 3);
    assert_int_equal(gate_of("low", "low_open")->isolation, TWZ_ISOLATE_BOTH);
}

static void layout_and_plan_of_instances(void **state)
{
    (void)state;
    struct ld_slots slots;
    struct ld_plan *plan;
    link_two_importers("caller", "none");
    assert_int_equal(ld_slots_init(&slots, w.options.memory, 2, 1000, 0), LD_OK);
    assert_int_equal(ld_program_layout(w.program, &slots), LD_OK);
    assert_int_equal(ld_plan_make(w.program, &plan), LD_OK);
    assert_int_equal(plan->grant_count, 2);
    assert_int_not_equal(plan->grants[0].compartment, plan->grants[1].compartment);
    assert_int_not_equal(plan->grants[0].gate, plan->grants[1].gate);
}

/* ---- Libraries that no compartment names ---- */

static void a_demanding_library_is_isolated(void **state)
{
    (void)state;
    add_provider("stern", "stern_open", 3, "");
    add_caller("app", "-l:libstern.so", "stern_open");
    assert_int_equal(world_link(&w, "app"), LD_OK);
    assert_string_equal(world_binding(&w, "app", "stern_open"), "main/libstern.so:stern_open");
    assert_int_equal(gate_of("main/libstern.so", "stern_open")->isolation, TWZ_ISOLATE_BOTH);
}

static void a_note_isolates(void **state)
{
    (void)state;
    add_provider("noted", "noted_open", 0, "--twz-isolation=caller");
    add_caller("app", "-l:libnoted.so", "noted_open");
    assert_int_equal(world_link(&w, "app"), LD_OK);
    assert_int_equal(gate_of("main/libnoted.so", "noted_open")->isolation, TWZ_ISOLATE_CALLER);
}

static void without_demand_it_is_the_callers(void **state)
{
    (void)state;
    add_provider("mild", "mild_open", 0, "");
    add_caller("app", "-l:libmild.so", "mild_open");
    assert_int_equal(world_link(&w, "app"), LD_OK);
    assert_int_equal(w.program->compartment_count, 1);
    assert_string_equal(world_binding(&w, "app", "mild_open"), "libmild.so");
}

/* Two libraries that demand isolation and need each other: one compartment each. */
static void demanding_libraries_in_a_circle(void **state)
{
    (void)state;
    add_provider("left", "left_open", 3, "");
    add_provider("right", "right_open", 3, "-Wl,--no-as-needed -l:libleft.so");
    world_end(&w); /* what was built is there for the linker */
    world_start(&w);
    add_provider("left", "left_open", 3, "-Wl,--no-as-needed -l:libright.so");
    add_provider("right", "right_open", 3, "-Wl,--no-as-needed -l:libleft.so");
    add_caller("app", "-l:libleft.so", "left_open");
    assert_int_equal(world_link(&w, "app"), LD_OK);
    assert_int_equal(w.program->compartment_count, 3);
    assert_non_null(world_instance(&w, "libright.so", "main/libright.so"));
}

static void what_it_needs_may_be_called(void **state)
{
    (void)state;
    add_provider("deep", "deep_open", 3, "");
    world_add_twz(&w, "libshallow.so", "-Wl,--no-as-needed -l:libdeep.so",
                  "#define TWZ_GATE_PROVIDER\n#include <twz/gate.h>\nlong deep_open(void);\n"
                  "TWZ_GATE(int64_t, shallow_open)\n"
                  "int64_t shallow_open_impl(void) { return deep_open(); }\n");
    add_caller("app", "-l:libshallow.so", "shallow_open");
    assert_int_equal(world_link(&w, "app"), LD_OK);
    assert_string_equal(world_binding(&w, "libshallow.so", "deep_open"),
                        "main/libdeep.so:deep_open");
}

static void data_of_it_does_not_bind(void **state)
{
    (void)state;
    add_provider("stern", "stern_open", 3, "");
    world_add_twz(&w, "app", "-Wl,--no-as-needed -l:libstern.so",
                  "extern int stern_data; int *f(void) { return &stern_data; }");
    assert_int_equal(world_link(&w, "app"), LD_ENOGATE);
    assert_string_equal(w.reports[0].message, "`stern_data` is defined by libstern.so in "
                                              "compartment main/libstern.so, but it is no gate");
}

static void the_policy_cannot_bypass_a_gate(void **state)
{
    (void)state;
    add_provider("stern", "stern_open", 1, "");
    add_caller("app", "-l:libstern.so", "stern_open");
    world_policy(&w, "compartment main { libraries = { \"libstern.so\" } }\n");
    assert_int_equal(world_link(&w, "app"), LD_EISOLATION);
    assert_string_equal(w.reports[0].message,
                        "gate `stern_open` of libstern.so demands isolation from its callers, but "
                        "app is in the same compartment, main");
    struct ld_trace trace;
    assert_int_equal(ld_why(w.program, w.program->instances[0], "stern_open", "*", &trace), LD_OK);
    assert_int_equal(trace.result.kind, LD_BOUND_REFUSED);
    bool seen = false;
    for (const struct ld_step *step = trace.steps; step; step = step->next)
        seen |= step->outcome == LD_STEP_BYPASS;
    assert_true(seen);
}

static void the_policy_cannot_bypass_a_note(void **state)
{
    (void)state;
    world_add_twz(&w, "libdemand.so", "--twz-isolation=both", "int d(void) { return 1; }");
    world_add_twz(&w, "app", "-Wl,--no-as-needed -l:libdemand.so", "int x;");
    world_policy(&w, "compartment main { libraries = { \"libdemand.so\" } }\n");
    assert_int_equal(world_load(&w, "app"), LD_EISOLATION);
    assert_string_equal(
        w.reports[0].message,
        "libdemand.so demands a compartment of its own, but the policy puts it into main");
    free(w.policy_bytes);
    world_policy(&w, "compartment d { libraries = { \"libdemand.so\" } }\n");
    assert_int_equal(world_load(&w, "app"), LD_OK);
}

/* ---- Who is meant ---- */

#define HONEST "compartment honest { libraries = { \"libhonest.so\" } }\n"
#define SPOOF  "compartment spoof { libraries = { \"libspoof.so\" } }\n"

/* The spoof comes into use with the program; the honest compartment would only by need. */
static void add_spoof(void)
{
    add_provider("honest", "honest_open", 3, "");
    add_provider("spoof", "honest_open", 3, "");
    add_caller("app", "-l:libspoof.so", "honest_open");
}

static void a_spoofed_name_is_seen(void **state)
{
    static const char *const policies[] = {HONEST SPOOF, SPOOF HONEST};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        add_spoof();
        world_policy(&w, policies[i]);
        assert_int_equal(world_link(&w, "app"), LD_EDUPLICATE);
        assert_string_equal(world_binding(&w, "app", "honest_open"), "refused");
        assert_non_null(strstr(w.reports[0].cure, "say which one is meant"));
        world_end(&w);
        world_start(&w);
    }
}

static void imports_name_the_one_that_is_meant(void **state)
{
    static const char *const policies[] = {HONEST SPOOF, SPOOF HONEST};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        char policy[512];
        add_spoof();
        snprintf(policy, sizeof policy, "%scompartment main { imports = { \"honest\" } }\n",
                 policies[i]);
        world_policy(&w, policy);
        assert_int_equal(world_link(&w, "app"), LD_OK);
        assert_string_equal(world_binding(&w, "app", "honest_open"), "honest:honest_open");
        world_end(&w);
        world_start(&w);
    }
}

/* A library that the honest compartment would have besides offers it. */
static void a_spoof_behind_needs_is_seen(void **state)
{
    (void)state;
    add_provider("honest", "honest_open", 3, "");
    world_add_twz(&w, "libfront.so", "-Wl,--no-as-needed -l:libhonest.so", "int front;");
    add_provider("spoof", "honest_open", 3, "");
    add_caller("app", "-l:libspoof.so", "honest_open");
    world_policy(&w,
                 "compartment front { libraries = { \"libfront.so\", \"libhonest*\" } }\n" SPOOF);
    assert_int_equal(world_link(&w, "app"), LD_EDUPLICATE);
}

static void what_is_not_exported_is_no_rival(void **state)
{
    (void)state;
    add_spoof();
    world_policy(&w,
                 "compartment spoof { libraries = { \"libspoof.so\" } exports = { } }\n" HONEST);
    assert_int_equal(world_link(&w, "app"), LD_OK);
    assert_string_equal(world_binding(&w, "app", "honest_open"), "honest:honest_open");
}

static void nobody_in_use_and_two_offers(void **state)
{
    (void)state;
    add_provider("honest", "honest_open", 3, "");
    add_provider("spoof", "honest_open", 3, "");
    add_caller("app", "", "honest_open");
    world_policy(&w, HONEST SPOOF);
    assert_int_equal(world_link(&w, "app"), LD_EDUPLICATE);
}

static void only_the_one_that_offers_comes_into_use(void **state)
{
    (void)state;
    add_provider("first", "first_open", 3, "");
    add_provider("honest", "honest_open", 3, "");
    add_caller("app", "", "honest_open");
    world_policy(&w, "compartment first { libraries = { \"libfirst.so\" } }\n" HONEST);
    assert_int_equal(world_link(&w, "app"), LD_OK);
    assert_null(ld_program_compartment(w.program, "first"));
    assert_non_null(ld_program_compartment(w.program, "honest"));
}

/* A compartment other than main has what its imports name. */
static void patterns_of_others_open_what_they_match(void **state)
{
    static const struct {
        const char *imports;
        enum ld_error error;
    } cases[] = {{"imports = { \"hon*:honest_*\" }", LD_OK},
                 {"imports = { \"other*\" }", LD_EUNRESOLVED},
                 {"", LD_EUNRESOLVED}};
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        char policy[512];
        add_provider("honest", "honest_open", 3, "");
        add_caller("libask.so", "", "honest_open");
        world_add_twz(&w, "app", "-Wl,--no-as-needed -l:libask.so", "int x;");
        snprintf(policy, sizeof policy, "compartment ask { libraries = { \"libask.so\" } %s }\n%s",
                 cases[i].imports, HONEST);
        world_policy(&w, policy);
        assert_int_equal(world_link(&w, "app"), cases[i].error);
        assert_true(!ld_program_compartment(w.program, "honest") == (cases[i].error != LD_OK));
        world_end(&w);
        world_start(&w);
    }
}

RUN_TESTS(
    T_WORLD(demands_add_up, "demands of gate, note, policy and import add up"),
    T_WORLD(another_demand_is_another_instance, "another demand is another instance"),
    T_WORLD(the_same_demand_is_one_instance, "the same demand is one instance"),
    T_WORLD(layout_and_plan_of_instances, "importers are granted gates of their own instance"),
    T_WORLD(a_demanding_library_is_isolated, "a library whose gates demand it is isolated"),
    T_WORLD(a_note_isolates, "one whose note demands it, too"),
    T_WORLD(without_demand_it_is_the_callers, "without a demand it is in its caller's compartment"),
    T_WORLD(demanding_libraries_in_a_circle, "libraries that need each other have one each"),
    T_WORLD(what_it_needs_may_be_called, "an isolated library calls what it needs"),
    T_WORLD(data_of_it_does_not_bind, "data of an isolated library does not bind"),
    T_WORLD(the_policy_cannot_bypass_a_gate, "a policy cannot bypass what a gate demands"),
    T_WORLD(the_policy_cannot_bypass_a_note, "nor what a note demands"),
    T_WORLD(a_spoofed_name_is_seen,
            "a gate of a name that a compartment not in use offers is refused, in every order"),
    T_WORLD(imports_name_the_one_that_is_meant, "imports say which one is meant, in every order"),
    T_WORLD(a_spoof_behind_needs_is_seen, "also where a needed library offers it"),
    T_WORLD(what_is_not_exported_is_no_rival, "what is not exported is no rival"),
    T_WORLD(nobody_in_use_and_two_offers, "two offers of compartments not in use are refused"),
    T_WORLD(only_the_one_that_offers_comes_into_use,
            "a reference brings only the compartment into use that offers the gate"),
    T_WORLD(patterns_of_others_open_what_they_match,
            "of other compartments than main, what their imports allow"))
