/* SPDX-License-Identifier: BSD-2-Clause */
/* In a compartment of its own, and its constructor never returns. */
__attribute__((constructor)) static void construct(void)
{
    for (volatile int i = 1; i != 0; i |= 1)
        ;
}
