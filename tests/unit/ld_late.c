/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads and unloads at run time, each case by the system's dynamic linker and by the link core on
 * the same files. A case is one line: the graph of dependencies, edges in the order of DT_NEEDED
 * (`m` is the program), and then steps:
 *
 *     +x   loads x; *x  the same, and its symbols are everybody's; -x  closes x once
 *
 * with what comes of each: constructors in order, or destructors, and behind @ which library
 * answers x's reference to `who`, which every library defines. The first is the start.
 */
#include "ld_world.h"
#include <ctype.h>
#include <ld/late.h>

#define LOADS_MAX   16
#define LOAD_MEMORY ((size_t)1 << 20)
#define NODES       "abcdef"

static struct world w;
static char *memories[LOADS_MAX];
static struct ld_arena arenas[LOADS_MAX];
static unsigned load_count;

/* ---- The files ---- */

/* Flags that make library or program `node` need what the graph says. */
static void needs_of(const char *graph, char node, char *flags, size_t size)
{
    snprintf(flags, size, "-fno-stack-protector -Wl,--no-as-needed");
    for (const char *at = graph; (at = strchr(at, '>')); at++)
        if (at[-1] == node)
            snprintf(flags + strlen(flags), size - strlen(flags), " -l:%c", at[1]);
}

static void build(const char *graph)
{
    char source[1024], flags[256], name[2] = "?";
    /* Twice: libraries may need each other, so that all have to be there. */
    for (unsigned round = 0; round < 2; round++) {
        while (w.file_count)
            free((void *)(uintptr_t)w.files[--w.file_count].bytes);
        for (const char *node = NODES "m"; *node; node++) {
            if (!strchr(graph, *node))
                continue;
            needs_of(round ? graph : "", *node, flags, sizeof flags);
            name[0] = *node;
            if (*node == 'm') {
                snprintf(flags + strlen(flags), sizeof flags - strlen(flags), " -pie");
                world_add_twz(&w, name, flags, "int main(void) { return 0; }");
                continue;
            }
            snprintf(source, sizeof source,
                     "static void say(const char *s, long n) { long r; __asm__ volatile(\"syscall\""
                     ": \"=a\"(r) : \"0\"(1L), \"D\"(1L), \"S\"(s), \"d\"(n) : \"rcx\", \"r11\", "
                     "\"memory\"); }\n"
                     "__attribute__((constructor)) static void up(void) { say(\"%c\", 1); }\n"
                     "__attribute__((destructor)) static void down(void) { say(\"%c\", 1); }\n"
                     "int who(void) { return '%c'; }\nint ask_%c(void) { return who(); }\n",
                     *node, *node, *node, *node);
            world_add_twz(&w, name, flags, source);
        }
    }
}

/* ---- The system's linker ---- */

static const char driver[] =
    "#define _GNU_SOURCE\n#include <dlfcn.h>\n#include <stdio.h>\n#include <unistd.h>\n"
    "static void *handles[128];\n"
    "int main(int argc, char **argv) {\n"
    "    for (int i = 1; i < argc; i++) {\n"
    "        char name[2] = {argv[i][1]}, ask[] = \"ask_?\", c;\n"
    "        (void)!write(1, \" \", 1);\n"
    "        if (argv[i][0] == '-') { dlclose(handles[(int)name[0]]); continue; }\n"
    "        void *h = dlopen(name, RTLD_NOW | (argv[i][0] == '*' ? RTLD_GLOBAL : 0));\n"
    "        if (!h) { fprintf(stderr, \"%s\\n\", dlerror()); return 1; }\n"
    "        handles[(int)name[0]] = h;\n"
    "        ask[4] = name[0];\n"
    "        c = (char)((int (*)(void))dlsym(h, ask))();\n"
    "        (void)!write(1, \"@\", 1); (void)!write(1, &c, 1);\n"
    "    }\n"
    "    _exit(0);\n}\n";

static void run_system(const char *graph, const char *steps, char *result, size_t size)
{
    char path[512], flags[256], command[4096];
    const char *directory = world_directory();
    snprintf(path, sizeof path, "%s/driver.c", directory);
    world_write(path, driver);
    needs_of(graph, 'm', flags, sizeof flags);
    snprintf(command, sizeof command,
             "cc -o %s/driver %s -L%s -Wl,-rpath-link,%s %s && "
             "env -i LD_LIBRARY_PATH=%s %s/driver%s",
             directory, path, directory, directory, flags, directory, directory, steps);
    FILE *stream = popen(command, "r");
    assert_non_null(stream);
    size_t length = fread(result, 1, size - 1, stream);
    result[length] = '\0';
    assert_int_equal(pclose(stream), 0);
}

/* ---- The link core ---- */

static void add(char *result, char byte)
{
    size_t length = strlen(result);
    result[length] = byte;
    result[length + 1] = '\0';
}

static uint32_t instance_named(char node)
{
    for (uint32_t i = 0; i < w.program->instance_count; i++)
        if (!w.program->instances[i]->vacant && w.program->instances[i]->name[0] == node)
            return i;
    return LD_NONE;
}

/* Which library answers the reference of `node` to `who`. */
static char answer_of(char node)
{
    char name[2] = {node};
    return world_binding(&w, name, "who")[0];
}

static void load(struct ld_plan *plan, struct ld_slots *slots, char kind, char node, char *result)
{
    struct ld_late *late;
    char name[2] = {node};
    assert_true(load_count < LOADS_MAX);
    memories[load_count] = malloc(LOAD_MEMORY);
    const struct ld_late_request request = {
        .memory = ld_arena_memory(&arenas[load_count], memories[load_count], LOAD_MEMORY),
        .into = LD_NONE,
        .from = LD_NONE,
        .name = name,
        .global = kind == '*'};
    load_count++;
    assert_int_equal(ld_late_load(w.program, plan, slots, &request, &late), LD_OK);
    for (uint32_t i = 0; i < late->instance_count; i++)
        add(result, w.program->instances[late->instances[i]]->name[0]);
    add(result, '@');
    add(result, answer_of(node));
}

static void close_one(struct ld_slots *slots, char node, char *result)
{
    static uint32_t leaving[LD_INSTANCES_MAX];
    uint32_t count = ld_late_close(w.program, instance_named(node), leaving);
    for (uint32_t i = 0; i < count; i++)
        add(result, w.program->instances[leaving[i]]->name[0]);
    ld_late_remove(w.program, slots, NULL, NULL);
}

static void run_core(const char *steps, char *result)
{
    struct ld_slots slots;
    struct ld_plan *plan;
    *result = '\0';
    assert_int_equal(world_link(&w, "m"), LD_OK);
    assert_int_equal(ld_slots_init(&slots, w.options.memory, 2, 1000, 0), LD_OK);
    assert_int_equal(ld_program_layout(w.program, &slots), LD_OK);
    assert_int_equal(ld_plan_make(w.program, &plan), LD_OK);
    const struct ld_compartment *main = &w.program->compartments[0];
    for (uint32_t i = 0; i < main->init_count; i++)
        if (main->init_order[i]) /* the program's own are its start code's to run */
            add(result, w.program->instances[main->init_order[i]]->name[0]);
    for (const char *at = steps; *at; at++) {
        if (*at == ' ')
            continue;
        add(result, ' ');
        if (*at == '-')
            close_one(&slots, at[1], result);
        else
            load(plan, &slots, *at, at[1], result);
        at++;
    }
}

/* ---- Cases ---- */

static const struct {
    const char *graph, *steps, *expected;
} cases[] = {
    {"m>a b>c", " +b -b", "a cb@a bc"},
    {"m>a b>a", " +b -b", "a b@a b"},
    {"m>a b>c d>c", " +b +d -b -d", "a cb@a d@a b dc"},
    {"m>a b>c", " +b +b -b -b", "a cb@a @a  bc"},
    {"m>a b>c c>b", " +b -b", "a cb@a cb"},
    {"m>a b>c c>d d>b", " +b -b", "a dcb@a dbc"},
    {"m>a b>c d>b", " *b +d -d -b", "a cb@a d@a d bc"},
    {"m>a b>c b>d", " +b -b +b -b", "a dcb@a bcd dcb@a bcd"},
    {"m>a b>c d>e c>e", " +b +d -b -d", "a ecb@a d@a bc de"},
    {"m>a a>b c>b d>c", " +d -d", "ba cd@a dc"},
    {"m>a b>c", " +c +b -c -b", "a c@a b@a  bc"},
    {"m>a b>c d>c e>d", " +e +b -e -b", "a cde@a b@a ed bc"},
    {"m>a b>f c>f", " *b +c -b -c", "a fb@a c@a b cf"},
    {"m>a b>c b>d c>d d>c", " +b -b", "a cdb@a bdc"},
    /* Nothing of the program answers: the load does, or what is everybody's. */
    {"m b>c", " +b -b", " cb@b bc"},
    {"m b>c d>c", " +b +d -b -d", " cb@b d@d  dbc"},
    {"m b>c d>c", " *b +d -b -d", " cb@b d@b  dbc"},
    {"m b>c d>c", " +c +b +d -c -d -b", " c@c b@b d@d  d bc"},
};

static void each_case(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        char by_system[256], by_core[256] = "";
        world_start(&w);
        build(cases[i].graph);
        run_system(cases[i].graph, cases[i].steps, by_system, sizeof by_system);
        run_core(cases[i].steps, by_core);
        bool good = strcmp(by_system, by_core) == 0 && strcmp(by_core, cases[i].expected) == 0;
        wrong += !good;
        if (!good)
            print_error("%s:%s: the system's linker \"%s\", ours \"%s\", expected \"%s\"\n",
                        cases[i].graph, cases[i].steps, by_system, by_core, cases[i].expected);
        world_end(&w);
        while (load_count)
            free(memories[--load_count]);
    }
    assert_int_equal(wrong, 0);
}

RUN_TESTS(T(each_case, "loads and unloads: order of constructors and destructors, and who answers"))
