/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls every one of five hundred compartments, twice. */
#include <stdbool.h>
#include <twz/gate.h>
#include <twz/rt/io.h>

#define CELL(n) TWZ_GATE(int64_t, cell_##n, TWZ_VAL(int64_t, value))
#include "cells.h"
#undef CELL
#define CELL(n) cell_##n,
static int64_t (*const cells[])(int64_t value) = {
#include "cells.h"
};
#undef CELL

#define COUNT (int64_t)(sizeof cells / sizeof cells[0])

static int results;

static void check(bool good, const char *title)
{
    twz_rt_print("%s %d - %s\n", good ? "ok" : "not ok", ++results, title);
}

/* How many answer as they should when they are called for the `time`th time. */
static int64_t round(int64_t time)
{
    int64_t good = 0;
    for (int64_t i = 0; i < COUNT; i++)
        good += cells[i](7) == time * 1000000 + 7 + i;
    return good;
}

int main(void)
{
    check(COUNT == 500, "the program calls five hundred compartments");
    check(round(1) == COUNT, "each of them answers");
    check(round(2) == COUNT, "and has kept its own data");
    twz_rt_print("1..%d\n", results);
    return 0;
}
