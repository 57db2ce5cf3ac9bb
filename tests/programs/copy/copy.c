/* SPDX-License-Identifier: BSD-2-Clause */
/* A program at a fixed address that has copies of a library's data (R_X86_64_COPY). */
#include "shared.h"
#include <stdbool.h>
#include <twz/rt/io.h>
#include <twz/rt/string.h>
#include <twz/sys/types.h>

static int results;

static void check(bool good, const char *title)
{
    twz_rt_print("%s %d - %s\n", good ? "ok" : "not ok", ++results, title);
}

int main(void)
{
    check(shared_value == 42 && shared_table.words[0] == 1 && shared_table.words[39] == 40 &&
              strcmp(shared_table.name, "table") == 0,
          "COPY: what the library has at the start, with what was relocated in it");
    check((uint64_t)&shared_value < 2 * TWZ_SLOT_SIZE && &shared_value == shared_address() &&
              &shared_table == shared_table_address(),
          "COPY: program and library see one variable, the program's");
    check(shared_change(8) == 50 && shared_value == 50, "COPY: what the library writes is seen");
    shared_value = 7;
    check(shared_change(1) == 8, "COPY: and the other way round");
    check(beside_value() == 42 && beside_address() != (uint64_t)&shared_value,
          "COPY: an instance in another compartment keeps its own");
    twz_rt_print("1..%d\n", results);
    return 0;
}
