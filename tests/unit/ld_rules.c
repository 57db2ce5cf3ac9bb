/* SPDX-License-Identifier: BSD-2-Clause */
/* The linking rules inside one compartment: scope, versions, visibility, weak, unique, first dibs.
 */
#include "ld_fixture.h"

#define CALLS(name) "int " name "(void); int main(void) { return " name "(); }"

static void breadth_first(void **state)
{
    (void)state;
    /* main needs a and b; a needs c. b stands before c in the scope. */
    world_add(&w, "c.so", "", "int f(void) { return 3; } int g(void) { return 3; }");
    world_add(&w, "a.so", "-l:c.so -Wl,--no-as-needed -l:c.so", "int a(void) { return 1; }");
    world_add(&w, "b.so", "", "int f(void) { return 2; }");
    world_add(&w, "app", "-Wl,--no-as-needed -l:a.so -l:b.so",
              "int f(void), g(void); int main(void) { return f() + g(); }");
    assert_int_equal(world_link(&w, "app"), LD_OK);
    assert_string_equal(world_binding(&w, "app", "f"), "b.so");
    assert_string_equal(world_binding(&w, "app", "g"), "c.so");
    const struct ld_compartment *main = ld_program_compartment(w.program, "main");
    static const char *const scope[] = {"app", "a.so", "b.so", "c.so"};
    assert_int_equal(main->scope_count, 4);
    for (unsigned i = 0; i < 4; i++)
        assert_string_equal(w.program->instances[main->scope[i]]->name, scope[i]);
}

static void program_interposes(void **state)
{
    (void)state;
    world_add(&w, "a.so", "", "int f(void) { return 1; } int call(void) { return f(); }");
    world_add(&w, "app", "-pie -rdynamic -l:a.so",
              "int call(void); int f(void) { return 2; } int main(void) { return call(); }");
    assert_int_equal(world_link(&w, "app"), LD_OK);
    assert_string_equal(world_binding(&w, "a.so", "f"), "app");
}

static void preload_comes_second(void **state)
{
    (void)state;
    static const char *const preload[] = {"pre.so"};
    world_add(&w, "pre.so", "", "int f(void) { return 9; }");
    world_add(&w, "a.so", "", "int f(void) { return 1; }");
    world_add(&w, "app", "-pie -l:a.so", CALLS("f"));
    w.options.preload = preload;
    w.options.preload_count = 1;
    assert_int_equal(world_link(&w, "app"), LD_OK);
    assert_string_equal(world_binding(&w, "app", "f"), "pre.so");
}

static void symbolic_prefers_itself(void **state)
{
    (void)state;
    /* -Bsymbolic in the dynamic section only: the linker must leave the reference to us. */
    world_add(&w, "a.so", "-Wl,-z,now", "int f(void) { return 1; } int call(void) { return f(); }");
    world_add(&w, "b.so", "-Wl,-Bsymbolic -Wl,--unresolved-symbols=ignore-all -Wl,-z,now",
              "int g(void); int b(void) { return g(); }");
    world_add(&w, "app", "-pie -rdynamic -l:b.so -l:a.so -Wl,--no-as-needed",
              "int g(void) { return 2; } int f(void) { return 2; } int b(void), call(void);"
              "int main(void) { return b() + call(); }");
    assert_int_equal(world_link(&w, "app"), LD_OK);
    assert_string_equal(world_binding(&w, "a.so", "f"), "app");
    assert_string_equal(world_binding(&w, "b.so", "g"), "app");
    struct ld_trace trace;
    const struct ld_instance *b = world_instance(&w, "b.so", "main");
    assert_int_equal(ld_why(w.program, b, "g", "*", &trace), LD_OK);
    assert_int_equal(trace.steps->rule, LD_RULE_SYMBOLIC);
    assert_int_equal(ld_why(w.program, b, "b", NULL, &trace), LD_OK);
    assert_int_equal(trace.result.rule, LD_RULE_SYMBOLIC);
}

static void protected_keeps_its_own(void **state)
{
    (void)state;
    world_add(&w, "a.so", "",
              "__attribute__((visibility(\"protected\"))) int f(void) { return 1; }"
              "int (*p)(void) = f;");
    world_add(&w, "app", "-pie -rdynamic -l:a.so",
              "extern int (*p)(void); int f(void) { return 2; } int main(void) { return p(); }");
    assert_int_equal(world_link(&w, "app"), LD_OK);
    const char *bound = world_binding(&w, "a.so", "f");
    assert_true(strcmp(bound, "a.so") == 0 || strcmp(bound, "no such reference") == 0);
}

static void versions_are_exact(void **state)
{
    (void)state;
    char map[512], flags[1024];
    snprintf(map, sizeof map, "%s/v.map", world_directory());
    world_write(map, "V1 { global: f; }; V2 { global: g; } V1;");
    snprintf(flags, sizeof flags, "-Wl,--version-script=%s", map);
    world_add(&w, "v.so", flags,
              "__asm__(\".symver f1,f@V1\"); __asm__(\".symver f2,f@@V2\");"
              "int f1(void) { return 1; } int f2(void) { return 2; } int g(void) { return 3; }");
    world_add(&w, "app", "-pie -l:v.so", CALLS("f"));
    world_add(&w, "old", "-pie -l:v.so", "__asm__(\".symver f,f@V1\");" CALLS("f"));
    assert_int_equal(world_link(&w, "app"), LD_OK);
    struct ld_trace trace;
    struct ld_symbol_name name;
    assert_int_equal(ld_why(w.program, w.program->instances[0], "f", "*", &trace), LD_OK);
    assert_int_equal(trace.result.kind, LD_BOUND_SYMBOL);
    assert_true(
        ld_symbol_name(w.program->instances[trace.result.definer], trace.result.symbol, &name));
    assert_string_equal(name.version, "V2");
    assert_int_equal(world_link(&w, "old"), LD_OK);
    assert_int_equal(ld_why(w.program, w.program->instances[0], "f", "*", &trace), LD_OK);
    assert_true(
        ld_symbol_name(w.program->instances[trace.result.definer], trace.result.symbol, &name));
    assert_string_equal(name.version, "V1");
    /* A version that nobody defines, asked for as dlvsym would. */
    assert_int_equal(ld_why(w.program, w.program->instances[0], "f", "V9", &trace), LD_OK);
    assert_int_equal(trace.result.kind, LD_BOUND_REFUSED);
    assert_string_equal(trace.report.message,
                        "`f` is wanted in version V9, but v.so defines it in version V1");
}

static void missing_version(void **state)
{
    (void)state;
    char map[512], flags[1024];
    snprintf(map, sizeof map, "%s/v.map", world_directory());
    snprintf(flags, sizeof flags, "-Wl,--version-script=%s", map);
    world_write(map, "V2 { global: f; };");
    world_add(&w, "v.so", flags, "int f(void) { return 1; }");
    world_add(&w, "app", "-pie -l:v.so", CALLS("f"));
    world_write(map, "V1 { global: f; };");
    w.names[0][0] = '-'; /* the library that the program was linked against is gone */
    world_add(&w, "v.so", flags, "int f(void) { return 1; }");
    assert_int_equal(world_link(&w, "app"), LD_EVERSION);
    assert_int_equal(w.report_count, 2);
    assert_string_equal(w.reports[0].message,
                        "app needs version V2 of v.so, which v.so does not define");
    assert_string_equal(w.reports[1].message,
                        "`f` is wanted in version V2, but v.so defines it in version V1");
}

static void weak_is_zero(void **state)
{
    (void)state;
    world_add(&w, "app", "-pie",
              "__attribute__((weak)) int f(void); int main(void) { return f ? f() : 0; }");
    world_add(&w, "b.so", "", "__attribute__((weak)) int f(void); int (*p)(void) = f;");
    world_add(&w, "app2", "-pie -Wl,--no-as-needed -l:b.so", "int main(void) { return 0; }");
    assert_int_equal(world_link(&w, "app2"), LD_OK);
    assert_string_equal(world_binding(&w, "b.so", "f"), "0");
    assert_int_equal(w.report_count, 0);
}

static void undefined_names_the_near_miss(void **state)
{
    (void)state;
    world_add(&w, "a.so", "", "int decode_image(void) { return 1; }");
    world_add(&w, "app", "-Wl,--no-as-needed -l:a.so", CALLS("decode_imgae"));
    assert_int_equal(world_link(&w, "app"), LD_EUNRESOLVED);
    assert_string_equal(world_binding(&w, "app", "decode_imgae"), "refused");
    assert_int_equal(w.report_count, 1);
    assert_string_equal(w.reports[0].referrer, "app");
    assert_string_equal(w.reports[0].message,
                        "`decode_imgae` is defined by no library of compartment main and by no "
                        "gate of another");
    assert_string_equal(w.reports[0].cure, "did you mean `decode_image` of a.so?");
    assert_string_equal(w.reports[0].rule, "rule 4: no answer, and not weak");
}

static void copy_skips_the_program(void **state)
{
    (void)state;
    world_add(&w, "a.so", "", "int data = 1; int get(void) { return data; }");
    world_add(&w, "app", "-no-pie -fno-pie -l:a.so",
              "extern int data; int get(void); int main(void) { return data + get(); }");
    assert_int_equal(world_link(&w, "app"), LD_OK);
    assert_string_equal(world_binding(&w, "app", "data"), "a.so");
    assert_string_equal(world_binding(&w, "a.so", "data"), "app");
}

static void unique_is_one(void **state)
{
    (void)state;
    static const char *const source = "__asm__(\".globl u; .type u,@gnu_unique_object; .data; "
                                      ".balign 4; u: .long 1; .size u,4\");"
                                      "extern int u; int *%s(void) { return &u; }";
    char text[512], map[512], flags[1024];
    snprintf(map, sizeof map, "%s/u.map", world_directory());
    /* Two versions of the same name: still one definition. a.so is relocated first. */
    snprintf(flags, sizeof flags, "-Wl,--version-script=%s", map);
    world_write(map, "A { global: u; a; };");
    snprintf(text, sizeof text, source, "a");
    world_add(&w, "a.so", flags, text);
    world_write(map, "B { global: u; b; };");
    snprintf(flags, sizeof flags, "-Wl,--version-script=%s -Wl,--no-as-needed -l:a.so", map);
    snprintf(text, sizeof text, source, "b");
    world_add(&w, "b.so", flags, text);
    world_add(&w, "app", "-pie -Wl,--no-as-needed -l:b.so", "int main(void) { return 0; }");
    assert_int_equal(world_link(&w, "app"), LD_OK);
    assert_string_equal(world_binding(&w, "a.so", "u"), "a.so");
    assert_string_equal(world_binding(&w, "b.so", "u"), "a.so");
}

static void first_dibs_before_scope(void **state)
{
    (void)state;
    static const char *const runtime[] = {"rt.so"};
    world_add(&w, "rt.so", "", "void *malloc(unsigned long n) { return (void *)n; }");
    world_add(&w, "libc.so", "-fno-builtin",
              "void *malloc(unsigned long n) { return (void *)n; } void *use(void) { return "
              "malloc(1); } int puts(const char *s) { return !s; }");
    world_add(&w, "app", "-pie -l:libc.so -fno-builtin",
              "void *malloc(unsigned long); void *use(void); int puts(const char *);"
              "int main(void) { return malloc(1) == use() && puts(\"\"); }");
    w.options.runtime = runtime;
    w.options.runtime_count = 1;
    assert_int_equal(world_link(&w, "app"), LD_OK);
    assert_string_equal(world_binding(&w, "app", "malloc"), "rt.so");
    assert_string_equal(world_binding(&w, "libc.so", "malloc"), "rt.so");
    assert_string_equal(world_binding(&w, "app", "puts"), "libc.so");
    struct ld_trace trace;
    assert_int_equal(ld_why(w.program, w.program->instances[0], "malloc", "*", &trace), LD_OK);
    assert_int_equal(trace.result.rule, LD_RULE_FIRST_DIBS);
}

static void runtime_is_in_every_compartment(void **state)
{
    (void)state;
    static const char *const runtime[] = {"rt.so"};
    world_add(&w, "rt.so", "", "void *malloc(unsigned long n) { return (void *)n; }");
    world_add(&w, "b.so", "-fno-builtin -Wl,--unresolved-symbols=ignore-all",
              "void *malloc(unsigned long); void *b(void) { return malloc(1); }");
    world_add(&w, "app", "-pie -Wl,--no-as-needed,--allow-shlib-undefined -l:b.so",
              "int main(void) { return 0; }");
    world_policy(&w, "compartment box { libraries = { \"b.so\" } }\n");
    w.options.runtime = runtime;
    w.options.runtime_count = 1;
    assert_int_equal(world_link(&w, "app"), LD_OK);
    const struct ld_instance *own = world_instance(&w, "rt.so", "box");
    assert_non_null(own);
    assert_non_null(world_instance(&w, "rt.so", "main"));
    struct ld_trace trace;
    assert_int_equal(ld_why(w.program, world_instance(&w, "b.so", "box"), "malloc", "*", &trace),
                     LD_OK);
    assert_int_equal(trace.result.definer, own->index);
}

static void first_dibs_of_the_policy(void **state)
{
    (void)state;
    world_add(&w, "mine.so", "", "int f(void) { return 9; }");
    world_add(&w, "a.so", "", "int f(void) { return 1; }");
    world_add(&w, "app", "-pie -l:a.so", CALLS("f"));
    world_policy(&w, "compartment main { first-dibs = { \"mine.so\" } }\n");
    assert_int_equal(world_link(&w, "app"), LD_OK);
    assert_string_equal(world_binding(&w, "app", "f"), "mine.so");
}

static void not_found_says_where(void **state)
{
    (void)state;
    world_add(&w, "gone.so", "", "int f(void) { return 1; }");
    world_add(&w, "app", "-pie -l:gone.so", CALLS("f"));
    w.names[0][0] = '-';
    assert_int_equal(world_load(&w, "app"), LD_ENOTFOUND);
    assert_string_equal(w.reports[0].message,
                        "gone.so, needed by app in compartment main, was not found; 1 place "
                        "searched");
    const struct ld_edge *edge = &w.program->edges[w.program->edge_count - 1];
    assert_int_equal(edge->to, LD_NONE);
    assert_string_equal(edge->places->result, "no such library");
}

static void one_file_two_names(void **state)
{
    (void)state;
    world_add(&w, "a.so", "", "int f(void) { return 1; }");
    world_add(&w, "app", "-pie -l:a.so", CALLS("f"));
    world_add(&w, "b.so", "-Wl,--no-as-needed -l:a.so", "int b;");
    /* The same file under a second name is the same library. */
    w.files[2].identity[1] = w.files[0].identity[1];
    world_add(&w, "both", "-pie -Wl,--no-as-needed -l:a.so -l:b.so", CALLS("f"));
    assert_int_equal(world_link(&w, "both"), LD_OK);
    assert_int_equal(w.program->instance_count, 2);
}

static void memory_runs_out(void **state)
{
    (void)state;
    world_add(&w, "a.so", "", "int f(void) { return 1; }");
    world_add(&w, "app", "-pie -l:a.so", CALLS("f"));
    for (size_t size = 0; size < 64 << 10; size += 256) {
        w.options.memory = ld_arena_memory(&w.arena, w.memory, size);
        enum ld_error error = world_load(&w, "app");
        if (!error)
            error = ld_program_resolve(w.program);
        if (error == LD_OK && size > 4096)
            return;
        assert_int_equal(error, LD_ENOMEM);
    }
    fail_msg("64 KiB are not enough for two small files");
}

RUN_TESTS(T_WORLD(breadth_first, "a scope is breadth first"),
          T_WORLD(program_interposes, "the program comes before its libraries"),
          T_WORLD(preload_comes_second, "preloaded libraries come after the program"),
          T_WORLD(symbolic_prefers_itself, "DT_SYMBOLIC looks into the library first"),
          T_WORLD(protected_keeps_its_own, "a protected symbol is not interposed"),
          T_WORLD(versions_are_exact, "versions: default, hidden and missing ones"),
          T_WORLD(missing_version, "a needed version that nobody defines is refused"),
          T_WORLD(weak_is_zero, "a weak undefined symbol is 0"),
          T_WORLD(undefined_names_the_near_miss, "an undefined symbol names a similar one"),
          T_WORLD(copy_skips_the_program, "COPY finds the library's data, others the copy"),
          T_WORLD(unique_is_one, "a unique symbol is one, whatever its versions"),
          T_WORLD(first_dibs_before_scope, "first dibs come before the scope"),
          T_WORLD(runtime_is_in_every_compartment,
                  "every compartment has first dibs on a runtime of its own"),
          T_WORLD(first_dibs_of_the_policy, "the policy adds to first dibs"),
          T_WORLD(not_found_says_where, "a library that is not found says where it was sought"),
          T_WORLD(one_file_two_names, "one file under two names is loaded once"),
          T_WORLD(memory_runs_out, "every allocation may fail"))
