/* SPDX-License-Identifier: BSD-2-Clause */
/* Mutants of a program with gates, versions and thread-local data go through the link core. */
#include "ld_world.h"
#include "mutants.h"
#include "tests/fuzz/link.c"

static struct world w;

/* A library seed.so of two or three slots, with these flags and this source. */
static void survives(const char *flags, const char *source, uint64_t start, unsigned long count)
{
    world_start(&w);
    world_add_twz(&w, "seed.so", flags, source);
    const struct ld_file *seed = &w.files[0];
    assert_int_equal(LLVMFuzzerTestOneInput(seed->bytes, seed->size), 0);
    mutants_feed(LLVMFuzzerTestOneInput, start, seed->bytes, seed->size, 0xc00, count);
    world_end(&w);
}

static void survives_twz_mutants(void **state)
{
    (void)state;
    survives("-Wl,--no-as-needed -fuse-ld=lld",
             "#define TWZ_GATE_PROVIDER\n#include <twz/gate.h>\n"
             "TWZ_GATE(int64_t, seed_open, TWZ_VAL(uint32_t, pin))\n"
             "int64_t other_gate(void); int64_t twz_mon_exit(void);\n"
             "__thread int t = 1; extern __thread int u; int data = 2; int *p = &data;\n"
             "__attribute__((weak)) int absent(void);\n"
             "int64_t seed_open_impl(uint32_t pin) { return pin + other_gate() + t + u + *p + "
             "(absent != 0) + twz_mon_exit(); }\n",
             1, mutant_count(20000));
}

/* Three slots: constants in one of their own. */
static void survives_mutants_with_constants_apart(void **state)
{
    (void)state;
    survives("--twz-separate-rodata -Wl,--no-as-needed -fuse-ld=lld",
             "#define TWZ_GATE_PROVIDER\n#include <twz/gate.h>\n"
             "TWZ_GATE(int64_t, seed_open, TWZ_VAL(uint32_t, pin))\n"
             "static int data = 2; int *const table[] = {&data, 0}; const char text[] = \"a\";\n"
             "int64_t seed_open_impl(uint32_t pin) { return *table[pin % 2] + text[0]; }\n",
             3, mutant_count(10000));
}

static void survives_ordinary_mutants(void **state)
{
    (void)state;
    char map[512], flags[1024];
    world_start(&w);
    snprintf(map, sizeof map, "%s/m.map", world_directory());
    world_write(map, "V1 { global: f; }; V2 { global: g; call; } V1;");
    snprintf(flags, sizeof flags, "-Wl,--version-script=%s,--hash-style=both", map);
    world_add(&w, "dep.so", flags, "int f(void) { return 1; } int g(void) { return 2; }");
    snprintf(flags, sizeof flags,
             "-Wl,--version-script=%s,--hash-style=both,-rpath,/nowhere -Wl,--no-as-needed "
             "-l:dep.so -lc",
             map);
    world_add(&w, "seed.so", flags,
              "int f(void); int g(void) { return f(); } int call(void) { return g() + f(); }"
              "void *malloc(unsigned long); void *m(void) { return malloc(3); }"
              "__attribute__((constructor)) static void up(void) { }");
    mutants_feed(LLVMFuzzerTestOneInput, 2, w.files[1].bytes, w.files[1].size, 0x800,
                 mutant_count(20000));
    world_end(&w);
}

RUN_TESTS(T(survives_twz_mutants, "mutants of a program with gates go through the core unharmed"),
          T(survives_mutants_with_constants_apart,
            "mutants of a program with constants apart go through the core unharmed"),
          T(survives_ordinary_mutants,
            "mutants of an ordinary library go through the core unharmed"))
