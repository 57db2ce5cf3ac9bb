/* SPDX-License-Identifier: BSD-2-Clause */
/* Libraries that are made to waste the linker's time: names that all have one hash, and as many
 * references to them. What is meant resolves; what is not is refused before anybody has to wait. */
#include "ld_fixture.h"
#include <elf.h>
#include <time.h>

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

/* Gates g0, g1, ... in assembly: TWZ_GATE would take the compiler minutes. */
static const char gates[] =
    "__asm__(\".altmacro\\n\"\n"
    "        \".macro gate n\\n\"\n"
    "        \".section .rodata\\n\"\n"
    "        \".Ln\\\\n: .asciz \\\"g\\\\n\\\"\\n\"\n"
    "        \".section .twz.gate.text, \\\"ax\\\"\\n\"\n"
    "        \".globl g\\\\n\\n.type g\\\\n, @function\\ng\\\\n: .Lg\\\\n: ret\\n\"\n"
    "        \".section .twz.gates, \\\"a\\\"\\n.balign 8\\n\"\n"
    "        \".short 24\\n.byte 1, 0, 0, 0, 1, 0\\n.short 0, 0\\n\"\n"
    "        \".long .Ln\\\\n - ., .Ln\\\\n - ., .Lg\\\\n - .\\n\"\n"
    "        \".endm\\n\"\n"
    "        \".set i, 0\\n.rept \" COUNT \"\\ngate %i\\n.set i, i + 1\\n.endr\\n\"\n"
    "        \".text\\n\");\n";
/* As many weak references to what nobody defines. */
static const char weak_references[] =
    "__asm__(\".altmacro\\n.data\\n\"\n"
    "        \".macro ref n\\n.weak w\\\\n\\n.quad w\\\\n\\n.endm\\n\"\n"
    "        \".set i, 0\\n.rept 50000\\nref %i\\n.set i, i + 1\\n.endr\\n.text\\n\");\n";

static double link_gates(const char *count, enum ld_error wanted)
{
    char flags[64];
    snprintf(flags, sizeof flags, "'-DCOUNT=\"%s\"'", count);
    world_end(&w);
    world_start(&w);
    world_add_twz(&w, "libgates.so", flags, gates);
    world_add_twz(&w, "app", "-Wl,--no-as-needed -l:libgates.so", weak_references);
    world_policy(&w, "compartment gates { libraries = { \"libgates.so\" } }\n");
    double start = seconds();
    if (wanted == LD_OK)
        assert_int_equal(world_link(&w, "app"), wanted);
    else
        assert_int_equal(world_load(&w, "app"), wanted);
    return seconds() - start;
}

static void gates_cost_references_nothing(void **state)
{
    (void)state;
    double few = link_gates("4", LD_OK), many = link_gates("4000", LD_OK);
    if (many > 4 * few)
        print_error("%g seconds with 4 gates, %g with 4000\n", few, many);
    assert_true(many < 4 * few); /* were they all looked at: more than ten times as long */
}

static void too_many_gates(void **state)
{
    (void)state;
    (void)link_gates("20000", LD_ELIMIT);
    assert_int_equal(w.report_count, 1);
    assert_string_equal(w.reports[0].message, "with the gates of libgates.so there are more than "
                                              "the 4096 that a program can have");
}

/* Room for a dynamic section with many entries, and names for them. */
static const char needy[] =
    "__asm__(\".section .needs, \\\"aw\\\"\\n.balign 8\\n\"\n"
    "        \".ascii \\\"ROOM FOR ENTRIES\\\"\\n.fill 16 * 20100\\n\"\n"
    "        \".altmacro\\n.data\\n\"\n"
    "        \".macro ref n\\n.weak w\\\\n\\n.quad w\\\\n\\n.endm\\n\"\n"
    "        \".set i, 0\\n.rept 20000\\nref %i\\n.set i, i + 1\\n.endr\\n.text\\n\");\n";

/* Gives a file `count` entries DT_NEEDED, whose names are the ends of its symbols' names. */
static void need_all(const struct ld_file *file, unsigned count)
{
    unsigned char *bytes = (unsigned char *)(uintptr_t)file->bytes;
    Elf64_Ehdr *head = (Elf64_Ehdr *)(void *)bytes;
    Elf64_Phdr *segments = (Elf64_Phdr *)(void *)(bytes + head->e_phoff);
    unsigned char *room = memmem(bytes, file->size, "ROOM FOR ENTRIES", 16);
    assert_non_null(room);
    const uint64_t offset = (uint64_t)(room - bytes);
    Elf64_Dyn *to = (Elf64_Dyn *)(void *)room;
    for (unsigned i = 0; i < head->e_phnum; i++) {
        Elf64_Phdr *dynamic = &segments[i];
        if (dynamic->p_type != PT_DYNAMIC)
            continue;
        const Elf64_Dyn *from = (const Elf64_Dyn *)(void *)(bytes + dynamic->p_offset);
        while (from->d_tag != DT_NULL)
            *to++ = *from++;
        for (unsigned j = 0; j < count; j++)
            *to++ = (Elf64_Dyn){.d_tag = DT_NEEDED, .d_un.d_val = 100 + 5 * j};
        *to++ = (Elf64_Dyn){.d_tag = DT_NULL};
        dynamic->p_offset = offset;
        dynamic->p_filesz = dynamic->p_memsz = (uint64_t)((unsigned char *)to - room);
        for (unsigned j = 0; j < head->e_phnum; j++)
            if (segments[j].p_type == PT_LOAD && offset >= segments[j].p_offset &&
                offset < segments[j].p_offset + segments[j].p_filesz)
                dynamic->p_vaddr = segments[j].p_vaddr + (offset - segments[j].p_offset);
    }
}

/* Each name that a file needs is compared with each that the policy has. */
static void long_lists(void **state)
{
    (void)state;
    char *policy;
    size_t size;
    FILE *stream = open_memstream(&policy, &size);
    assert_non_null(stream);
    fputs("compartment x { libraries = { ", stream);
    for (unsigned i = 0; i < 20000; i++)
        fprintf(stream, "\"y%u\", ", i);
    fputs("} }\n", stream);
    fclose(stream);
    world_add(&w, "app", "", needy);
    need_all(&w.files[0], 20000);
    world_policy(&w, policy);
    free(policy);
    assert_int_equal(world_load(&w, "app"), LD_ELIMIT);
    assert_null(w.program);
    const char *message = w.reports[w.report_count - 1].message;
    if (w.report_count < WORLD_REPORTS)
        assert_non_null(strstr(message, "cannot be settled in reasonable time"));
}

RUN_TESTS(T_WORLD(gates_cost_references_nothing,
                  "50,000 references do not look at each of 4,000 gates"),
          T_WORLD(long_lists, "20,000 names and a policy of as many libraries: refused"),
          T_WORLD(too_many_gates, "20,000 gates in one library are refused"),
          T_WORLD(long_gnu_chains, "2^15 names of one GNU hash: refused in bounded time"),
          T_WORLD(long_sysv_chains, "2^14 names of one System V hash: the same"),
          T_WORLD(some_collisions_are_fine, "a thousand resolve"))
