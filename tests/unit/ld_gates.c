/* SPDX-License-Identifier: BSD-2-Clause */
/* Gates and default deny: each rule tried in both directions, with the words that people read. */
#include "ld_fixture.h"

static int vault_up(void **state)
{
    world_up(state);
    world_add_twz(&w, "libvault.so", "",
                  "#define TWZ_GATE_PROVIDER\n#include <twz/gate.h>\n"
                  "TWZ_GATE(int64_t, vault_open, TWZ_VAL(uint32_t, pin))\n"
                  "TWZ_GATE(int64_t, vault_close)\n"
                  "int64_t vault_open_impl(uint32_t pin) { return pin; }\n"
                  "int64_t vault_close_impl(void) { return 0; }\n"
                  "int secret_key = 1; __thread int secret_tls = 2;\n"
                  "int secret_function(void) { return secret_key; }\n"
                  "static int real(void) { return 1; }\n"
                  "__attribute__((used)) static void *pick(void) { return (void *)real; }\n"
                  "int secret_ifunc(void) __attribute__((ifunc(\"pick\")));\n");
    return 0;
}

#define T_VAULT(f, title) T_STATE(f, title, vault_up, world_down)
#define VAULT             "compartment vault { libraries = { \"libvault.so\" } }\n"

/* Links a library `app` of main that needs libvault.so and has this source. */
static enum ld_error link_app(const char *source, const char *policy)
{
    world_add_twz(&w, "app", "-Wl,--no-as-needed -l:libvault.so", source);
    world_policy(&w, policy);
    return world_link(&w, "app");
}

static void refused(const char *symbol, enum ld_error error, const char *message, const char *cure)
{
    assert_string_equal(world_binding(&w, "app", symbol), "refused");
    assert_int_equal(w.report_count, 1);
    const struct ld_report *report = &w.reports[0];
    assert_int_equal(report->error, error);
    assert_string_equal(report->referrer, "app");
    assert_string_equal(report->compartment, "main");
    assert_string_equal(report->symbol, symbol);
    assert_string_equal(report->definer, "libvault.so");
    assert_string_equal(report->definer_compartment, "vault");
    assert_string_equal(report->rule, "rule 3: only an imported gate binds across compartments");
    assert_string_equal(report->message, message);
    assert_string_equal(report->cure, cure);
}

static void gate_binds(void **state)
{
    (void)state;
    assert_int_equal(link_app("#include <twz/gate.h>\n"
                              "TWZ_GATE(int64_t, vault_open, TWZ_VAL(uint32_t, pin))\n"
                              "int64_t f(void) { return vault_open(1); }",
                              VAULT),
                     LD_OK);
    assert_string_equal(world_binding(&w, "app", "vault_open"), "vault:vault_open");
    assert_int_equal(w.report_count, 0);
}

static void function_is_no_gate(void **state)
{
    (void)state;
    assert_int_equal(
        link_app("int secret_function(void); int f(void) { return secret_function(); }", VAULT),
        LD_ENOGATE);
    refused("secret_function", LD_ENOGATE,
            "`secret_function` is defined by libvault.so in compartment vault, but it is no gate",
            "declare it with TWZ_GATE in libvault.so, or move libvault.so into compartment main");
}

static void function_binds_inside(void **state)
{
    (void)state;
    assert_int_equal(
        link_app("int secret_function(void); int f(void) { return secret_function(); }",
                 "compartment main { libraries = { \"libvault.so\" } }\n"),
        LD_OK);
    assert_string_equal(world_binding(&w, "app", "secret_function"), "libvault.so");
}

static void data_is_refused(void **state)
{
    (void)state;
    assert_int_equal(link_app("extern int secret_key; int *f(void) { return &secret_key; }", VAULT),
                     LD_ENOGATE);
    refused("secret_key", LD_ENOGATE,
            "`secret_key` is defined by libvault.so in compartment vault, but it is no gate",
            "data never binds across compartments: declare a gate with TWZ_GATE that returns it, "
            "or move libvault.so into compartment main");
}

static void data_binds_inside(void **state)
{
    (void)state;
    world_add_twz(&w, "libopen.so", "", "int open_key = 1;");
    world_add_twz(&w, "app", "-Wl,--no-as-needed -l:libopen.so",
                  "extern int open_key; int *f(void) { return &open_key; }");
    assert_int_equal(world_link(&w, "app"), LD_OK);
    assert_string_equal(world_binding(&w, "app", "open_key"), "libopen.so");
}

static void tls_is_refused(void **state)
{
    (void)state;
    assert_int_equal(
        link_app("extern __thread int secret_tls; int f(void) { return secret_tls; }", VAULT),
        LD_ENOGATE);
    assert_string_equal(w.reports[0].message,
                        "`secret_tls` is defined by libvault.so in compartment vault, but it is no "
                        "gate");
}

static void ifunc_is_refused(void **state)
{
    (void)state;
    assert_int_equal(
        link_app("int secret_ifunc(void); int f(void) { return secret_ifunc(); }", VAULT),
        LD_ENOGATE);
    assert_string_equal(world_binding(&w, "app", "secret_ifunc"), "refused");
}

static void weak_is_zero_across(void **state)
{
    (void)state;
    assert_int_equal(link_app("__attribute__((weak)) int secret_function(void);"
                              "int f(void) { return secret_function ? 1 : 0; }",
                              VAULT),
                     LD_OK);
    assert_string_equal(world_binding(&w, "app", "secret_function"), "0");
}

static void weak_binds_a_gate(void **state)
{
    (void)state;
    assert_int_equal(link_app("__attribute__((weak)) long vault_close(void);"
                              "long f(void) { return vault_close ? vault_close() : 0; }",
                              VAULT),
                     LD_OK);
    assert_string_equal(world_binding(&w, "app", "vault_close"), "vault:vault_close");
}

static void copy_is_refused(void **state)
{
    (void)state;
    world_add(&w, "libdata.so", "", "int shared = 1; int get(void) { return shared; }");
    world_add(&w, "prog", "-no-pie -fno-pie -l:libdata.so",
              "extern int shared; int main(void) { return shared; }");
    world_policy(&w, "compartment data { libraries = { \"libdata.so\" } }\n");
    assert_int_equal(world_link(&w, "prog"), LD_ENOGATE);
    assert_string_equal(world_binding(&w, "prog", "shared"), "refused");
    assert_string_equal(w.reports[0].message,
                        "`shared` is defined by libdata.so in compartment data, but it is no gate");
}

#define CALLS_OPEN "long vault_open(unsigned); long f(void) { return vault_open(1); }"

static void not_imported(void **state)
{
    (void)state;
    assert_int_equal(link_app(CALLS_OPEN, VAULT "compartment main { imports = { } }\n"),
                     LD_ENOIMPORT);
    refused("vault_open", LD_ENOIMPORT,
            "`vault_open` is a gate of libvault.so in compartment vault, but compartment main does "
            "not import it",
            "add \"vault:vault_open\" to imports of compartment main");
}

static void imported_by_name_and_pattern(void **state)
{
    (void)state;
    assert_int_equal(
        link_app(CALLS_OPEN, VAULT "compartment main { imports = { \"v*:*_open\" } }\n"), LD_OK);
    assert_string_equal(world_binding(&w, "app", "vault_open"), "vault:vault_open");
}

static void other_gate_imported(void **state)
{
    (void)state;
    assert_int_equal(
        link_app(CALLS_OPEN, VAULT "compartment main { imports = { \"vault:vault_close\" } }\n"),
        LD_ENOIMPORT);
}

static void not_exported(void **state)
{
    (void)state;
    assert_int_equal(link_app(CALLS_OPEN, "compartment vault { libraries = { \"libvault.so\" }\n"
                                          " exports = { \"vault_close\" } }\n"),
                     LD_ENOEXPORT);
    refused("vault_open", LD_ENOEXPORT,
            "`vault_open` is a gate of libvault.so in compartment vault, which does not export it",
            "add \"vault_open\" to exports of compartment vault");
}

static void others_import_nothing(void **state)
{
    (void)state;
    static const char *const policy =
        VAULT "compartment box { libraries = { \"libbox.so\" } %s }\n";
    char text[512];
    world_add_twz(&w, "libbox.so", "", CALLS_OPEN);
    world_add_twz(&w, "app", "-Wl,--no-as-needed -l:libbox.so -l:libvault.so", "int x;");
    snprintf(text, sizeof text, policy, "");
    world_policy(&w, text);
    assert_int_equal(world_link(&w, "app"), LD_ENOIMPORT);
    assert_string_equal(w.reports[0].cure,
                        "add \"vault:vault_open\" to imports of compartment box");
    free(w.policy_bytes);
    snprintf(text, sizeof text, policy, "imports = { \"vault\" }");
    world_policy(&w, text);
    assert_int_equal(world_link(&w, "app"), LD_OK);
    assert_string_equal(world_binding(&w, "libbox.so", "vault_open"), "vault:vault_open");
}

static void signatures_must_agree(void **state)
{
    (void)state;
    assert_int_equal(link_app("#include <twz/gate.h>\n"
                              "TWZ_GATE(int64_t, vault_open, TWZ_VAL(uint64_t, pin))\n"
                              "int64_t f(void) { return vault_open(1); }",
                              VAULT),
                     LD_ESIGNATURE);
    refused("vault_open", LD_ESIGNATURE,
            "`vault_open` is declared as `i64 vault_open(u64)` by app, but as `i64 "
            "vault_open(u32)` by libvault.so in compartment vault",
            "build app and libvault.so against the same declaration");
}

static void gate_is_no_data(void **state)
{
    (void)state;
    assert_int_equal(link_app("extern char vault_open[]; char *f(void) { return vault_open; }"
                              "char *p = vault_open + 4;",
                              VAULT),
                     LD_ENOTCALL);
    refused("vault_open", LD_ENOTCALL,
            "`vault_open` is a gate of libvault.so in compartment vault, but app uses it as data, "
            "and a gate can only be called",
            "call `vault_open` as a function");
}

static void gate_address_may_be_taken(void **state)
{
    (void)state;
    assert_int_equal(
        link_app("long vault_open(unsigned); long (*p)(unsigned) = vault_open;", VAULT), LD_OK);
    assert_string_equal(world_binding(&w, "app", "vault_open"), "vault:vault_open");
}

static struct ld_file *file_named(const char *name)
{
    for (unsigned i = 0; i < w.file_count; i++)
        if (strcmp(w.names[i], name) == 0)
            return &w.files[i];
    fail_msg("no file %s", name);
    return NULL;
}

static void rename_file(const char *from, const char *to)
{
    char *name = w.names[file_named(from) - w.files];
    snprintf(name, sizeof w.names[0], "%s", to);
}

/* A library that main needs says it is libvault.so: that does not bring it into the vault. */
static void a_soname_opens_no_compartment(void **state)
{
    (void)state;
    world_add_twz(&w, "libevil.so", "", "int evil;");
    world_add_twz(&w, "app", "-Wl,--no-as-needed -l:libevil.so", "int x;");
    world_add_twz(&w, "spoof", "-Wl,-soname,libvault.so", "int evil;");
    rename_file("libevil.so", "before");
    rename_file("spoof", "libevil.so");
    world_policy(&w, VAULT);
    (void)world_load(&w, "app");
    assert_int_equal(w.report_count, 1);
    assert_int_equal(w.reports[0].error, LD_EDUPLICATE);
    assert_string_equal(w.reports[0].message, "libevil.so calls itself libvault.so, which is "
                                              "another file, in compartment vault");
    assert_int_equal(ld_program_compartment(w.program, "vault")->scope_count, 1);
}

static void a_second_name_leads_to_the_same_library(void **state)
{
    (void)state;
    char path[512];
    world_add_twz(&w, "libalias.so", "", "int before;");
    world_add_twz(&w, "app", "-Wl,--no-as-needed -l:libalias.so", "int x;");
    rename_file("libalias.so", "before");
    snprintf(path, sizeof path, "%s/libvault.so", world_directory());
    world_take(&w, "libalias.so", path);
    memcpy(file_named("libalias.so")->identity, file_named("libvault.so")->identity,
           sizeof w.files[0].identity);
    world_policy(&w, VAULT);
    assert_int_equal(world_link(&w, "app"), LD_OK);
    assert_int_equal(ld_program_compartment(w.program, "vault")->scope_count, 1);
}

/* The box offers a gate of the vault's name, and comes into use before the vault. */
static void one_name_in_two_compartments(void **state)
{
    (void)state;
    static const char *const policy =
        "compartment box { libraries = { \"libbox.so\" } }\n" VAULT "%s";
    char text[512];
    world_add_twz(&w, "libbox.so", "",
                  "#define TWZ_GATE_PROVIDER\n#include <twz/gate.h>\n"
                  "TWZ_GATE(int64_t, vault_open, TWZ_VAL(uint32_t, pin))\n"
                  "int64_t vault_open_impl(uint32_t pin) { return -(int64_t)pin; }\n");
    world_add_twz(&w, "app", "-Wl,--no-as-needed -l:libbox.so -l:libvault.so", CALLS_OPEN);
    snprintf(text, sizeof text, policy, "");
    world_policy(&w, text);
    assert_int_equal(world_link(&w, "app"), LD_EDUPLICATE);
    assert_string_equal(world_binding(&w, "app", "vault_open"), "refused");
    assert_string_equal(w.reports[0].message, "`vault_open` is a gate of libbox.so in compartment "
                                              "box, and other compartments offer one too");
    free(w.policy_bytes);
    snprintf(text, sizeof text, policy, "compartment main { imports = { \"vault\" } }\n");
    world_policy(&w, text);
    assert_int_equal(world_link(&w, "app"), LD_OK);
    assert_string_equal(world_binding(&w, "app", "vault_open"), "vault:vault_open");
}

static void instances_per_compartment(void **state)
{
    (void)state;
    world_add_twz(&w, "libz.so", "", "int z(void) { return 1; }");
    world_add_twz(&w, "libbox.so", "-Wl,--no-as-needed -l:libz.so",
                  "int z(void); int b(void) { return z(); }");
    world_add_twz(&w, "app", "-Wl,--no-as-needed -l:libbox.so -l:libz.so",
                  "int z(void); int f(void) { return z(); }");
    world_policy(&w, "compartment box { libraries = { \"libbox.so\" } }\n");
    assert_int_equal(world_link(&w, "app"), LD_OK);
    const struct ld_instance *mine = world_instance(&w, "libz.so", "main");
    const struct ld_instance *other = world_instance(&w, "libz.so", "box");
    assert_non_null(mine);
    assert_non_null(other);
    assert_ptr_equal(mine->module, other->module);
    struct ld_trace trace;
    assert_int_equal(ld_why(w.program, world_instance(&w, "libbox.so", "box"), "z", "*", &trace),
                     LD_OK);
    assert_int_equal(trace.result.definer, other->index);
}

static void dlsym_follows_the_rules(void **state)
{
    (void)state;
    assert_int_equal(link_app("int x;", VAULT), LD_OK);
    struct ld_trace trace;
    const struct ld_instance *app = w.program->instances[0];
    assert_int_equal(ld_why(w.program, app, "vault_open", NULL, &trace), LD_OK);
    assert_int_equal(trace.result.kind, LD_BOUND_GATE);
    assert_int_equal(ld_why(w.program, app, "secret_function", NULL, &trace), LD_OK);
    assert_int_equal(trace.result.kind, LD_BOUND_REFUSED);
    assert_string_equal(trace.report.message,
                        "`secret_function` is defined by libvault.so in compartment vault, but it "
                        "is no gate");
}

static void monitor_gates(void **state)
{
    (void)state;
    static const struct ld_known_gate gates[] = {{"twz_mon_exit", "i32 twz_mon_exit(i32)", 7},
                                                 {"twz_mon_x*", NULL, LD_NONE}};
    world_add_twz(&w, "app", "",
                  "int twz_mon_exit(int), twz_mon_xyz(void), twz_mon_other(void);"
                  "int f(void) { return twz_mon_exit(1) + twz_mon_xyz() + twz_mon_other(); }");
    w.options.monitor_gates = gates;
    w.options.monitor_gate_count = 2;
    assert_int_equal(world_link(&w, "app"), LD_EUNRESOLVED);
    assert_string_equal(world_binding(&w, "app", "twz_mon_exit"), "monitor:twz_mon_exit");
    assert_string_equal(world_binding(&w, "app", "twz_mon_xyz"), "monitor:twz_mon_x*");
    assert_string_equal(world_binding(&w, "app", "twz_mon_other"), "refused");
}

static void steps_are_kept(void **state)
{
    (void)state;
    static const enum ld_outcome wanted[] = {LD_STEP_ABSENT, LD_STEP_NOT_IMPORTED, LD_STEP_STRONG};
    assert_int_equal(link_app(CALLS_OPEN, VAULT "compartment main { imports = { } }\n"),
                     LD_ENOIMPORT);
    struct ld_trace trace;
    unsigned count = 0;
    assert_int_equal(ld_why(w.program, w.program->instances[0], "vault_open", "*", &trace), LD_OK);
    for (const struct ld_step *step = trace.steps; step; step = step->next, count++)
        assert_int_equal(step->outcome, wanted[count]);
    assert_int_equal(count, 3);
    assert_string_equal(trace.report.cure,
                        "add \"vault:vault_open\" to imports of compartment main");
}

static void opened_on_demand(void **state)
{
    (void)state;
    /* The program names no library; main may import everything, so the vault comes into use. */
    world_add_twz(&w, "app", "", CALLS_OPEN);
    world_policy(&w, VAULT);
    assert_int_equal(world_link(&w, "app"), LD_OK);
    assert_string_equal(world_binding(&w, "app", "vault_open"), "vault:vault_open");
    assert_non_null(ld_program_compartment(w.program, "vault"));
}

static void not_opened_without_need(void **state)
{
    (void)state;
    world_add_twz(&w, "app", "", "int x;");
    world_policy(&w, VAULT);
    assert_int_equal(world_link(&w, "app"), LD_OK);
    assert_null(ld_program_compartment(w.program, "vault"));
}

RUN_TESTS(T_VAULT(gate_binds, "a gate binds across compartments"),
          T_VAULT(function_is_no_gate, "a function that is no gate is refused by name"),
          T_VAULT(function_binds_inside, "inside a compartment the same call is direct"),
          T_VAULT(data_is_refused, "data is refused, with reason and cure"),
          T_VAULT(data_binds_inside, "without a policy data binds"),
          T_VAULT(tls_is_refused, "thread-local data is refused"),
          T_VAULT(ifunc_is_refused, "an IFUNC is refused"),
          T_VAULT(copy_is_refused, "COPY is refused"),
          T_VAULT(weak_is_zero_across, "a weak reference does not cross either: it is 0"),
          T_VAULT(weak_binds_a_gate, "a weak reference to a gate binds"),
          T_VAULT(not_imported, "a gate that is not imported is refused"),
          T_VAULT(imported_by_name_and_pattern, "imports may be patterns"),
          T_VAULT(other_gate_imported, "an import of one gate is none of another"),
          T_VAULT(not_exported, "a gate that is not exported is refused"),
          T_VAULT(others_import_nothing, "compartments other than main import nothing by default"),
          T_VAULT(signatures_must_agree, "caller and callee must agree on the signature"),
          T_VAULT(gate_is_no_data, "a gate is no data"),
          T_VAULT(gate_address_may_be_taken, "the address of a gate may be taken"),
          T_VAULT(a_soname_opens_no_compartment,
                  "a soname brings no file into another compartment"),
          T_VAULT(a_second_name_leads_to_the_same_library,
                  "a second name of a library leads to its compartment"),
          T_VAULT(one_name_in_two_compartments,
                  "a gate that two compartments offer is refused until one is named"),
          T_VAULT(instances_per_compartment, "a library has an instance per compartment"),
          T_VAULT(dlsym_follows_the_rules, "a lookup by name follows the same rules"),
          T_VAULT(monitor_gates, "gates of the monitor are there for all"),
          T_VAULT(steps_are_kept, "every step of a resolution can be replayed"),
          T_VAULT(opened_on_demand, "a reference brings a compartment into use"),
          T_VAULT(not_opened_without_need, "a compartment that nothing needs stays out"))
