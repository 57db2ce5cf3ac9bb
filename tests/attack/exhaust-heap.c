/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes and touches all the memory that it can get; everybody else goes on. */
#include "attack.h"
#include <twz/rt/alloc.h>

ATTACK
{
    static char *blocks[4096];
    unsigned count = 0;
    while (count < sizeof blocks / sizeof blocks[0]) {
        char *block = malloc(64 << 10);
        if (block == NULL)
            break;
        for (unsigned i = 0; i < 64 << 10; i += 4096)
            ((volatile char *)block)[i] = 1;
        blocks[count++] = block;
    }
    for (unsigned i = 0; i < count; i++)
        free(blocks[i]);
    return count == sizeof blocks / sizeof blocks[0]; /* 256 MiB: more than the machine has */
}
