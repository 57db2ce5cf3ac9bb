/* SPDX-License-Identifier: BSD-2-Clause */
__attribute__((visibility("default"))) int extra(void);

int extra(void)
{
    static int value = 8;
    static int *volatile where = &value;
    return ++*where;
}
