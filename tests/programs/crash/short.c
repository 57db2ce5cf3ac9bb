/* SPDX-License-Identifier: BSD-2-Clause */
/* Cannot be linked: its reference leads nowhere. */
int missing_here(void);
__attribute__((visibility("default"))) int shortage(void);

int shortage(void)
{
    return missing_here() + 1;
}
