/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A world for the link core: libraries written in C, compiled when the test runs, found by name; a
 * policy in its text form; and everything that the core reports. Plain libraries are built by the
 * machine's compiler, those with gates by twz-cc.
 */
#ifndef LD_WORLD_H
#define LD_WORLD_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "policy_text.h"
#include "test.h"
#include <fcntl.h>
#include <ld/plan.h>
#include <ld/resolve.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORLD_FILES   64
#define WORLD_REPORTS 64
#define WORLD_MEMORY  ((size_t)16 << 20)

struct world {
    struct ld_file files[WORLD_FILES];
    char names[WORLD_FILES][64];
    unsigned file_count;
    struct ld_report reports[WORLD_REPORTS];
    unsigned report_count;
    struct ld_diag diag;
    struct ld_arena arena;
    void *memory;
    void *policy_bytes;
    struct ld_policy policy;
    struct ld_options options;
    struct ld_program *program;
};

static inline const char *world_build(void)
{
    const char *build = getenv("B");
    return build ? build : "build";
}

/* A directory of this process's own. */
static inline const char *world_directory(void)
{
    static char directory[256];
    if (!*directory) {
        const char *scratch = getenv("SCRATCH");
        snprintf(directory, sizeof directory, "%s/ld-%d", scratch ? scratch : "/tmp", getpid());
        assert_int_equal(mkdir(directory, 0777), 0);
    }
    return directory;
}

/* For thousands of files: the directory will be in memory, if this machine has one there. */
static inline void world_in_memory(void)
{
    if (access("/dev/shm", W_OK) == 0)
        setenv("SCRATCH", "/dev/shm", 1);
}

static inline void world_remove_directory(void)
{
    char command[512];
    snprintf(command, sizeof command, "rm -r %s", world_directory());
    assert_int_equal(system(command), 0);
}

static inline void world_write(const char *path, const char *text)
{
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    fputs(text, stream);
    assert_int_equal(fclose(stream), 0);
}

static inline bool world_report(void *context, const struct ld_report *report)
{
    struct world *world = context;
    assert_non_null(report->message);
    if (world->report_count < WORLD_REPORTS)
        world->reports[world->report_count++] = *report;
    return true;
}

static inline bool world_find(void *context, struct ld_request *request, struct ld_file *file)
{
    struct world *world = context;
    for (unsigned i = 0; i < world->file_count; i++)
        if (strcmp(world->names[i], request->name) == 0) {
            *file = world->files[i];
            ld_place_tried(request, request->name, "the test's world", "found");
            return true;
        }
    ld_place_tried(request, request->name, "the test's world", "no such library");
    return false;
}

static inline void world_start(struct world *world)
{
    memset(world, 0, sizeof *world);
    world->memory = malloc(WORLD_MEMORY);
    assert_non_null(world->memory);
    world->diag = (struct ld_diag){.context = world, .report = world_report};
    world->options =
        (struct ld_options){.memory = ld_arena_memory(&world->arena, world->memory, WORLD_MEMORY),
                            .diag = &world->diag,
                            .load = {.context = world, .find = world_find}};
}

static inline void world_end(struct world *world)
{
    for (unsigned i = 0; i < world->file_count; i++)
        free((void *)(uintptr_t)world->files[i].bytes);
    free(world->policy_bytes);
    free(world->memory);
}

/* Takes a file of the disk into the world. */
static inline void world_take(struct world *world, const char *name, const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0 && fstat(fd, &status) == 0 && world->file_count < WORLD_FILES);
    size_t size = (size_t)status.st_size;
    void *bytes = aligned_alloc(4096, (size / 4096 + 1) * 4096);
    assert_int_equal(read(fd, bytes, size), (ssize_t)size);
    close(fd);
    unsigned index = world->file_count++;
    snprintf(world->names[index], sizeof world->names[index], "%s", name);
    world->files[index] = (struct ld_file){.bytes = bytes,
                                           .size = size,
                                           .path = world->names[index],
                                           .identity = {1, index},
                                           .handle = 100 + index};
}

/* Builds `source` as `name` with `flags`, in the directory where the others are, and takes it. */
static inline void world_add_with(struct world *world, const char *compiler, const char *name,
                                  const char *flags, const char *source)
{
    char path[512], command[4096];
    const char *directory = world_directory();
    snprintf(path, sizeof path, "%s/%s.c", directory, name);
    world_write(path, source);
    snprintf(command, sizeof command,
             "%s -O1 -Wl,-soname,%s -o %s/%s %s/%s.c -L%s %s 2>%s/errors || { cat %s/errors; "
             "false; }",
             compiler, name, directory, name, directory, name, directory, flags, directory,
             directory);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof path, "%s/%s", directory, name);
    world_take(world, name, path);
}

/* An ordinary library, or with "-pie" or "-no-pie" in flags a program. */
static inline void world_add(struct world *world, const char *name, const char *flags,
                             const char *source)
{
    const char *compiler =
        strstr(flags, "-pie") ? "cc -nostdlib -fPIE -Wl,-e,main" : "cc -nostdlib -shared -fPIC";
    world_add_with(world, compiler, name, flags, source);
}

/* A library (or with "-pie" in flags a program) of the two-slot layout. */
static inline void world_add_twz(struct world *world, const char *name, const char *flags,
                                 const char *source)
{
    char compiler[512];
    snprintf(compiler, sizeof compiler,
             "%s/bin/twz-cc --twz-no-rt -Iinclude -Ild-twz/runtime/include -Ikernel/include "
             "-fvisibility=default -Wl,--unresolved-symbols=ignore-all "
             "-Wl,--defsym=twz_rt_gate_enter=0 %s", /* no runtime is there */
             world_build(), strstr(flags, "-pie") ? "" : "-shared");
    world_add_with(world, compiler, name, flags, source);
}

static inline void world_policy(struct world *world, const char *text)
{
    char path[512];
    size_t size;
    struct policy_error error;
    snprintf(path, sizeof path, "%s/policy", world_directory());
    world_write(path, text);
    world->policy_bytes = policy_text_compile(path, &size, &error);
    if (!world->policy_bytes) {
        char *line = policy_error_line(&error);
        print_error("%s\n", line);
        free(line);
    }
    assert_non_null(world->policy_bytes);
    policy_error_free(&error);
    assert_int_equal(ld_policy_read(world->policy_bytes, size, &world->policy, &world->diag),
                     LD_OK);
    world->options.policy = &world->policy;
}

static inline enum ld_error world_load(struct world *world, const char *program)
{
    for (unsigned i = 0; i < world->file_count; i++)
        if (strcmp(world->names[i], program) == 0)
            return ld_program_load(&world->options, &world->files[i], &world->program);
    fail_msg("no program %s", program);
    return LD_ENOTFOUND;
}

/* Loads and resolves; returns the first error of either. */
static inline enum ld_error world_link(struct world *world, const char *program)
{
    enum ld_error loaded = world_load(world, program);
    assert_non_null(world->program);
    enum ld_error resolved = ld_program_resolve(world->program);
    return loaded ? loaded : resolved;
}

static inline const struct ld_instance *world_instance(const struct world *world, const char *name,
                                                       const char *compartment)
{
    for (uint32_t i = 0; i < world->program->instance_count; i++) {
        const struct ld_instance *instance = world->program->instances[i];
        if (strcmp(instance->name, name) == 0 &&
            strcmp(world->program->compartments[instance->compartment].name, compartment) == 0)
            return instance;
    }
    return NULL;
}

/* What `symbol` of main's `referrer` is bound to: "library", "compartment:gate", "0", "refused". */
static inline const char *world_binding(const struct world *world, const char *referrer,
                                        const char *symbol)
{
    static char text[256];
    struct ld_binding binding;
    struct ld_symbol_name name;
    const struct ld_program *program = world->program;
    for (uint64_t cursor = 0; ld_binding_next(program, &cursor, &binding);) {
        if (strcmp(program->instances[binding.referrer]->name, referrer) != 0 ||
            !ld_symbol_name(program->instances[binding.referrer], binding.reference, &name) ||
            strcmp(name.name, symbol) != 0)
            continue;
        switch (binding.kind) {
        case LD_BOUND_SYMBOL:
            snprintf(text, sizeof text, "%s", program->instances[binding.definer]->name);
            return text;
        case LD_BOUND_GATE:
            snprintf(text, sizeof text, "%s:%s",
                     program->compartments[program->gates[binding.gate].compartment].name,
                     program->gates[binding.gate].name);
            return text;
        default:
            return binding.kind == LD_BOUND_ZERO ? "0" : "refused";
        }
    }
    return "no such reference";
}

#endif
