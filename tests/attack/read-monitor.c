/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the first page of each of the slots from 16, one per round: among them are those of the
 * monitor. */
#include "attack.h"

ATTACK
{
    (void)*(volatile char *)((16 + round) * TWZ_SLOT_SIZE + TWZ_PAGE_SIZE);
    return 1;
}
