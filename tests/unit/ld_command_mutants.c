/* SPDX-License-Identifier: BSD-2-Clause */
/* Mutants of a program and of its library go through the commands themselves, text and JSON. */
#define _GNU_SOURCE
#include "ld_world.h"
#include "mutants.h"
#include "out.h"

/* Runs a command with its output thrown away; returns its status. */
static int silent(enum host_status (*command)(const struct session_options *, int, char **),
                  const struct session_options *options, char **arguments)
{
    fflush(stdout);
    fflush(stderr);
    int out = dup(1), err = dup(2), null = open("/dev/null", O_WRONLY);
    assert_true(out >= 0 && err >= 0 && null >= 0);
    dup2(null, 1);
    dup2(null, 2);
    int status = (int)command(options, 1, arguments);
    fflush(stdout);
    fflush(stderr);
    dup2(out, 1);
    dup2(err, 2);
    close(out);
    close(err);
    close(null);
    return status;
}

static void save(const char *path, const void *bytes, size_t size)
{
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, size, stream), size);
    assert_int_equal(fclose(stream), 0);
}

static void survives(void **state)
{
    (void)state;
    static struct world w;
    char program[512], library[512], policy[512], remove[512];
    if (access("/dev/shm", W_OK) == 0) /* thousands of files */
        setenv("SCRATCH", "/dev/shm", 1);
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
    snprintf(program, sizeof program, "%s/mutant", directory);
    snprintf(library, sizeof library, "%s/libv.so", directory);
    snprintf(policy, sizeof policy, "%s/policy", directory);
    world_write(policy, "compartment v { libraries = { \"libv.so\" } }\n");
    struct session_options options = {
        .policy = policy, .library_path = directory, .no_runtime = true};
    char *arguments[] = {program};
    save(program, w.files[1].bytes, w.files[1].size);
    assert_int_equal(silent(command_check, &options, arguments), HOST_FINE);

    struct mutator mutator = {.state = 5};
    uint8_t *mutant = malloc(w.files[0].size + w.files[1].size + 8);
    for (unsigned long i = 0; i < mutant_count(getenv("ALL") ? 1000000 : 20000); i++) {
        const struct ld_file *seed = &w.files[i % 2];
        size_t size = mutant_make(&mutator, mutant, seed->bytes, seed->size, 0xc00);
        save(i % 2 ? program : library, mutant, size);
        options.json = i % 4 >= 2;
        int status = silent(i % 8 >= 4 ? command_check : command_inspect, &options, arguments);
        assert_in_range(status, HOST_FINE, HOST_BAD_INPUT);
        assert_int_not_equal(status, HOST_USAGE);
        seen[status]++;
        save(program, w.files[1].bytes, w.files[1].size);
        save(library, w.files[0].bytes, w.files[0].size);
    }
    assert_true(seen[HOST_FINE] && seen[HOST_NO] && seen[HOST_BAD_INPUT]);
    free(mutant);
    world_end(&w);
    snprintf(remove, sizeof remove, "rm -r %s", directory);
    assert_int_equal(system(remove), 0);
}

RUN_TESTS(T(survives, "mutants go through inspect and check with a status, not a crash"))
