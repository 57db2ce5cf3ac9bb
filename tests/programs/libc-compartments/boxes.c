/* SPDX-License-Identifier: BSD-2-Clause */
/* Two compartments, two C libraries: nothing that one of them keeps is the other's. */
#define _GNU_SOURCE
#include "box.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static __thread int32_t count = 5;
static int results;

static void ok(int condition, const char *title)
{
    printf("%sok %d - %s\n", condition ? "" : "not ", ++results, title);
}

int main(void)
{
    srand(1);
    int first = rand();
    ok(box_random(7) != first && box_random(0) != 0, "rand: the other one's seed");
    srand(1);
    ok(rand() == first, "rand: ours is where it was");
    FILE *f = fopen("/tmp/secret", "w");
    ok(f && fputs("secret", f) >= 0 && fclose(f) == 0 && access("/tmp/secret", F_OK) == 0 &&
           box_has_file("/tmp/secret", 11) == 0,
       "files in memory: not seen by the other one");
    ok(box_has_file("pngtest.png", 11) == 0 && access("pngtest.png", F_OK) == 0,
       "names of the image: the program's alone");
    ok(box_count(1) == 1001 && box_count(1) == 1002 && ++count == 6,
       "thread-local storage: one block per compartment");
    errno = 77;
    box_errno(55);
    ok(box_errno(0) == 55 && errno == 77, "errno: one per compartment");
    char text[64];
    ok(box_format(text, sizeof text, 0.1) == 24 && strcmp(text, "0.1 0x1.999999999999ap-4") == 0,
       "floating point through a gate and printf");
    ok(box_data_address() != (int64_t)(uintptr_t)&environ, "P67 data of the C library: not one");
    ok(box_text_address() != (int64_t)(uintptr_t)printf, "its text: in slots of its own");
    fflush(stdout);
    box_say("from the box", 12);
    box_exit(9);
    ok(twz_rt_gate_status() == -TWZ_EEXITED, "exit() in the callee: an error in the caller");
    printf("1..%d\n", results);
    return 0;
}
