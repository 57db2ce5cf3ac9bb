/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One program, linked in every way that there is, looks at its own memory:
 *
 *     kinds[-...] position-independent|fixed dynamic|static
 *
 * DATA_SIZE and BSS_SIZE move the border between .data and .bss through a page.
 */
#include <stdbool.h>
#include <twz/rt/alloc.h>
#include <twz/rt/debug.h>
#include <twz/rt/io.h>
#include <twz/rt/object.h>
#include <twz/rt/string.h>
#include <twz/sys/call.h>
#include <twz/sys/syscall.h>

#ifndef DATA_SIZE
#define DATA_SIZE 100
#endif
#ifndef BSS_SIZE
#define BSS_SIZE 100
#endif

#define PAGES 16

/* .data begins with a page, so that it ends DATA_SIZE behind one, give or take what else is in it.
 */
static volatile unsigned char data[PAGES * TWZ_PAGE_SIZE + DATA_SIZE] = {
    [0] = 1,
    [PAGES * TWZ_PAGE_SIZE - 1] = 2,
    [PAGES * TWZ_PAGE_SIZE... PAGES * TWZ_PAGE_SIZE + DATA_SIZE - 1] = 0xa5};
static volatile unsigned char zero[BSS_SIZE];
static volatile unsigned char *const pointers[] = {&data[sizeof data - 1], &zero[BSS_SIZE - 1]};

static int number, failed;

static void check(bool good, const char *title)
{
    twz_rt_print("%sok %d - %s\n", good ? "" : "not ", ++number, title);
    failed += !good;
}

static bool all(const volatile unsigned char *from, const volatile unsigned char *end,
                unsigned char value)
{
    for (; from < end; from++)
        if (*from != value)
            return false;
    return true;
}

static uint64_t slot_of(const volatile void *address)
{
    return (uint64_t)address / TWZ_SLOT_SIZE;
}

static bool info_of(const char *name, struct twz_object_info *info)
{
    struct twz_rt_object object;
    return twz_rt_object_open(name, &object) == 0 &&
           twz_syscall3(TWZ_SYS_OBJECT_INFO, object.id.hi, object.id.lo, (uintptr_t)info) == 0;
}

int main(int argc, char **argv)
{
    bool fixed = argc > 1 && strcmp(argv[1], "fixed") == 0;
    bool dynamic = argc > 2 && strcmp(argv[2], "dynamic") == 0;
    bool alone = argc > 2 && strcmp(argv[2], "static") != 0; /* no runtime's .bss behind ours */
    struct twz_object_info before, after;

    /* The last page of .data and .bss ends somewhere in a page of the file that goes on with other
     * things; nothing of them may show. */
    const volatile unsigned char *end = &zero[BSS_SIZE];
    const volatile unsigned char *last = (void *)(((uintptr_t)end + 4095) & ~(uintptr_t)4095);
    check(data[0] == 1 && data[PAGES * TWZ_PAGE_SIZE - 1] == 2 &&
              all(data + PAGES * TWZ_PAGE_SIZE, data + sizeof data, 0xa5),
          "P74 .data is what the file says");
    check(all(zero, end, 0), "P74 .bss is zero");
    check(!alone || (end > data && all(end, last, 0)), "P74 and so is the rest of its last page");
    check(*pointers[0] == 0xa5 && *pointers[1] == 0, "pointers in .data lead there");

    uint64_t text = slot_of((void *)(uintptr_t)main);
    check(slot_of(data) == text + 1 && slot_of(zero) == text + 1,
          "P72 data is one slot above text");
    check((text == 0) == fixed, "P72 a fixed program is in slots 0 and 1, another elsewhere");

    struct twz_rt_image image;
    check(twz_rt_image_of((const void *)(uintptr_t)main, &image) == 0 && image.header_count > 2 &&
              image.base == (fixed ? 0 : text * TWZ_SLOT_SIZE),
          "the program is among what is loaded: unwinders find its frames");

    /* Writing a page of data gives it a frame of its own; until then it is the file's. */
    bool known = info_of(argv[0], &before);
    for (unsigned i = 0; i < 5; i++)
        data[(2 * i + 1) * TWZ_PAGE_SIZE]++;
    known = known && info_of(argv[0], &after);
    check(known && before.pages_shared >= PAGES && after.pages_shared == before.pages_shared - 5,
          "P71 data shares the file's frames until written");
    check(known && after.pages_resident == (after.payload_length + 4095) / 4096,
          "P70 P71 the file is in memory once: text, data and all the rest");
    if (dynamic)
        check(info_of("libtwzrt.so", &after) && after.references >= 3 &&
                  after.pages_resident == (after.payload_length + 4095) / 4096,
              "P71 compartments share the frames of a library's text");
    twz_rt_print("1..%d\n", number);
    return failed;
}
