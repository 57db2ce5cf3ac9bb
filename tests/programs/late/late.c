/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads at run time, from inside: into the own compartment and into new ones, by handle and by
 * name, and taken back. */
#include "side.h"
#include <stdbool.h>
#include <twz/rt/core.h>
#include <twz/rt/dl.h>
#include <twz/rt/info.h>
#include <twz/rt/io.h>
#include <twz/rt/string.h>
#include <twz/rt/thread.h>
#include <twz/rt/time.h>

#define RTLD_NOW     2
#define RTLD_NOLOAD  4
#define RTLD_GLOBAL  256
#define RTLD_NEXT    ((void *)-1)
#define RTLD_DEFAULT ((void *)0)

struct dl_info {
    const char *file;
    void *base;
    const char *symbol;
    void *address;
};

struct phdr_info {
    uint64_t base;
    const char *name;
    const void *headers;
    uint16_t count;
    unsigned long long loads, unloads;
    size_t tls_module;
    void *tls_block;
};

struct found_object {
    unsigned long long flags;
    void *start, *end, *map, *eh_frame;
    unsigned long long reserved[7];
};

void *dlopen(const char *name, int flags);
void *dlsym(void *handle, const char *name);
void *dlvsym(void *handle, const char *name, const char *version);
int dlclose(void *handle);
char *dlerror(void);
int dladdr(const void *address, struct dl_info *info);
int dl_iterate_phdr(int (*callback)(struct phdr_info *, size_t, void *), void *data);
int _dl_find_object(void *address, struct found_object *found);

TWZ_RT_API void late_note(char what);
TWZ_RT_API int late_where(void);

static int results;
static char notes[64];
static unsigned note_count;

void late_note(char what)
{
    if (note_count < sizeof notes - 1)
        notes[note_count++] = what;
    notes[note_count] = '\0';
}

int late_where(void)
{
    return 1;
}

static void forget_notes(void)
{
    note_count = 0;
    notes[0] = '\0';
}

static void check(bool good, const char *title)
{
    twz_rt_print("%s %d - %s\n", good ? "ok" : "not ok", ++results, title);
    if (!good)
        twz_rt_print("# notes: %s; error: %s\n", notes, twz_rt_dl_message());
}

/* Whether the last error says this. */
static bool says(const char *what)
{
    size_t length = strlen(what);
    for (const char *at = twz_rt_dl_message(); *at != '\0'; at++)
        if (strncmp(at, what, length) == 0)
            return true;
    return false;
}

static int call(void *handle, const char *name)
{
    int (*function)(void) = (int (*)(void))dlsym(handle, name);
    return function == NULL ? -1 : function();
}

struct library_list {
    uint64_t bases[64];
    unsigned count;
    bool named;
    const char *wanted;
};

static int list(struct phdr_info *info, size_t size, void *data)
{
    struct library_list *all = data;
    if (size >= sizeof *info && all->count < 64)
        all->bases[all->count++] = info->base;
    if (all->wanted != NULL && strcmp(info->name, all->wanted) == 0)
        all->named = true;
    return 0;
}

static struct library_list libraries(const char *wanted)
{
    struct library_list all = {.wanted = wanted};
    dl_iterate_phdr(list, &all);
    return all;
}

static void test_same_compartment(void)
{
    unsigned before = libraries(NULL).count;
    void *plugin = dlopen("libplugin.so", RTLD_NOW);
    check(plugin != NULL && strcmp(notes, "dp") == 0,
          "P77 a library comes at run time; what it needs is constructed before it");
    check(call(plugin, "plugin_value") == 42,
          "P77 its functions are called and reach what it needs, and the program");
    check(call(plugin, "plugin_ifunc") == 7, "functions chosen by a resolver (IFUNC)");
    check(libraries("libplugin.so").named && libraries(NULL).count == before + 2,
          "dl_iterate_phdr shows both");
    void *symbol = dlsym(plugin, "plugin_value");
    struct dl_info info = {0};
    check(dladdr((char *)symbol + 1, &info) != 0 && strcmp(info.file, "libplugin.so") == 0 &&
              strcmp(info.symbol, "plugin_value") == 0 && info.address == symbol,
          "dladdr names library and function");
    struct found_object found;
    check(_dl_find_object(symbol, &found) == 0 && found.eh_frame != NULL &&
              (char *)found.start < (char *)symbol && (char *)symbol < (char *)found.end,
          "_dl_find_object finds the unwind table of a function");
    check(dlsym(RTLD_DEFAULT, "plugin_value") == NULL && dlerror() != NULL && dlerror() == NULL,
          "its symbols are not everybody's");
    check(dlopen("libplugin.so", RTLD_NOW) == plugin && strcmp(notes, "dp") == 0,
          "a second open gives the same library");
    check(dlopen("libplugdep.so", RTLD_NOW | RTLD_NOLOAD) != NULL, "what it needs is open as well");
    forget_notes();
    check(dlclose(plugin) == 0 && notes[0] == '\0' && call(plugin, "plugin_value") == 42,
          "it stays while somebody has it open");
    check(dlclose(plugin) == 0 && strcmp(notes, "P") == 0 && !libraries("libplugin.so").named,
          "P77 the last close runs its destructors; what is still open stays");
    check(dladdr(symbol, &info) == 0 && dlsym(plugin, "plugin_value") == NULL,
          "nothing is left at its addresses");
    void *dep = dlopen("libplugdep.so", RTLD_NOW | RTLD_NOLOAD);
    check(dep != NULL && dlclose(dep) == 0 && dlclose(dep) == 0 && strcmp(notes, "PD") == 0 &&
              libraries(NULL).count == before,
          "then all is as before");
}

static int64_t other_thread(void *handle)
{
    return call(handle, "plugin_tls") == 101;
}

static void test_tls(void)
{
    void *plugin = dlopen("libplugin.so", RTLD_NOW);
    bool mine = call(plugin, "plugin_tls") == 101 && call(plugin, "plugin_tls") == 102;
    struct twz_rt_task task = {.function = other_thread, .argument = plugin};
    bool theirs = twz_rt_thread_start(&task) == 0 && twz_rt_thread_join(&task) == 1;
    int *value = dlsym(plugin, "plugin_tls_value");
    check(mine && theirs && call(plugin, "plugin_tls") == 103 && value != NULL && *value == 103,
          "thread-local data of a library that came at run time, per thread, also by dlsym");
    dlclose(plugin);
    check(dlopen("libinitialexec.so", RTLD_NOW) == NULL && says("initial-exec"),
          "one that reaches its thread-local data by the static model is refused, with the reason");
}

static void test_failures(void)
{
    unsigned before = libraries(NULL).count;
    forget_notes();
    check(dlopen("libnowhere.so", RTLD_NOW) == NULL && says("libnowhere.so"),
          "a library that is not there is named");
    check(dlopen("libbroken.so", RTLD_NOW) == NULL && says("missing_function"),
          "a reference that nothing answers refuses the load, by name");
    check(libraries(NULL).count == before && !libraries("libbroken.so").named &&
              dlopen("libplugdep.so", RTLD_NOW | RTLD_NOLOAD) == NULL && notes[0] == '\0',
          "P77 a load that fails leaves no trace: nothing loaded, nothing constructed");
    bool refused = true;
    for (int i = 0; i < 300; i++)
        refused = refused && dlopen("libbroken.so", RTLD_NOW) == NULL;
    void *plugin = dlopen("libplugin.so", RTLD_NOW);
    check(refused && plugin != NULL && dlclose(plugin) == 0, "300 of them are no harm either");
}

static void test_versions(void)
{
    void *versioned = dlopen("libversioned.so", RTLD_NOW | RTLD_GLOBAL);
    int (*first)(void) = (int (*)(void))dlvsym(versioned, "versioned", "V1");
    check(call(versioned, "versioned") == 2 && first != NULL && first() == 1 &&
              dlvsym(versioned, "versioned", "V3") == NULL,
          "dlsym gives the default version, dlvsym the one that is asked for");
    check(call(RTLD_DEFAULT, "versioned") == 2, "symbols of RTLD_GLOBAL are everybody's");
    check(late_where() == 1 && call(RTLD_NEXT, "late_where") == 2,
          "RTLD_NEXT is the definition behind the caller's");
}

/* Slots of the run: how often a pair was seen before, and collisions with anything else loaded. */
static void test_slots(void)
{
    unsigned wrong = 0, distinct = 0;
    uint64_t last = 0;
    for (int i = 0; i < 1000; i++) {
        void *plugin = dlopen("libplugin.so", RTLD_NOW);
        if (plugin == NULL || call(plugin, "plugin_value") != 42)
            wrong++;
        struct library_list all = libraries("libplugin.so");
        struct dl_info info = {0};
        dladdr(dlsym(plugin, "plugin_value"), &info);
        for (unsigned a = 0; a < all.count; a++)
            for (unsigned b = 0; b < a; b++) {
                uint64_t distance = all.bases[a] > all.bases[b] ? all.bases[a] - all.bases[b]
                                                                : all.bases[b] - all.bases[a];
                wrong += distance < 2 * TWZ_SLOT_SIZE;
            }
        distinct += (uintptr_t)info.base != last;
        last = (uintptr_t)info.base;
        dlclose(plugin);
    }
    check(wrong == 0, "P73 1,000 loads: two consecutive slots each time, never anybody else's");
    check(distinct > 900, "nobody can tell where the next one goes");
}

static void test_other_compartment(void)
{
    forget_notes();
    void *side = dlopen("libside.so", RTLD_NOW);
    check(side != NULL && !libraries("libside.so").named,
          "P77 a library comes at run time into a new compartment");
    int64_t (*count)(void) = (int64_t(*)(void))dlsym(side, "side_count");
    check(count != NULL && count() == 1 && count() == 2, "P77 its gates are called");
    check(dlsym(side, "side_plain") == NULL &&
              says("`side_plain` is defined by libside.so in compartment "
                   "side, but it is no gate"),
          "P80 what is no gate is denied to dlsym, by name");
    check(dlsym(RTLD_DEFAULT, "side_data") == NULL && says("no gate"), "P80 data as well");
    void *plugin = dlopen("libplugin.so", RTLD_NOW);
    check(call(plugin, "plugin_count") == 1 && count() == 3,
          "P63 two instances of one library, each with its own data");
    dlclose(plugin);
    int64_t (*load)(void) = (int64_t(*)(void))dlsym(side, "side_loads");
    check(load != NULL && load() == -TWZ_EPERM,
          "a compartment loads nothing that the policy does not give it");
    int64_t (*hang)(void) = (int64_t(*)(void))dlsym(side, "side_hangs");
    check(hang != NULL && hang() > 0 && dlopen("libversioned.so", RTLD_NOW) == NULL,
          "while a compartment unloads, nobody loads");
    for (uint64_t start = twz_rt_clock(); twz_rt_clock() - start < 1100000000;)
        twz_rt_thread_yield();
    void *versioned = dlopen("libversioned.so", RTLD_NOW);
    check(versioned != NULL && dlclose(versioned) == 0,
          "but it keeps nobody from loading for good");
    check(dlclose(side) == 0 && count() == 4, "a library that offers gates stays");
    check(dlopen("libclosed.so", RTLD_NOW) != NULL &&
              dlsym(dlopen("libclosed.so", RTLD_NOW), "closed_gate") == NULL && says("export"),
          "P118 a gate that the policy does not export is denied to dlsym, with the reason");
}

static void test_names(void)
{
    check(!libraries("libnamed.so").named && call(RTLD_DEFAULT, "named_value") == 5 &&
              libraries("libnamed.so").named,
          "P78 a name that is bound late loads the library that the policy names for it");
    int64_t (*far)(void) = (int64_t(*)(void))dlsym(RTLD_DEFAULT, "far_gate");
    check(far != NULL && far() == 77, "P78 and a compartment that was not in use");
    check(dlsym(RTLD_DEFAULT, "no_such_name") == NULL && says("no_such_name"),
          "a name that nothing defines loads nothing");
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    test_same_compartment();
    test_tls();
    test_failures();
    test_versions();
    test_slots();
    test_other_compartment();
    test_names();
    check(twz_rt_report() == 0, "the table is live: it can be asked for");
    twz_rt_print("1..%d\n", results);
    return 0;
}
