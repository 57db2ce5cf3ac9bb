/* SPDX-License-Identifier: BSD-2-Clause */
/* Extensions of libraries, of objects of the image, and of memory that another compartment writes
 * as well. */
#include "checks.h"
#include "reader.h"
#include <twz/rt/dl.h>
#include <twz/rt/string.h>

#define OPAQUE(address) ((const void *)(uintptr_t)(address))

void *dlopen(const char *name, int flags);
void *dlsym(void *handle, const char *name);
int plugin_two(void);

static twz_rt_function *found[4];

static void check_libraries(void)
{
    check_table(OPAQUE(plugin_two), "P98 a library's extension, by an address in it");
    void *handle = dlopen("libplugin.so", 2);
    check(handle != NULL && dlsym(handle, "plugin_two") == OPAQUE(plugin_two) &&
              twz_rt_extension_find_in((uintptr_t)handle - 1, TAG(0xaa), found, 4) == 2 &&
              found[1] == (twz_rt_function *)plugin_two && ((int (*)(void))found[0])() == 1,
          "P98 and by its handle");
    check(twz_rt_extension_find_at(OPAQUE(plugin_two), TAG(0xab), found, 4) == 1,
          "P98 the other one of the same library");
    check(twz_rt_extension_find_at(OPAQUE(plugin_two), TAG(0xae), found, 4) == -TWZ_ENOENT,
          "P98 none of a tag that it has not");
    check(twz_rt_extension_find_at(OPAQUE(answer), TAG(0xaa), found, 4) == -TWZ_ENOENT,
          "P98 none of the program, which has none");
    check(twz_rt_extension_find_at(found, TAG(0xaa), found, 4) == -TWZ_ENOENT,
          "P98 none where no library is");
    check(twz_rt_extension_find_at(OPAQUE(plugin_two), TAG(0xac), found, 4) == -TWZ_EPERM,
          "P98 numbers are no functions, whatever the file says");
    check(twz_rt_extension_find_at(OPAQUE(plugin_two), TAG(0xad), found, 4) == -TWZ_EINVAL,
          "P98 what of the file is not loaded is no table");
    const uint64_t handles[] = {1u << 20, 1ull << 32, UINT64_MAX, UINT64_MAX - 1};
    bool good = true;
    for (unsigned i = 0; i < sizeof handles / sizeof handles[0]; i++)
        good = twz_rt_extension_find_in(handles[i], TAG(0xaa), found, 4) == -TWZ_ENOENT && good;
    check(good, "P98 none of a handle that nobody has");
}

static void check_others(void)
{
    uint64_t handle;
    check(twz_rt_dl_open("libplugin.so", NULL, TWZ_RT_DL_ISOLATE_BOTH, &handle) == 0 &&
              twz_rt_extension_find_in(handle, TAG(0xaa), found, 4) == -TWZ_ENOENT,
          "P98 a library in another compartment has none for this one");
    struct twz_rt_object image;
    check(twz_rt_object_open("libplugin.so", &image) == 0 &&
              twz_rt_extension_find(&image, TAG(0xaa), found, 0) == 2 &&
              twz_rt_extension_find(&image, TAG(0xaa), found, 4) == -TWZ_EPERM &&
              twz_rt_extension_find(&image, TAG(0xae), found, 0) == -TWZ_ENOENT,
          "P98 a file that is opened has a list, and no functions before it is loaded");
    check(twz_rt_extension_add(&image, TAG(1), image.data, 1) == -TWZ_EPERM &&
              twz_rt_extension_remove(&image, TAG(0xaa)) == -TWZ_EPERM,
          "P98 what is immutable stays as it is");
}

static bool dead(int64_t result)
{
    return result == -TWZ_ECALLEE && twz_rt_gate_status() == -TWZ_ECALLEE;
}

static void check_shared(void)
{
    struct twz_rt_object object;
    int64_t theirs;
    check(twz_rt_object_create(TWZ_PAGE_SIZE, &object) == 0 && reader_count() == 1 &&
              twz_rt_object_share(&object, "reader", TWZ_READ) == 0,
          "an object is shared");
    twz_rt_function **table = object.data;
    table[0] = (twz_rt_function *)reader_count;
    table[1] = (twz_rt_function *)answer;
    check(twz_rt_extension_add(&object, TAG(1), table, 1) == 0 &&
              twz_rt_extension_add(&object, TAG(2), &table[1], 1) == 0,
          "P98 with a gate in a table, and a function in another");
    check(twz_rt_extension_find(&object, TAG(1), found, 1) == 1 &&
              ((int64_t(*)(void))found[0])() == 2,
          "P98 a gate is called by who was granted it");
    check(reader_find(object.id, TAG(1)) == 1, "P98 another compartment finds the gate");
    check(reader_find(object.id, TAG(2)) == -TWZ_EPERM, "P98 but not the function");
    check(dead(reader_call((uintptr_t)answer)), "P98 a call of it is stopped");
    check(dead(reader_run(object.id, TAG(1))), "P98 and so is one of a gate that is not granted");
    check(reader_add(object.id, TAG(3)) == -TWZ_EPERM, "P98 who may read cannot add");
    check(twz_rt_object_share(&object, "reader", TWZ_READ | TWZ_WRITE) == 0 &&
              (theirs = reader_add(object.id, TAG(3))) > 0,
          "P98 who may write can");
    check(twz_rt_extension_find(&object, TAG(3), found, 0) == 1 &&
              twz_rt_extension_find(&object, TAG(3), found, 1) == -TWZ_EPERM,
          "P98 functions of another compartment are refused");
    table[0] = (twz_rt_function *)((uintptr_t)reader_count + 2);
    check(twz_rt_extension_find(&object, TAG(1), found, 1) == -TWZ_EPERM,
          "P98 so is the middle of a stub");
    check(twz_rt_extension_remove(&object, TAG(3)) == 0 &&
              twz_rt_extension_find(&object, TAG(2), found, 1) == 1,
          "P98 the owner takes away what others have added");
    (void)twz_rt_object_release(&object);
}

int main(void)
{
    check_libraries();
    check_others();
    check_memory();
    check_shared();
    return finish();
}
