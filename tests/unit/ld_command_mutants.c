/* SPDX-License-Identifier: BSD-2-Clause */
/* Mutants of a program and of its library go through the commands themselves, text and JSON. */
#define _GNU_SOURCE
#include "ld_world.h"
#include "mutants.h"
#include "out.h"

/* Where output goes while mutants are tried: nowhere. */
static struct {
    int out, err;
} saved;

static void silence(void)
{
    int null = open("/dev/null", O_WRONLY);
    fflush(NULL);
    saved.out = dup(1);
    saved.err = dup(2);
    assert_true(null >= 0 && saved.out >= 0 && saved.err >= 0);
    dup2(null, 1);
    dup2(null, 2);
    close(null);
    mutant_output = saved.out;
}

static void speak(void)
{
    fflush(NULL);
    dup2(saved.out, 1);
    dup2(saved.err, 2);
    close(saved.out);
    close(saved.err);
}

static void save(const char *path, const void *bytes, size_t size)
{
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, size, stream), size);
    assert_int_equal(fclose(stream), 0);
}

/* The status of both commands, or HOST_USAGE (which no file can lead to) if something else came. */
static int run_both(const struct session_options *options, char **arguments)
{
    int inspected, checked;
    mutant_begin();
    inspected = (int)command_inspect(options, 1, arguments);
    mutant_begin();
    checked = (int)command_check(options, 1, arguments);
    mutants_end();
    /* What is no program for one is none for the other. */
    return (inspected == HOST_BAD_INPUT) == (checked == HOST_BAD_INPUT) &&
                   inspected != HOST_USAGE && checked >= HOST_FINE && checked <= HOST_BAD_INPUT
               ? checked
               : HOST_USAGE;
}

static void survives(void **state)
{
    (void)state;
    static struct world w;
    char places[2][300], programs[2][640], libraries[2][640], text[512], policy[512];
    world_in_memory();
    const char *directory = world_directory();
    unsigned seen[4] = {0};
    world_start(&w);
    world_add_twz(&w, "libv.so", "",
                  "#define TWZ_GATE_PROVIDER\n#include <twz/gate.h>\n"
                  "TWZ_GATE(int64_t, v_open, TWZ_VAL(uint32_t, pin))\n"
                  "int64_t v_open_impl(uint32_t pin) { return pin; }\nint v_data = 1;");
    world_add_twz(&w, "app", "-pie -Wl,--no-as-needed,-e,f -l:libv.so",
                  "long v_open(unsigned); int own = 1; int *p = &own;"
                  "long f(void) { return v_open(1) + *p; }");
    /* In the first place libraries are mutants, in the second programs. */
    for (unsigned i = 0; i < 2; i++) {
        snprintf(places[i], sizeof places[i], "%s/%u", directory, i);
        snprintf(programs[i], sizeof programs[i], "%s/mutant", places[i]);
        snprintf(libraries[i], sizeof libraries[i], "%s/libv.so", places[i]);
        assert_int_equal(mkdir(places[i], 0777), 0);
        save(libraries[i], w.files[0].bytes, w.files[0].size);
        save(programs[i], w.files[1].bytes, w.files[1].size);
    }
    snprintf(text, sizeof text, "%s/policy", directory);
    snprintf(policy, sizeof policy, "%s/compiled", directory);
    world_write(text, "compartment v { libraries = { \"libv.so\" } }\n");
    struct session_options options = {
        .policy = text, .library_path = places[0], .no_runtime = true};
    silence();
    int status = run_both(&options, (char *[]){programs[0]});
    speak();
    assert_int_equal(status, HOST_FINE);

    /* Texts are what tests of policies are about. */
    size_t size;
    struct policy_error error;
    void *compiled = policy_text_compile(text, &size, &error);
    assert_non_null(compiled);
    save(policy, compiled, size);
    free(compiled);
    options.policy = policy;
    struct mutator mutator = {.state = 5};
    uint8_t *mutant = malloc(w.files[0].size + w.files[1].size + 8);
    unsigned long i, count = mutant_count(20000);
    silence();
    for (i = 0; i < count && status != HOST_USAGE; i++) {
        const struct ld_file *seed = &w.files[i % 2];
        size = mutant_make(&mutator, mutant, seed->bytes, seed->size, 0xc00);
        save(i % 2 ? programs[1] : libraries[0], mutant, size);
        options.json = i % 4 >= 2;
        options.library_path = places[i % 2];
        status = run_both(&options, (char *[]){programs[i % 2]});
        seen[status]++;
    }
    speak();
    if (seen[HOST_USAGE])
        fail_msg("mutant %lu", i - 1);
    assert_true(seen[HOST_FINE] && seen[HOST_NO] && seen[HOST_BAD_INPUT]);
    free(mutant);
    world_end(&w);
    world_remove_directory();
}

RUN_TESTS(T(survives, "mutants go through inspect and check with a status, not a crash"))
