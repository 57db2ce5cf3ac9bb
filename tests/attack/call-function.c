/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls a function of the victim that is no gate. */
#include "attack.h"

ATTACK
{
    return 1 + ((int (*)(int, char **))text)(0, NULL);
}
