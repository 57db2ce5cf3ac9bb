/* SPDX-License-Identifier: BSD-2-Clause */
/* Needs libspoof.so, which offers the gates of libquiet.so under their own names, in a compartment
 * of its own. Whoever it is that quiet_count() means: not that one unless the policy says so. */
#include "../lend.h"
#include <twz/gate.h>
#include <twz/rt/io.h>

LEND_GATES(quiet)

int main(void)
{
    twz_rt_print("quiet_count() is %d\n", (int)quiet_count());
    return 0;
}
