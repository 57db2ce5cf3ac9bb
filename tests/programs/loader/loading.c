/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads a library with which something is wrong, and then one that is fine. */
#include "vault.h"
#include <stdbool.h>
#include <twz/rt/dl.h>
#include <twz/rt/io.h>

static bool load(const char *name)
{
    uint64_t handle;
    void *plug;
    if (twz_rt_dl_open(name, NULL, 0, &handle) < 0) {
        twz_rt_print("loading: %s: %s\n", name, twz_rt_dl_message());
        return false;
    }
    bool found = twz_rt_dl_symbol(handle, "plug", NULL, (void *)&load, &plug) == 0;
    twz_rt_print("loading: %s: %d\n", name, found ? ((int (*)(void))plug)() : -1);
    return found;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        (void)load(argv[i]);
    twz_rt_print("loading: the vault says %ld\n", vault_ask());
    return load("libplug.so") && vault_ask() == 17 ? 0 : 1;
}
