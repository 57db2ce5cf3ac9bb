/* SPDX-License-Identifier: BSD-2-Clause */
/* libplug.so and libbait.so: something to load, with relocations. */
__attribute__((visibility("default"))) int plug_value = 40;
/* So that there is something to copy. */
__attribute__((visibility("default"))) char plug_room[2 << 20];
static int *const where = &plug_value;
static int *volatile again = &plug_value;

__attribute__((visibility("default"))) int plug(void);

int plug(void)
{
    return *where + 2 + (again != &plug_value);
}
