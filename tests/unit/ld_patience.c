/* SPDX-License-Identifier: BSD-2-Clause */
/* Libraries that are made to waste the linker's time: names that all have one hash, and as many
 * references to them. What is meant resolves; what is not is refused before anybody has to wait. */
#include "ld_world.h"
#include <time.h>

static struct world w;

static int up(void **state)
{
    (void)state;
    world_start(&w);
    return 0;
}

static int down(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

/* Name number `number` of `letters` pairs: for both hashes "az" and "bY" (GNU), "aq" and "ba"
 * (System V) are the same. */
static void write_name(FILE *stream, unsigned number, unsigned letters, bool sysv)
{
    for (unsigned i = 0; i < letters; i++)
        fputs(number >> i & 1 ? sysv ? "ba" : "bY" : sysv ? "aq" : "az", stream);
}

/* libevil.so defines 2^letters such names, app refers to all of them. */
static void build(unsigned letters, const char *style)
{
    char path[512], command[2048];
    const char *directory = world_directory();
    bool sysv = strcmp(style, "sysv") == 0;
    for (unsigned user = 0; user < 2; user++) {
        snprintf(path, sizeof path, "%s/%s.s", directory, user ? "app" : "libevil.so");
        FILE *stream = fopen(path, "w");
        assert_non_null(stream);
        fputs(".data\n", stream);
        for (unsigned i = 0; i < 1u << letters; i++) {
            fputs(user ? ".quad " : ".globl ", stream);
            write_name(stream, i, letters, sysv);
            fputs("\n", stream);
            if (user)
                continue;
            fputs(".type ", stream);
            write_name(stream, i, letters, sysv);
            fputs(", @object\n", stream);
            write_name(stream, i, letters, sysv);
            fputs(": .byte 1\n", stream);
        }
        fclose(stream);
        snprintf(command, sizeof command,
                 "cc -nostdlib -shared -Wl,-soname,%s,--hash-style=%s -o %s/%s %s -L%s %s",
                 user ? "app" : "libevil.so", style, directory, user ? "app" : "libevil.so", path,
                 directory, user ? "-Wl,--no-as-needed -l:libevil.so" : "");
        assert_int_equal(system(command), 0);
        snprintf(path, sizeof path, "%s/%s", directory, user ? "app" : "libevil.so");
        world_take(&w, user ? "app" : "libevil.so", path);
    }
}

static double seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void link_evil(unsigned letters, const char *style, enum ld_error wanted)
{
    build(letters, style);
    double start = seconds();
    assert_int_equal(world_link(&w, "app"), wanted);
    assert_true(seconds() - start < 20); /* without a bound: minutes */
    if (wanted == LD_OK)
        return;
    assert_int_equal(w.report_count, 1);
    assert_string_equal(w.reports[0].message,
                        "the symbols of app cannot be looked up in reasonable time: hash tables in "
                        "compartment main have chains without end");
}

static void long_gnu_chains(void **state)
{
    (void)state;
    link_evil(15, "gnu", LD_ELIMIT);
}

static void long_sysv_chains(void **state)
{
    (void)state;
    link_evil(14, "sysv", LD_ELIMIT);
}

static void some_collisions_are_fine(void **state)
{
    (void)state;
    link_evil(10, "gnu", LD_OK);
    world_end(&w);
    world_start(&w);
    link_evil(10, "sysv", LD_OK);
}

RUN_TESTS(T_STATE(long_gnu_chains, "2^15 names of one GNU hash: refused in bounded time", up, down),
          T_STATE(long_sysv_chains, "2^14 names of one System V hash: the same", up, down),
          T_STATE(some_collisions_are_fine, "a thousand resolve", up, down))
