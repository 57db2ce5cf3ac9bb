/* SPDX-License-Identifier: BSD-2-Clause */
#include "tally.h"
#include <twz/rt/io.h>
#include <twz/rt/string.h>

int main(int argc, char **argv)
{
    const char *text = argc > 1 ? argv[1] : "mississippi";
    twz_rt_print("there are %d s in %s\n", (int)tally(text, strlen(text), 's'), text);
    return 0;
}
