/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks.h"
#include <twz/rt/io.h>
#include <twz/rt/string.h>

#define ENTRIES 1024u

static int results;

void check(bool good, const char *title)
{
    twz_rt_print("%s %d - %s\n", good ? "ok" : "not ok", ++results, title);
}

int finish(void)
{
    twz_rt_print("1..%d\n", results);
    return 0;
}

int answer(void)
{
    return 42;
}

static int question(void)
{
    return 6;
}

void check_table(const void *address, const char *title)
{
    twz_rt_function *functions[3] = {NULL, NULL, NULL};
    check(twz_rt_extension_find_at(address, TAG(0xaa), functions, 3) == 2 && functions[2] == NULL &&
              ((int (*)(void))functions[1])() == 42,
          title);
}

/* ---- Adding, finding, removing ---- */

static struct twz_rt_object object;
static twz_rt_function **table; /* in the object */

static int64_t find(uint64_t tag, twz_rt_function **functions, uint32_t room)
{
    return twz_rt_extension_find(&object, TAG(tag), functions, room);
}

static int64_t add(uint64_t tag)
{
    return twz_rt_extension_add(&object, TAG(tag), table, 2);
}

static int64_t take(uint64_t tag)
{
    return twz_rt_extension_remove(&object, TAG(tag));
}

static void check_use(void)
{
    twz_rt_function *found[2] = {NULL, NULL};
    check(find(1, found, 2) == -TWZ_ENOENT, "P98 an object has no extension that nobody gave it");
    check(add(2) == 0 && add(1) == 0 && add(3) == 0, "P98 add: in any order of tags");
    check(find(1, found, 2) == 2 && found[0] == table[0] && found[1] == table[1] &&
              ((int (*)(void))found[0])() * ((int (*)(void))found[1])() == 6 * 42,
          "P98 find: the functions of the table, which can be called");
    found[1] = NULL;
    check(find(3, found, 1) == 2 && found[1] == NULL, "P98 no more of them than there is room for");
    check(find(3, NULL, 0) == 2, "P98 how many they are");
    check(add(2) == -TWZ_EEXIST && find(2, NULL, 0) == 2, "P98 a tag that is there is not added");
    check(take(2) == 0 && find(2, found, 2) == -TWZ_ENOENT && find(1, found, 2) == 2 &&
              find(3, found, 2) == 2,
          "P98 remove: this one, and no other");
    check(take(2) == -TWZ_ENOENT, "P98 what is gone cannot be removed");
    check(take(1) == 0 && take(3) == 0 && find(1, NULL, 0) == -TWZ_ENOENT, "P98 and the last");
}

static void check_limit(void)
{
    bool good = true;
    for (uint64_t i = 0; i < ENTRIES; i++)
        good = add(i * 7919 % ENTRIES) == 0 && good;
    check(good && add(ENTRIES) == -TWZ_ELIMIT, "P98 1024 extensions, and no more");
    for (uint64_t i = 0; i < ENTRIES; i++)
        good = find(i, NULL, 0) == 2 && good;
    check(good && find(ENTRIES, NULL, 0) == -TWZ_ENOENT, "P98 every one of them is found");
    for (uint64_t i = 0; i < ENTRIES; i++)
        good = take(i * 104729 % ENTRIES) == 0 && good;
    const char *page = (const char *)object.data - TWZ_OBJECT_BASE + OBJ_METADATA_OFFSET;
    for (uint32_t i = 1; i <= OBJ_EXTENSION_PAGES * TWZ_PAGE_SIZE; i++)
        good = page[-(int64_t)i] == 0 && good;
    check(good, "P98 and removed, down to zeros");
}

static void check_tables(void)
{
    twz_rt_function **end = (twz_rt_function **)((char *)object.data + object.length);
    struct twz_rt_object reader = object;
    reader.rights = TWZ_READ;
    check(twz_rt_extension_add(&object, TAG(1), table, 0) == -TWZ_EINVAL, "P98 no empty table");
    check(twz_rt_extension_add(&object, TAG(1), end - 2, 2) == 0 && take(1) == 0,
          "P98 a table up to the end of the object");
    check(twz_rt_extension_add(&object, TAG(1), end - 1, 2) == -TWZ_EINVAL, "P98 none beyond");
    check(twz_rt_extension_add(&object, TAG(1), table, UINT32_MAX) == -TWZ_EINVAL,
          "P98 no count that goes around");
    check(twz_rt_extension_add(&object, TAG(1), (void *)((char *)table + 4), 1) == -TWZ_EINVAL,
          "P98 none that is not aligned");
    check(twz_rt_extension_add(&object, TAG(1), (void *)&reader, 1) == -TWZ_EINVAL,
          "P98 none in other memory");
    check(twz_rt_extension_add(&reader, TAG(1), table, 2) == -TWZ_EPERM &&
              twz_rt_extension_remove(&reader, TAG(1)) == -TWZ_EPERM,
          "P98 who may only read changes nothing");
}

/* ---- What somebody else may have written ---- */

static struct obj_extension *entries; /* of the list's last page */

/* Whether a list of these two is refused, and changed by nobody. */
static bool refused(struct obj_extension first, struct obj_extension second)
{
    bool good;
    entries[0] = first;
    entries[1] = second;
    good = find(1, NULL, 0) == -TWZ_EINVAL && find(9, NULL, 0) == -TWZ_EINVAL &&
           add(9) == -TWZ_EINVAL && take(1) == -TWZ_EINVAL &&
           memcmp(&entries[0], &first, sizeof first) == 0 &&
           memcmp(&entries[1], &second, sizeof second) == 0;
    memset(entries, 0, 2 * sizeof *entries);
    return good;
}

static void check_hostile(void)
{
    const struct obj_extension good = {TAG(1), TWZ_OBJECT_BASE, 2, 0}, none = {.count = 0};
    struct obj_extension bad = good;
    entries = (void *)((char *)object.data - TWZ_OBJECT_BASE + OBJ_METADATA_OFFSET - TWZ_PAGE_SIZE);
    check(refused(good, good), "P98 a tag twice is refused");
    bad.tag = TAG(0);
    check(refused(good, bad), "P98 so are tags out of order");
    static const uint64_t offsets[] = {
        8, 0xff8, TWZ_OBJECT_BASE + 4, TWZ_SLOT_SIZE, UINT64_MAX - 7, UINT64_MAX, 1ull << 63};
    bool all = true;
    bad = good;
    for (unsigned i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        bad.table = offsets[i];
        all = refused(bad, none) && all;
    }
    bad.table = TWZ_OBJECT_BASE + object.length - 8;
    check(refused(bad, none) && all, "P98 so are tables outside the object");
    bad = good;
    bad.count = UINT32_MAX;
    check(refused(bad, none), "P98 so is a count that goes around");
    bad.count = (uint32_t)(object.length / 8) + 1;
    check(refused(bad, none), "P98 so is one of too many functions");
    bad = good;
    bad.reserved = 1;
    check(refused(bad, none), "P98 so is what has no meaning yet");
    entries[0] = good;
    entries[2] = good;
    check(find(1, NULL, 0) == -TWZ_EINVAL, "P98 so is what stands behind the end");
    memset(entries, 0, 3 * sizeof *entries);
}

/* Pages full of nonsense, and of foreign objects. */
static void check_pages(void)
{
    char *end = (char *)entries + TWZ_PAGE_SIZE, *low = end - OBJ_EXTENSION_PAGES * TWZ_PAGE_SIZE;
    memset(low, 0x41, (size_t)(end - low));
    check(find(1, NULL, 0) == -TWZ_EINVAL && add(1) == -TWZ_EINVAL, "P98 so is a list of nonsense");
    memset(low, 0, (size_t)(end - low));
    struct obj_fot_entry *fot = (void *)end;
    fot[-1] = (struct obj_fot_entry){.kind = OBJ_FOT_ID, .id = TAG(1)};
    check(find(1, NULL, 0) == -TWZ_ENOENT && add(1) == -TWZ_ELIMIT && fot[-1].kind == OBJ_FOT_ID,
          "P98 a table of foreign objects is no list, and not written over");
    memset(&fot[-1], 0, sizeof *fot);
}

static void check_functions(void)
{
    twz_rt_function *found[2], *kept = table[1];
    void *const wrong[] = {NULL,
                           table,
                           (void *)&results,
                           (void *)0x1000,
                           (void *)-8,
                           (void *)(1ull << 46),
                           (char *)(uintptr_t)answer + TWZ_SLOT_SIZE};
    bool good = add(1) == 0 && find(1, found, 2) == 2;
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        table[1] = (twz_rt_function *)(uintptr_t)wrong[i];
        good = find(1, found, 2) == -TWZ_EPERM && find(1, found, 1) == 2 && good;
    }
    table[1] = kept;
    check(good && take(1) == 0, "P98 what is no function of this compartment is not handed out");
}

void check_memory(void)
{
    check(twz_rt_object_create(3 * TWZ_PAGE_SIZE - 8, &object) == 0, "an object is made");
    table = (twz_rt_function **)object.data + 8;
    table[0] = (twz_rt_function *)question;
    table[1] = (twz_rt_function *)answer;
    check_use();
    check_limit();
    check_tables();
    check_hostile();
    check_pages();
    check_functions();
    check(twz_rt_object_release(&object) == 0, "and released");
}
