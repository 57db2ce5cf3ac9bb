/* SPDX-License-Identifier: BSD-2-Clause */
/* A program and libraries whose constants have a slot and an object of their own. */
#include "apart.h"
#include <stdbool.h>
#include <twz/rt/dl.h>
#include <twz/rt/io.h>
#include <twz/rt/string.h>
#include <twz/sys/types.h>

static int results;
static const char text[] = "constant";
static int data = 1;

static void check(bool good, const char *title)
{
    twz_rt_print("%s %d - %s\n", good ? "ok" : "not ok", ++results, title);
}

static uint64_t slot_of(const void *address)
{
    return (uint64_t)address / TWZ_SLOT_SIZE;
}

int main(void)
{
    check(slot_of(text) != slot_of((const void *)main) && slot_of(text) != slot_of(&data) &&
              slot_of(&data) != slot_of((const void *)main) && strcmp(text, "constant") == 0,
          "P82 the program's constants are in a slot of their own, apart from text and data");
    uint64_t constant = apart_place(0), code = apart_place(1), variable = apart_place(2);
    check(constant / TWZ_SLOT_SIZE + 1 == code / TWZ_SLOT_SIZE &&
              code / TWZ_SLOT_SIZE + 1 == variable / TWZ_SLOT_SIZE,
          "P82 so are a library's");
    check(apart_sum() == 654321,
          "relocations, constructors and thread-local data find their place");
    check(apart_unwinds() == 1, "so do unwinders");
    check(apart_write() == -TWZ_ECALLEE, "P82 constants cannot be written");
    check(apart_run() == -TWZ_ECALLEE, "P82 nor run");
    check(apart_sum() == 654321, "and are what they were");
    bool good = true;
    for (int i = 0; i < 20 && good; i++) {
        uint64_t handle;
        void *plain = NULL;
        good = twz_rt_dl_open("liblateapart.so", NULL, 0, &handle) == 0 &&
               twz_rt_dl_symbol(handle, "late_value", NULL, (void *)main, &plain) == 0 &&
               ((int64_t(*)(void))plain)() == 321 && twz_rt_dl_close(handle) == 0;
    }
    check(good, "libraries with constants apart come and go at run time");
    twz_rt_print("1..%d\n", results);
    return 0;
}
