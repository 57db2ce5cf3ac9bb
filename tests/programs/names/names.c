/* SPDX-License-Identifier: BSD-2-Clause */
/* Names, and where output goes. `names minimal`: those of the image, read-only; `names reference`:
 * with the naming service, and a compartment that may only look names up. */
#include "clerk.h"
#include <stdbool.h>
#include <twz/rt/info.h>
#include <twz/rt/io.h>
#include <twz/rt/object.h>
#include <twz/rt/string.h>
#pragma weak clerk_lookup
#pragma weak clerk_bind
#pragma weak clerk_read
#pragma weak clerk_speak

static unsigned tests;
static bool reference;

static void ok(bool good, const char *title)
{
    twz_rt_print("%sok %u - P87 %s: %s\n", good ? "" : "not ", ++tests,
                 reference ? "reference" : "minimal", title);
}

static bool is(const char *title, int64_t status, int64_t wanted)
{
    if (status != wanted)
        twz_rt_print("# %s: %s\n", title, twz_rt_error_text(status));
    ok(status == wanted, title);
    return status == wanted;
}

/* How many names there are in a namespace, and whether one is called `wanted`. */
static unsigned list(const char *space, const char *wanted, bool *there)
{
    struct twz_rt_name entry;
    uint64_t cursor = 0;
    unsigned count = 0;
    *there = false;
    while (twz_rt_name_list(space, &cursor, &entry) == 0) {
        *there |= strcmp(entry.name, wanted) == 0;
        count++;
    }
    return count;
}

static void images_names(void)
{
    struct twz_rt_name found;
    struct twz_rt_object object;
    bool there;
    ok(twz_rt_name_lookup("both.data", &found) == 0 && found.kind == TWZ_RT_NAME_IMAGE &&
           twz_rt_object_open("both.data", &object) == 0 && found.id.hi == object.id.hi &&
           found.id.lo == object.id.lo,
       "a name of the image leads to the object's ID");
    ok(object.rights == TWZ_READ, "which can be read only");
    ok(list("", "both.data", &there) >= 2 && there, "the names of the image are listed");
    is("there are no others", twz_rt_name_lookup("nothing", &found), -TWZ_ENOENT);
    is("nor is one without letters", twz_rt_name_lookup("", &found), -TWZ_ENOENT);
}

static void read_only(void)
{
    struct twz_rt_object object;
    struct twz_rt_name found;
    is("an object of the program's own", twz_rt_object_create(4096, &object), 0);
    memcpy(object.data, "contents", 8);
    is("cannot be given a name", twz_rt_name_bind("mine", object.id), -TWZ_RT_EREADONLY);
    is("and has none", twz_rt_name_lookup("mine", &found), -TWZ_ENOENT);
    is("no namespace is made", twz_rt_name_space("space"), -TWZ_RT_EREADONLY);
    is("no name is changed", twz_rt_name_rename("both.data", "mine"), -TWZ_RT_EREADONLY);
    is("none is removed", twz_rt_name_remove("both.data"), -TWZ_RT_EREADONLY);
    ok(twz_rt_error_category(-TWZ_RT_EREADONLY) == TWZ_RT_NAMING &&
           strlen(twz_rt_error_text(-TWZ_RT_EREADONLY)) > 20,
       "the error is one of naming, and says what is missing");
    struct twz_rt_object same;
    ok(twz_rt_object_map(object.id, &same) == 0 && same.data == object.data,
       "its ID still leads to it");
    is("until it is released", twz_rt_object_release(&object), 0);
    is("and then no more", twz_rt_object_map(same.id, &same), -TWZ_ENOENT);
}

/* Nobody can take all the room. */
static void take_all(struct twz_id id)
{
    char name[32];
    unsigned names = 300, spaces = 0;
    int64_t status = 0;
    for (; status == 0; spaces += status == 0) {
        twz_rt_format(name, sizeof name, "s%u", spaces);
        status = twz_rt_name_space(name);
    }
    ok(status == -TWZ_ELIMIT && spaces == 15, "a compartment has at most 15 namespaces");
    for (status = 0; status == 0; names += status == 0) {
        twz_rt_format(name, sizeof name, "s%u/n%u", names % 15, names);
        status = twz_rt_name_bind(name, id);
    }
    ok(status == -TWZ_ELIMIT && names + spaces == 2000, "and at most 2000 names");
    ok(twz_rt_name_remove("n0") == 0 && twz_rt_name_bind("again", id) == 0 &&
           twz_rt_name_bind("n0", id) == -TWZ_ELIMIT,
       "a name that is removed makes room for one");
}

static void with_service(void)
{
    struct twz_rt_object object, space;
    struct twz_rt_name found;
    bool there;
    is("an object of the program's own", twz_rt_object_create(4096, &object), 0);
    memcpy(object.data, "contents", 8);
    is("is given a name", twz_rt_name_bind("mine", object.id), 0);
    ok(twz_rt_name_lookup("mine", &found) == 0 && found.id.lo == object.id.lo &&
           found.id.hi == object.id.hi && found.kind == TWZ_RT_NAME_OBJECT,
       "by which it is found");
    is("a name that is taken is not bound again", twz_rt_name_bind("mine", object.id), -TWZ_EEXIST);
    is("nor is one of the image", twz_rt_name_bind("both.data", object.id), -TWZ_EEXIST);
    is("names of the image stay", twz_rt_name_remove("both.data"), -TWZ_RT_EREADONLY);
    is("a namespace is made", twz_rt_name_space("space"), 0);
    is("and one inside", twz_rt_name_space("space/inner"), 0);
    ok(twz_rt_name_lookup("space", &found) == 0 && found.kind == TWZ_RT_NAME_SPACE &&
           (found.id.hi | found.id.lo) != 0,
       "a namespace is an object with an ID");
    is("of the service's, not of the program's", twz_rt_object_map(found.id, &space), -TWZ_ENOENT);
    is("a name moves into it", twz_rt_name_rename("mine", "space/inner/yours"), 0);
    is("and is no longer where it was", twz_rt_name_lookup("mine", &found), -TWZ_ENOENT);
    ok(list("space/inner", "yours", &there) == 1 && there, "a namespace is listed");
    is("a name is no namespace", twz_rt_name_bind("space/inner/yours/x", object.id),
       -TWZ_RT_ENOSPACE);
    is("a namespace does not move into itself", twz_rt_name_rename("space", "space/inner/space"),
       -TWZ_RT_EBADNAME);
    is("a namespace that has names stays", twz_rt_name_remove("space/inner"), -TWZ_RT_ENOTEMPTY);
    static const char *const bad[] = {
        "",    "/",    "a/",      "/a",   "a//b",    "a/b/",       ".",        "..",     "space/..",
        "a b", "a\nb", "\033[2J", "\x7f", "\233[2J", "space/\x01", "\xc3\xa9", "./space"};
    bool refused = true;
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        refused &= twz_rt_name_bind(bad[i], object.id) == -TWZ_RT_EBADNAME;
    ok(refused, "what is no name is refused");
    refused = twz_rt_name_bind("...", object.id) == 0;
    ok(refused && twz_rt_name_remove("...") == 0, "three dots are one");

    is("another compartment that may look names up does", clerk_lookup("space/inner/yours", 17), 0);
    is("but may not bind: the policy lets it import no such gate", clerk_bind("its", 3, object.id),
       -TWZ_EPERM);
    is("a name gives no right to the object", clerk_read("space/inner/yours", 17), -TWZ_ENOENT);
    is("its owner does", twz_rt_object_share(&object, "clerk", TWZ_READ), 0);
    int64_t contents;
    memcpy(&contents, "contents", 8);
    is("then it is read", clerk_read("space/inner/yours", 17), contents);
    is("until the right is taken back", twz_rt_object_share(&object, "clerk", 0), 0);
    is("which is at once", clerk_read("space/inner/yours", 17), -TWZ_ENOENT);

    is("a name is removed", twz_rt_name_remove("space/inner/yours"), 0);
    is("the namespaces as well", twz_rt_name_remove("space/inner"), 0);
    is("from the inside out", twz_rt_name_remove("space"), 0);
    bool many = true;
    char name[16];
    for (unsigned i = 0; i < 300 && many; i++) {
        twz_rt_format(name, sizeof name, "n%u", i * 7 % 300);
        many = twz_rt_name_bind(name, object.id) == 0;
    }
    ok(many && list("", "n299", &there) > 300 && there, "hundreds of names");
    take_all(object.id);
}

static void outputs(void)
{
    char text[100];
    uint64_t position = 0;
    clerk_speak();
    int64_t count = twz_rt_output("clerk", &position, text, sizeof text);
    bool collected = count == 35 && memcmp(text, "the clerk speaks\nand is interrupted", 35) == 0;
    twz_rt_print("%sok %u - P88 what a compartment writes is collected for main\n",
                 collected ? "" : "not ", ++tests);
    bool more = twz_rt_output("clerk", &position, text, sizeof text) == 0 && position == 35;
    for (unsigned i = 0; i < 1000; i++)
        clerk_speak();
    uint64_t first = position;
    count = twz_rt_output("clerk", &first, text, 35);
    more &= count == 35 && first - 35 == 35 * 1001 - 8192 && text[34] != '\0';
    twz_rt_print("%sok %u - P88 the last of it, and where that begins\n", more ? "" : "not ",
                 ++tests);
    bool none = twz_rt_output("nobody", &position, text, sizeof text) == -TWZ_ENOENT;
    twz_rt_print("%sok %u - P88 of compartments that there are\n", none ? "" : "not ", ++tests);
}

int main(int argc, char **argv)
{
    struct twz_rt_info info;
    twz_rt_info(&info);
    reference = strcmp(info.runtime, "reference") == 0;
    ok(argc > 1 && strcmp(argv[1], info.runtime) == 0, "the runtime is the one that was meant");
    images_names();
    if (reference) {
        with_service();
        outputs();
    } else {
        read_only();
    }
    twz_rt_print("1..%u\n", tests);
    return 6;
}
