/* SPDX-License-Identifier: BSD-2-Clause */
/* Reopens what was sealed: overwrites an address that the linker wrote. */
#include "attack.h"

extern void *attack_sealed[] __attribute__((visibility("hidden")));
void *attack_sealed[] __attribute__((section(".data.rel.ro"))) = {&attack_object};

ATTACK
{
    *(void *volatile *)attack_sealed = NULL;
    return 1;
}
