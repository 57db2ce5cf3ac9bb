/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one reference costs the link core, in a process that is there already: opens a program and
 * its libraries, finds what every reference binds to, and reads all answers. The floor opens the
 * same files and touches every page of the tables that the answers are in. Nanoseconds for each
 * reference, the best of several rounds with files mapped anew.
 *
 *     link DIRECTORY LIBRARIES REFERENCES      (made by tests/bench/references)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ld/program.h>
#include <ld/resolve.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <twzelf/load.h>
#include <unistd.h>

#define ROUNDS 15
#define ROOM   ((size_t)64 << 20)

static const char *directory;
static struct ld_file opened[256];
static char paths[256][512];
static unsigned count;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

static const struct ld_file *map(const char *name)
{
    struct stat status;
    struct ld_file *file = &opened[count];
    snprintf(paths[count], sizeof paths[count], "%s/%s", directory, name);
    const int fd = open(paths[count], O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0)
        return NULL;
    void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (bytes == MAP_FAILED || count == 255)
        die("mmap");
    *file = (struct ld_file){.bytes = bytes,
                             .size = (size_t)status.st_size,
                             .path = paths[count],
                             .identity = {status.st_dev, status.st_ino}};
    count++;
    return file;
}

static void unmap_all(void)
{
    while (count > 0) {
        count--;
        munmap((void *)(uintptr_t)opened[count].bytes, opened[count].size);
    }
}

static bool find(void *context, struct ld_request *request, struct ld_file *file)
{
    (void)context;
    const struct ld_file *found = map(request->name);
    if (found)
        *file = *found;
    return found != NULL;
}

static uint64_t link_all(void *memory)
{
    struct ld_arena arena;
    struct ld_diag diag = {0};
    struct ld_options options = {
        .memory = ld_arena_memory(&arena, memory, ROOM), .diag = &diag, .load = {.find = find}};
    struct ld_program *program;
    struct ld_binding binding;
    uint64_t cursor = 0, bound = 0;
    const struct ld_file *file = map("refs");
    if (!file || ld_program_load(&options, file, &program) != LD_OK ||
        ld_program_resolve(program) != LD_OK)
        die("the program cannot be linked");
    while (ld_binding_next(program, &cursor, &binding))
        bound += binding.kind == LD_BOUND_SYMBOL;
    return bound;
}

static uint64_t touch(const struct twz_elf_table *table)
{
    uint64_t sum = 0;
    const volatile uint8_t *bytes = table->direct;
    for (uint64_t i = 0; i < table->size; i += 4096)
        sum += bytes[i];
    return sum;
}

static uint64_t touch_all(unsigned libraries)
{
    uint64_t sum = 0;
    char name[32] = "refs";
    for (unsigned i = 0; i <= libraries; i++) {
        struct twz_elf_bytes bytes;
        struct twz_elf_file elf;
        struct twz_elf_dynamic d;
        const struct ld_file *file = map(name);
        if (!file)
            die(name);
        twz_elf_bytes_memory(&bytes, file->bytes, file->size);
        if (twz_elf_file_open(&elf, &bytes, TWZ_ELF_VIEW_FILE, NULL) != TWZ_ELF_OK ||
            twz_elf_dynamic_open(&d, &elf, NULL) != TWZ_ELF_OK)
            die(name);
        sum += touch(&d.symtab) + touch(&d.strtab) + touch(&d.gnu_hash) + touch(&d.versym) +
               touch(&d.rela) + touch(&d.jmprel);
        snprintf(name, sizeof name, "libref%u.so", i);
    }
    return sum;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        die("usage: link DIRECTORY LIBRARIES REFERENCES");
    directory = argv[1];
    const unsigned libraries = (unsigned)atoi(argv[2]);
    const double references = atof(argv[3]);
    double ours = 1e18, floor = 1e18;
    void *memory = malloc(ROOM);
    if (!memory)
        die("out of memory");
    memset(memory, 1, ROOM); /* its pages are no part of this */
    for (unsigned round = 0; round < ROUNDS; round++) {
        double start = now();
        if ((double)link_all(memory) < references)
            die("not all references were bound");
        double time = now() - start;
        ours = time < ours ? time : ours;
        unmap_all();
        start = now();
        volatile uint64_t sink = touch_all(libraries);
        (void)sink;
        time = now() - start;
        floor = time < floor ? time : floor;
        unmap_all();
    }
    printf("%.1f\t%.1f\n", ours / references, floor / references);
    return 0;
}
