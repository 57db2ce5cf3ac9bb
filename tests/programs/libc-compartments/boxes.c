/* SPDX-License-Identifier: BSD-2-Clause */
/* Two compartments, two C libraries: nothing that one of them keeps is the other's. */
#define _GNU_SOURCE
#include "box.h"
#include <errno.h>
#include <pthread.h>
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

/* A thread of this compartment, in the other one. */
static void *visit(void *argument)
{
    int good = box_errno(11) == 0;
    for (int32_t i = 1; i <= 100; i++) {
        char text[64];
        good = good && box_count(1) == 1000 + i && box_format(text, sizeof text, 0.5) == 10 &&
               strcmp(text, "0.5 0x1p-1") == 0;
    }
    return (void *)(intptr_t)(good && box_errno(0) == 11 && box_key(*(int32_t *)argument) == 0 &&
                              box_key(0) == *(int32_t *)argument);
}

static void check_threads(void)
{
    pthread_t threads[4];
    int32_t numbers[4] = {1, 2, 3, 4};
    int good = 1;
    for (int i = 0; i < 4; i++)
        good = good && pthread_create(&threads[i], NULL, visit, &numbers[i]) == 0;
    for (int i = 0; i < 4; i++) {
        void *result = NULL;
        good = good && pthread_join(threads[i], &result) == 0 && result != NULL;
    }
    ok(good, "four threads in the other one: errno, thread-local storage and keys of their own");
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
    check_threads();
    fflush(stdout);
    box_say("from the box", 12);
    box_exit(9);
    ok(twz_rt_gate_status() == -TWZ_EEXITED, "exit() in the callee: an error in the caller");
    box_exit(8);
    ok(twz_rt_gate_status() == -TWZ_EEXITED, "and again: it can open files and register functions");
    ok(box_spoil() == -TWZ_ECALLEE && twz_rt_gate_status() == -TWZ_ECALLEE,
       "a fault in the middle of a system call");
    ok(box_has_file("/dev/zero", 9) == -TWZ_EDEAD,
       "leaves nobody waiting for its lock, even where the policy says continue");
    printf("1..%d\n", results);
    return 0;
}
