/* SPDX-License-Identifier: BSD-2-Clause */
/* `libc-bench WHAT COUNT` does one thing COUNT times and says how many ticks of the time stamp
 * counter it took, which under -icount are instructions. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

static void *volatile blocks[64];

/* Sizes and lifetimes mixed, always the same. */
static void use_malloc(long count)
{
    uint32_t random = 1;
    for (long i = 0; i < count; i++) {
        random = random * 1664525 + 1013904223;
        unsigned slot = random >> 26;
        free(blocks[slot]);
        blocks[slot] = malloc((random >> 8) % 500 + 1);
    }
}

static void print_lines(long count)
{
    for (long i = 0; i < count; i++)
        printf("line %ld of text, %s\n", i, "with words");
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    long count = atol(argv[2]);
    uint64_t start = __rdtsc();
    if (strcmp(argv[1], "malloc") == 0)
        use_malloc(count);
    else
        print_lines(count);
    uint64_t ticks = __rdtsc() - start;
    printf("%s: %lu\n", argv[1], (unsigned long)(ticks / (uint64_t)count));
    return 0;
}
